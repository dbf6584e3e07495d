"""A reader of ACH files, written from NACHA's record layouts alone: it raises for what a bank would send back."""

from typing import Any

# (name, width, kind) in order: 9 digits, A letters and marks padded on the right, B blanks, or a constant.
LAYOUTS: dict[str, list[tuple[str, int, str]]] = {
    "1": [
        ("type", 1, "=1"),
        ("priority", 2, "=01"),
        ("destination", 10, "A"),
        ("origin", 10, "A"),
        ("made_on", 6, "9"),
        ("made_at", 4, "9"),
        ("modifier", 1, "A"),
        ("record_size", 3, "=094"),
        ("blocking", 2, "=10"),
        ("format", 1, "=1"),
        ("destination_name", 23, "A"),
        ("origin_name", 23, "A"),
        ("reference", 8, "A"),
    ],
    "5": [
        ("type", 1, "=5"),
        ("service_class", 3, "9"),
        ("company_name", 16, "A"),
        ("discretionary", 20, "A"),
        ("company_id", 10, "A"),
        ("entry_class", 3, "A"),
        ("description", 10, "A"),
        ("descriptive_date", 6, "A"),
        ("effective_on", 6, "9"),
        ("settles_on", 3, "B"),
        ("originator", 1, "=1"),
        ("odfi", 8, "9"),
        ("number", 7, "9"),
    ],
    "6": [
        ("type", 1, "=6"),
        ("code", 2, "9"),
        ("rdfi", 8, "9"),
        ("check", 1, "9"),
        ("account", 17, "A"),
        ("cents", 10, "9"),
        ("id", 15, "A"),
        ("name", 22, "A"),
        ("discretionary", 2, "A"),
        ("addenda", 1, "=0"),
        ("trace", 15, "9"),
    ],
    "8": [
        ("type", 1, "=8"),
        ("service_class", 3, "9"),
        ("entries", 6, "9"),
        ("hash", 10, "9"),
        ("debits", 12, "9"),
        ("credits", 12, "9"),
        ("company_id", 10, "A"),
        ("authentication", 19, "B"),
        ("reserved", 6, "B"),
        ("odfi", 8, "9"),
        ("number", 7, "9"),
    ],
    "9": [
        ("type", 1, "=9"),
        ("batches", 6, "9"),
        ("blocks", 6, "9"),
        ("entries", 8, "9"),
        ("hash", 10, "9"),
        ("debits", 12, "9"),
        ("credits", 12, "9"),
        ("reserved", 39, "B"),
    ],
}
FILLER = "9" * 94


class BadFileError(Exception):
    """What a bank would say."""


def must(holds: object, why: str) -> None:
    if not holds:
        raise BadFileError(why)


def parsed(text: str) -> list[dict[str, Any]]:
    """The batches of a file, each with its `header` and `entries`, after every count and sum was checked."""
    must(text.endswith("\n"), "the last record does not end")
    records = text[:-1].split("\n")
    must(len(records) % 10 == 0, "the last block is not full")
    body = [record for record in records if record != FILLER]
    must(records == body + [FILLER] * (len(records) - len(body)), "filling stands between records")
    must(len(records) - len(body) < 10, "a whole block is filling")
    rows = [_row(record) for record in body]
    must([row["type"] for row in rows[:1]] == ["1"], "no file header")
    must(rows[-1]["type"] == "9", "no file control")
    batches = _batches(rows[1:-1])
    control, entries = rows[-1], [entry for batch in batches for entry in batch["entries"]]
    must(control["batches"] == len(batches), "number of batches")
    must(control["blocks"] * 10 == len(records), "number of blocks")
    _check_sums(control, entries)
    traces = [entry["trace"] for entry in entries]
    must(traces == sorted(set(traces)), "trace numbers do not rise")
    return [{**batch, "file": rows[0]} for batch in batches]


def _row(record: str) -> dict[str, Any]:
    must(len(record) == 94, f"{len(record)} characters")
    must(record.isascii() and record.isprintable(), "characters that banks do not take")
    must(record[0] in LAYOUTS, f"record type {record[0]}")
    row, place = {}, 0
    for name, width, kind in LAYOUTS[record[0]]:
        field = record[place : place + width]
        place += width
        if kind == "9":
            must(field.isdigit(), f"{name} is no number: {field!r}")
        must(kind != "B" or not field.strip(), f"{name} is not blank")
        must(kind[0] != "=" or field == kind[1:], f"{name} is {field!r}")
        is_sum = kind == "9" and name in {"cents", "entries", "hash", "debits", "credits", "batches", "blocks"}
        row[name] = int(field) if is_sum else field
    must(place == 94, "the layout itself")
    return row


def _batches(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    batches: list[dict[str, Any]] = []
    is_open = False
    for row in rows:
        if row["type"] == "5":
            must(not is_open, "a batch in a batch")
            batches.append({"header": row, "entries": []})
            is_open = True
        elif row["type"] == "6":
            must(is_open, "an entry outside of a batch")
            _check_entry(row, batches[-1]["header"])
            batches[-1]["entries"].append(row)
        else:
            must(row["type"] == "8" and is_open, "a control without its batch")
            header = batches[-1]["header"]
            must(batches[-1]["entries"], "an empty batch")
            for name in ("service_class", "company_id", "odfi", "number"):
                must(row[name] == header[name], f"{name} differs between header and control")
            must(int(header["number"]) == len(batches), "batch numbers do not rise")
            _check_sums(row, batches[-1]["entries"])
            is_open = False
    must(not is_open, "a batch without its control")
    return batches


def _check_entry(entry: dict[str, Any], header: dict[str, Any]) -> None:
    digits = [int(digit) for digit in entry["rdfi"]]
    weighted = sum(digit * weight for digit, weight in zip(digits, (3, 7, 1, 3, 7, 1, 3, 7), strict=True))
    must(int(entry["check"]) == -weighted % 10, "check digit")
    must(entry["code"] in {"22", "32"}, "no credit to checking or savings")
    must(header["service_class"] == "220", "credits in a batch of another class")
    must(header["entry_class"] in {"PPD", "CCD"}, "entry class")
    must(entry["cents"] > 0, "a credit of nothing")
    must(entry["account"].strip() and not entry["account"].startswith(" "), "account")
    must(entry["name"].strip(), "name")
    must(entry["trace"].startswith(header["odfi"]), "a trace of another bank")


def _check_sums(control: dict[str, Any], entries: list[dict[str, Any]]) -> None:
    must(control["entries"] == len(entries), "number of entries")
    must(control["hash"] == sum(int(entry["rdfi"]) for entry in entries) % 10_000_000_000, "entry hash")
    must(control["debits"] == 0, "debits")
    must(control["credits"] == sum(entry["cents"] for entry in entries), "sum of credits")
