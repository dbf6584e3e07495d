"""The ACH file of payouts, as NACHA's rules lay it out: credits only, PPD to people and CCD to businesses.

A pure function of its arguments: the same payouts give the same file, byte for byte.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from domain.business_days import is_business_day
from domain.clock import CHICAGO

RECORD, BLOCK = 94, 10
CREDITS_ONLY = "220"
ROUTING_DIGITS = 9
HASH_DIGITS, COMPANY_ID = 10, 10
MOST_CENTS, MOST_TOTAL_CENTS, MOST_ENTRIES = 10**10 - 1, 10**12 - 1, 999_999
LAST_ENTRY = 10**7 - 1
LONGEST_ACCOUNT, LONGEST_ID = 17, 15
# ABA's check: the digits, weighted by these in turn, add up to a multiple of ten.
WEIGHTS = (3, 7, 1) * 3
MODIFIERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
# What every bank takes in a name besides letters, digits and spaces.
MARKS = frozenset(" .,-&/'()")


class EntryClass(StrEnum):
    """To whom a credit goes: to a person's account, or to a business's."""

    PPD = "PPD"
    CCD = "CCD"


class AccountKind(StrEnum):
    """The kind of the account that is credited, as the transaction code of a live credit."""

    CHECKING = "22"
    SAVINGS = "32"


class NachaCode(StrEnum):
    """Why a file cannot be written."""

    NO_CREDITS = "ACH_NO_CREDITS"
    BAD_ROUTING = "ACH_BAD_ROUTING"
    BAD_ACCOUNT = "ACH_BAD_ACCOUNT"
    BAD_AMOUNT = "ACH_BAD_AMOUNT"
    BAD_ID = "ACH_BAD_ID"
    BAD_NAME = "ACH_BAD_NAME"
    BAD_ORIGIN = "ACH_BAD_ORIGIN"
    ID_TWICE = "ACH_ID_TWICE"
    TOO_MUCH = "ACH_TOO_MUCH"
    BAD_DAY = "ACH_BAD_DAY"
    BAD_MODIFIER = "ACH_BAD_MODIFIER"
    BAD_TRACE = "ACH_BAD_TRACE"


WORDS: Mapping[NachaCode, str] = MappingProxyType(
    {
        NachaCode.NO_CREDITS: "There is nothing to pay out.",
        NachaCode.BAD_ROUTING: "A routing number has nine digits, the last of which checks the others.",
        NachaCode.BAD_ACCOUNT: "An account number has 1 to 17 digits, letters or dashes.",
        NachaCode.BAD_AMOUNT: "A credit is from one cent to $99,999,999.99.",
        NachaCode.BAD_ID: "A credit's id has 1 to 15 letters, digits or dashes.",
        NachaCode.BAD_NAME: "A name needs a letter or digit that banks can write.",
        NachaCode.BAD_ORIGIN: "The sender's details do not fit their fields.",
        NachaCode.ID_TWICE: "A credit is twice in the file.",
        NachaCode.TOO_MUCH: "The file's sum or number of entries does not fit its fields.",
        NachaCode.BAD_DAY: "Credits take effect on a business day that is not before the file's own day.",
        NachaCode.BAD_MODIFIER: "The files of one day are told apart by one letter or digit, A to Z, then 0 to 9.",
        NachaCode.BAD_TRACE: "Entries are numbered from 1 to 9,999,999.",
    }
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sends: the bank that takes the file (`routing`, also the originating one), and us as it knows us.

    `company_id` has ten characters, often 1 and the EIN.
    """

    routing: str
    bank_name: str
    company_name: str
    company_id: str
    description: str = "PAYOUT"


@dataclass(frozen=True, slots=True)
class Credit:
    """One payout. `id` names it on the statement and in a return; `account` is a secret and never shown."""

    id: str
    routing: str
    account: str = field(repr=False)
    cents: int
    name: str
    entry_class: EntryClass
    kind: AccountKind = AccountKind.CHECKING


@dataclass(frozen=True, slots=True)
class Sending:
    """When a file is made and for which banking day. `modifier` tells the files of one day apart.

    `first_entry` numbers the entries on from file to file, so that a return finds the one it is about.
    """

    made_at: datetime
    effective_on: date
    modifier: str = "A"
    first_entry: int = 1

    @property
    def made(self) -> datetime:
        """The moment by the clock in Chicago."""
        return self.made_at.astimezone(CHICAGO)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why no file is written, and which credit it is about (empty: the file)."""

    code: NachaCode
    credit_id: str = ""


@dataclass(frozen=True, slots=True)
class AchFile:
    """The file's text, and what the books need of it: the trace number of each credit, by its id."""

    text: str
    traces: Mapping[str, str]
    total_cents: int


def problem(origin: Origin, entries: Sequence[Credit], sending: Sending) -> Problem | None:
    """The first thing that keeps these credits from being written, or None."""
    whole = _file_problem(origin, entries, sending)
    if whole is not None:
        return Problem(whole)
    for credit in entries:
        code = _credit_problem(credit)
        if code is not None:
            return Problem(code, credit.id)
    return None


