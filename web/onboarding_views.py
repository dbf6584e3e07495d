"""What the pages of a person's account are given; each names its template."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from web.views import Frame

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    """The checklist with its forms: ChecklistView and EligibilityView of the API.

    `identity_url` is a fresh link into the identity check; `details` is a form sent back as it was filled in.
    """

    template: ClassVar[str] = "account"
    frame: Frame
    checklist: Json
    eligibility: Json
    identity_url: str | None = None
    details: Json | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """The page with the vendor's hosted form, and the only one with a script that is not ours."""

    template: ClassVar[str] = "account_card"
    frame: Frame
    script_url: str
    login_id: str
    client_key: str


OnboardingView = Account | Card
