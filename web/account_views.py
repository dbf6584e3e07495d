"""What the pages of signing up, signing in and of an account's security are given; each names its template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from web.views import Frame

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SecondStep:
    """The code after the password; `methods` are of totp, recovery, passkey."""

    template: ClassVar[str] = "second_step"
    frame: Frame
    ticket: str
    methods: Sequence[str]
    next_path: str = "/"
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """The form of somebody who wants an account."""

    template: ClassVar[str] = "register"
    frame: Frame
    name: str = ""
    email: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class MailedLink:
    """Where a mailed link leads: a button, so that only a person uses the link up."""

    template: ClassVar[str] = "mailed_link"
    frame: Frame
    title: str
    text: str
    button: str
    action: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class BlankForm:
    """A form that holds nothing but, where it was sent already, what was wrong with it."""

    template: ClassVar[str]
    frame: Frame
    error: str | None = None


class ForgotPassword(BlankForm):
    """Asks whose password is lost."""

    __slots__ = ()
    template = "forgot_password"


class ResetPassword(BlankForm):
    """The new password, after a mailed link."""

    __slots__ = ()
    template = "reset_password"


@dataclass(frozen=True, slots=True)
class Message:
    """What was done, and where to go on; `lines` are secrets that are shown this once."""

    template: ClassVar[str] = "message"
    frame: Frame
    title: str
    text: str
    lines: Sequence[str] = ()
    go_on: str = "/"
    go_on_text: str = "See the auctions"


@dataclass(frozen=True, slots=True)
class StepUp:
    """Asks for a second factor once more, or for the password where `methods` is empty."""

    template: ClassVar[str] = "step_up"
    frame: Frame
    methods: Sequence[str]
    next_path: str = "/account/security"
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Authenticator:
    """A new authenticator app to be confirmed: SetupView of the API."""

    template: ClassVar[str] = "authenticator"
    frame: Frame
    setup: Json
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Security:
    """How an account is signed in to. `stepped_up`: it was just shown that it is its owner; `half_way`: staff without.

    `person`, `sessions`, `passkeys` and `tokens` are the views of the API.
    """

    template: ClassVar[str] = "security"
    frame: Frame
    person: Json
    methods: Sequence[str]
    recovery_left: int
    stepped_up: bool
    half_way: bool
    sessions: Sequence[Json] = ()
    passkeys: Sequence[Json] = ()
    tokens: Sequence[Json] = ()
    error: str | None = None


AccountView = (
    SecondStep | Register | MailedLink | ForgotPassword | ResetPassword | Message | StepUp | Authenticator | Security
)
