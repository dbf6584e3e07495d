"""The texts of the terms by version. A text that somebody may have accepted is never changed: a new one is added."""

from dataclasses import dataclass
from typing import ClassVar

from domain.accounts import TERMS_VERSION
from web.views import Frame

# Oldest first; the last one is the domain's current version.
VERSIONS = ("2026-11",)
HOME = "/terms"


@dataclass(frozen=True, slots=True)
class Terms:
    """One version of the terms."""

    template: ClassVar[str] = "terms"
    frame: Frame
    version: str

    @property
    def text(self) -> str:
        """The template with the words of this version."""
        return f"terms/{self.version}.html"

    @property
    def is_current(self) -> bool:
        """Whether this is what is accepted today."""
        return self.version == TERMS_VERSION

    @property
    def others(self) -> tuple[str, ...]:
        """The other versions, newest first."""
        return tuple(each for each in reversed(VERSIONS) if each != self.version)


def terms_link(version: str) -> str:
    """Where one version stays readable."""
    return f"{HOME}/{version}"
