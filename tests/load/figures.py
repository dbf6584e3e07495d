"""What a benchmark hands back: named figures with goals and baselines, and the plain table they are printed in."""

import math
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

COLUMNS = ("what", "figure", "goal", "", "against")
KB_IN_GB = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value. `met` None: nobody set a goal. `against` names what it was compared with, and the ratio."""

    group: str
    what: str
    value: str
    goal: str = ""
    met: bool | None = None
    against: str = ""


def at_least(group: str, what: str, value: float, unit: str, goal: float, *, against: str = "") -> Figure:
    """A figure that is good when it is high."""
    text = f"at least {quantity(goal, unit)}"
    return Figure(group=group, what=what, value=quantity(value, unit), goal=text, met=value >= goal, against=against)


def under(group: str, what: str, value: float, unit: str, goal: float, *, against: str = "") -> Figure:
    """A figure that is good when it is low."""
    text = f"under {quantity(goal, unit)}"
    return Figure(group=group, what=what, value=quantity(value, unit), goal=text, met=value < goal, against=against)


def plain(group: str, what: str, value: float, unit: str, *, against: str = "") -> Figure:
    """A figure without a goal."""
    return Figure(group=group, what=what, value=quantity(value, unit), against=against)


def quantity(value: float, unit: str) -> str:
    """`1,234 bids/s`, `8.3 ms`: three digits are as much as one run can tell."""
    if math.isnan(value):
        return "none"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{digits}f}"
    trimmed = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{trimmed} {unit}".rstrip()


def percentile(values: Sequence[float], per_cent: float) -> float:
    """The nearest-rank percentile: the least value that `per_cent` of all values do not exceed; NaN for no values."""
    if not values:
        return math.nan
    rank = math.ceil(len(values) * per_cent / 100)
    return sorted(values)[max(rank, 1) - 1]


def ratio(value: float, baseline: float) -> float:
    """`value / baseline`; NaN where the baseline is nothing."""
    return value / baseline if baseline > 0 else math.nan


def table(figures: Sequence[Figure]) -> str:
    """All figures as text, one block for each group, columns aligned."""
    blocks = [(group, [_row(figure) for figure in found]) for group, found in groupby(figures, key=_group)]
    rows = [COLUMNS, *(row for _, rows in blocks for row in rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = [_line(COLUMNS, widths), _line(["-" * width for width in widths], widths)]
    for group, found in blocks:
        lines += ["", group, *(_line(row, widths) for row in found)]
    return "\n".join(lines)


def machine() -> str:
    """The machine in one line, as far as it matters for the figures."""
    usable = len(os.sched_getaffinity(0))
    total = next(line for line in Path("/proc/meminfo").read_text("ascii").splitlines() if line.startswith("MemTotal"))
    memory = int(total.split()[1]) / KB_IN_GB
    return f"{usable} cores, {memory:.0f} GB, Python {platform.python_version()}, Linux {platform.release()}"


def _row(figure: Figure) -> tuple[str, ...]:
    verdict = {True: "met", False: "MISSED", None: ""}[figure.met]
    return (f"  {figure.what}", figure.value, figure.goal, verdict, figure.against)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    # Figures stand to the right, so that one sees their size.
    sides: list[Callable[[str, int], str]] = [str.ljust, str.rjust, str.ljust, str.ljust, str.ljust]
    return "  ".join(side(cell, width) for side, cell, width in zip(sides, cells, widths, strict=True)).rstrip()


def _group(figure: Figure) -> str:
    return figure.group
