"""The mails: one pair of Jinja templates per kind in `mail/`, values in, subject, text and HTML out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from domain.notices import NoticeKind, missing_or_strange
from web import formats

MAIL = Path(__file__).parent / "mail"
CHANGES: Mapping[str, str] = MappingProxyType(
    {
        "authenticator_added": "An authenticator app was added to your account.",
        "authenticator_removed": "The authenticator app was removed from your account.",
        "passkey_added": "A passkey was added to your account.",
        "passkey_removed": "A passkey was removed from your account.",
        "recovery_codes_made": "New recovery codes were made for your account. The old ones no longer work.",
        "recovery_code_used": "A recovery code was used to sign in to your account.",
    }
)
ANY_CHANGE = "The way you confirm your sign-in was changed."


@dataclass(frozen=True, slots=True)
class Site:
    """Who writes: the name, the addresses of the site and its help, and where people may answer."""

    name: str
    url: str
    help_url: str
    support_email: str


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready to be sent, in both forms."""

    subject: str
    text: str
    html: str


def day(value: str) -> str:
    """`May 5, 2026` of a date as 2026-05-05."""
    found = date.fromisoformat(value)
    return f"{found:%b} {found.day}, {found.year}"


def month(value: str) -> str:
    """`May 2026` of a month as 2026-05."""
    return f"{date.fromisoformat(f'{value}-01'):%B %Y}"


def change_in_words(code: str) -> str:
    """A sentence for a changed second factor."""
    return CHANGES.get(code, ANY_CHANGE)


class MailMessages:
    """All kinds of mails of one site; an instance serves a whole process."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._environment = Environment(
            loader=FileSystemLoader(MAIL),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        filters = (formats.money, formats.when, formats.counted, day, month, change_in_words)
        self._environment.filters.update({each.__name__: each for each in filters})

    def render(self, kind: NoticeKind, values: Mapping[str, Any]) -> Mail:
        """Write one mail. Raises ValueError where values are missing or strange, or a link is none."""
        if wrong := missing_or_strange(kind, frozenset(values)):
            raise ValueError(f"values of {kind}: {', '.join(sorted(wrong))}")
        known = {"site": self._site, **{name: _tidy(name, value) for name, value in values.items()}}
        module = self._environment.get_template(f"{kind}.txt").make_module(known)
        words = {"subject": str(getattr(module, "subject", "")), "why": str(getattr(module, "why", ""))}
        html = self._environment.get_template(f"{kind}.html").render(known | words)
        return Mail(words["subject"], str(module), html)


def _tidy(name: str, value: Any) -> Any:
    """Words that people typed stay on one line, so that they cannot look like words of ours."""
    if name.endswith("link") and not (isinstance(value, str) and value.startswith(("https://", "http://"))):
        raise ValueError(f"{name} is no web address")
    if isinstance(value, list):
        return [_tidy("", item) for item in value]
    return " ".join(value.split()) if isinstance(value, str) else value
