"""Listings as CSV: read line by line with every error named, and written in the same columns."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError
from typing_extensions import TypedDict

from api.listing_views import ListingBody, plain
from api.listings import told_in
from domain.chassis_numbers import held_number
from domain.errors import InvalidError
from domain.listings import NAMES, Particulars

LINES_MOST = 10_000
ERRORS_SHOWN = 1_000
CELL_MOST = 20_000
DELIMITERS = ",;\t"
YES, NO = frozenset({"yes", "true", "1", "y"}), frozenset({"no", "false", "0", "n"})
FLAGS = frozenset({"has_lien", "offers_open"})
COLUMNS = NAMES
# A spreadsheet would run these as formulas.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class LineError(TypedDict):
    """What is wrong on a line of the file (the header is line 1): the column, a stable rule, and what to do."""

    line: int
    field: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Read:
    """What a file holds: listings by line, and everything that is wrong with it."""

    told: Mapping[int, Particulars]
    errors: Sequence[LineError]

    @property
    def lines(self) -> int:
        """How many lines say something of a vehicle."""
        return len(self.told.keys() | {error["line"] for error in self.errors if error["line"] > 1})


def read_file(data: bytes, moment: datetime) -> Read:
    """Read a file as it was sent at a moment: UTF-8, a header with the names of `COLUMNS`, one vehicle a line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Read({}, [_error(line, "file", "encoding", "save the file as UTF-8; this line holds something else")])
    try:
        return _read(text, moment)
    except csv.Error as error:
        return Read({}, [_error(1, "file", "csv", f"this is no CSV: {error}")])


def write_file(told: Sequence[Particulars]) -> str:
    """Listings as a file that `read_file` reads; text that a spreadsheet would run is quoted with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in told:
        values = plain(each)
        writer.writerow([_cell(values[name]) for name in COLUMNS])
    return out.getvalue()


def _read(text: str, moment: datetime) -> Read:
    csv.field_size_limit(CELL_MOST)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header = [name.strip().lower().replace(" ", "_") for name in next(rows, [])]
    errors = list(_header_errors(header))
    if errors:
        return Read({}, errors)
    told: dict[int, Particulars] = {}
    seen: dict[str, int] = {}
    for row in rows:
        line = rows.line_num
        if not any(cell.strip() for cell in row):
            continue
        if len(told) + len({error["line"] for error in errors}) >= LINES_MOST:
            errors.append(_error(line, "file", "too_long", f"a file may hold {LINES_MOST:,} vehicles; split it"))
            break
        found = _line(line, header, row, seen, moment)
        if isinstance(found, Particulars):
            told[line] = found
            seen[held_number(found) or found.vin] = line
        else:
            errors.extend(found)
    if not told and not errors:
        errors.append(_error(1, "file", "empty", "the file has a header, and no vehicle below it"))
    return Read(told, errors)


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(DELIMITERS, key=first.count)


def _header_errors(header: Sequence[str]) -> Iterator[LineError]:
    if "vin" not in header:
        yield _error(1, "vin", "missing_column", f"the first line must name the columns; vin is needed, of {_known()}")
    for place, name in enumerate(header):
        if name not in COLUMNS:
            yield _error(1, name[:60] or f"column {place + 1}", "unknown_column", f"is none of {_known()}")
        elif name in header[:place]:
            yield _error(1, name, "repeated_column", "comes twice; keep one")


def _line(
    line: int, header: Sequence[str], row: Sequence[str], seen: Mapping[str, int], moment: datetime
) -> Particulars | list[LineError]:
    if len(row) != len(header):
        words = f"has {len(row)} cells where the header has {len(header)}; a comma or a quote is missing"
        return [_error(line, "line", "cells", words)]
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=True) if cell.strip()}
    try:
        body = ListingBody.model_validate({"vin": "", **{name: _value(name, cell) for name, cell in cells.items()}})
    except ValidationError as error:
        return [
            _error(line, str(each["loc"][0]) if each["loc"] else "line", each["type"], each["msg"])
            for each in error.errors(include_url=False, include_input=False, include_context=False)
        ]
    try:
        told = told_in(body, moment)
    except InvalidError as error:
        return [_error(line, "vin", "vin", error.detail)]
    number = held_number(told) or told.vin
    if number in seen:
        return [_error(line, "vin", "repeated_vin", f"is the VIN of line {seen[number]} too")]
    return told


def _value(name: str, cell: str) -> object:
    if name == "lights":
        return [word for word in cell.lower().replace("|", " ").replace(",", " ").split() if word]
    if name in FLAGS:
        return True if cell.lower() in YES else False if cell.lower() in NO else cell
    return cell.removeprefix("'") if cell[1:2] in FORMULA else cell


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return " ".join(map(str, value))
        case str():
            return f"'{value}" if value.startswith(FORMULA) else value
        case _:
            return str(value)


def _known() -> str:
    return ", ".join(COLUMNS)


def _error(line: int, field: str, rule: str, message: str) -> LineError:
    return {"line": line, "field": field, "rule": rule, "message": message}
