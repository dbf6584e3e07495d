"""What the page of importing a file of listings is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from web.views import Frame, Json


@dataclass(frozen=True, slots=True)
class ImportListings:
    """Asks for a file; once it was read, `report` is the API's ImportReport of it, and where nothing is wrong `sealed`
    is the file as the form sends it again. `columns` are those that a file may have, `most` how many KB it may hold."""

    template: ClassVar[str] = "sell_import"
    frame: Frame
    columns: Sequence[str]
    most: int
    report: Json | None = None
    sealed: str = ""
    error: str | None = None

    @property
    def errors(self) -> Sequence[Json]:
        """What is wrong, line by line."""
        found: Sequence[Json] = [] if self.report is None else self.report["errors"]
        return found

    @property
    def left_out(self) -> int:
        """How many errors more there are than the page shows."""
        return 0 if self.report is None else self.report["error_count"] - len(self.errors)