def written(origin: Origin, entries: Iterable[Credit], sending: Sending) -> AchFile | Problem:
    """The ACH file of these credits.

    Records are 94 characters and end in a line feed; a batch for each entry class; the last block is filled with nines.
    """
    listed = tuple(entries)
    found = problem(origin, listed, sending)
    if found is not None:
        return found
    batches = [batch for name in EntryClass if (batch := [each for each in listed if each.entry_class is name])]
    in_order = [credit for batch in batches for credit in batch]
    numbered = enumerate(in_order, start=sending.first_entry)
    traces = {credit.id: f"{origin.routing[:8]}{number:07}" for number, credit in numbered}
    records = [_file_header(origin, sending)]
    for number, batch in enumerate(batches, start=1):
        records += _batch(origin, batch, traces, sending, number)
    records.append(_file_control(listed, len(batches), len(records) + 1))
    records += ["9" * RECORD] * (-len(records) % BLOCK)
    return AchFile("".join(f"{record}\n" for record in records), MappingProxyType(traces), _total(listed))


def is_routing(text: str) -> bool:
    """Whether nine ASCII digits are a routing number, by their check digit."""
    if len(text) != ROUTING_DIGITS or not (text.isascii() and text.isdigit()) or text == "0" * ROUTING_DIGITS:
        return False
    return sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=True)) % 10 == 0


def plain(name: str, width: int) -> str:
    """A name as banks can write it: upper-case ASCII, accents dropped, at most `width` characters."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    kept = "".join(letter if letter.isalnum() or letter in MARKS else " " for letter in folded)
    return " ".join(kept.split())[:width].rstrip()


def _file_problem(origin: Origin, entries: Sequence[Credit], sending: Sending) -> NachaCode | None:
    names = (plain(origin.bank_name, 23), plain(origin.company_name, 16), plain(origin.description, 10))
    company = len(origin.company_id) == COMPANY_ID and origin.company_id.isascii() and origin.company_id.isalnum()
    day = sending.effective_on
    last = sending.first_entry + len(entries) - 1
    checks = {
        NachaCode.BAD_ORIGIN: not (is_routing(origin.routing) and all(names) and company),
        NachaCode.NO_CREDITS: not entries,
        NachaCode.ID_TWICE: len({credit.id for credit in entries}) < len(entries),
        NachaCode.TOO_MUCH: len(entries) > MOST_ENTRIES or _total(entries) > MOST_TOTAL_CENTS,
        NachaCode.BAD_DAY: not is_business_day(day) or day < sending.made.date(),
        NachaCode.BAD_MODIFIER: len(sending.modifier) != 1 or sending.modifier not in MODIFIERS,
        NachaCode.BAD_TRACE: sending.first_entry < 1 or last > LAST_ENTRY,
    }
    return next((code for code, is_wrong in checks.items() if is_wrong), None)


def _credit_problem(credit: Credit) -> NachaCode | None:
    checks = {
        NachaCode.BAD_ID: not _is_word(credit.id, LONGEST_ID),
        NachaCode.BAD_ROUTING: not is_routing(credit.routing),
        NachaCode.BAD_ACCOUNT: not _is_word(credit.account, LONGEST_ACCOUNT),
        NachaCode.BAD_AMOUNT: not 0 < credit.cents <= MOST_CENTS,
        NachaCode.BAD_NAME: not any(letter.isalnum() for letter in plain(credit.name, 22)),
    }
    return next((code for code, is_wrong in checks.items() if is_wrong), None)


def _is_word(text: str, longest: int) -> bool:
    return 0 < len(text) <= longest and text.isascii() and text.replace("-", "").isalnum()


def _file_header(origin: Origin, sending: Sending) -> str:
    return (
        f"101 {origin.routing}{origin.company_id}{sending.made:%y%m%d%H%M}{sending.modifier}094101"
        f"{plain(origin.bank_name, 23):23}{plain(origin.company_name, 23):23}{'':8}"
    )


def _batch(
    origin: Origin, batch: Sequence[Credit], traces: Mapping[str, str], sending: Sending, number: int
) -> list[str]:
    odfi = origin.routing[:8]
    header = (
        f"5{CREDITS_ONLY}{plain(origin.company_name, 16):16}{'':20}{origin.company_id}{batch[0].entry_class}"
        f"{plain(origin.description, 10):10}{sending.made:%y%m%d}{sending.effective_on:%y%m%d}{'':3}1{odfi}{number:07}"
    )
    control = (
        f"8{CREDITS_ONLY}{len(batch):06}{_entry_hash(batch)}{0:012}{_total(batch):012}{origin.company_id}"
        f"{'':19}{'':6}{odfi}{number:07}"
    )
    return [header, *(_entry(credit, traces[credit.id]) for credit in batch), control]


def _entry(credit: Credit, trace: str) -> str:
    return (
        f"6{credit.kind}{credit.routing}{credit.account:17}{credit.cents:010}{credit.id:15}"
        f"{plain(credit.name, 22):22}{'':2}0{trace}"
    )


def _file_control(entries: Sequence[Credit], batches: int, records: int) -> str:
    blocks = -(-records // BLOCK)
    return f"9{batches:06}{blocks:06}{len(entries):08}{_entry_hash(entries)}{0:012}{_total(entries):012}{'':39}"


def _entry_hash(entries: Sequence[Credit]) -> str:
    # The first eight digits of every routing number, added up; what does not fit on the left is dropped.
    return f"{sum(int(credit.routing[:8]) for credit in entries) % 10**HASH_DIGITS:010}"


def _total(entries: Sequence[Credit]) -> int:
    return sum(credit.cents for credit in entries)
