"""The ACH file of payouts, read again by rules of its own."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.nacha import (
    MOST_CENTS,
    WORDS,
    AccountKind,
    AchFile,
    Credit,
    EntryClass,
    NachaCode,
    Origin,
    Problem,
    Sending,
    is_routing,
    plain,
    written,
)
from tests.domain.ach_reader import LAYOUTS, BadFileError, parsed

ORIGIN = Origin("091000019", "Wells Fargo Minnesota", "Hammertime", "1234567890")
SENDING = Sending(datetime(2026, 5, 6, 3, 15, tzinfo=UTC), date(2026, 5, 6))
PERSON = Credit("P1-1", "021000021", "000123456", 10_000_00, "José Núñez", EntryClass.PPD)
DEALER = Credit("P2-1", "122105155", "99-1234", 22_345_67, "North & Sons", EntryClass.CCD, AccountKind.SAVINGS)


def file_of(*entries: Credit, sending: Sending = SENDING) -> AchFile:
    found = written(ORIGIN, entries or (DEALER, PERSON), sending)
    assert isinstance(found, AchFile), found
    return found


def test_people_and_businesses_have_batches_of_their_own() -> None:
    batches = parsed(file_of().text)
    assert [batch["header"]["entry_class"] for batch in batches] == ["PPD", "CCD"]
    entries = [batch["entries"][0] for batch in batches]
    assert [(entry["code"], entry["cents"]) for entry in entries] == [("22", 10_000_00), ("32", 22_345_67)]
    assert [entry["name"].rstrip() for entry in entries] == ["JOSE NUNEZ", "NORTH & SONS"]
    assert [entry["account"].rstrip() for entry in entries] == ["000123456", "99-1234"]
    assert [entry["id"].rstrip() for entry in entries] == ["P1-1", "P2-1"]


def test_the_header_tells_bank_company_and_the_time_in_chicago() -> None:
    header = parsed(file_of().text)[0]["file"]
    assert (header["destination"], header["origin"]) == (" 091000019", "1234567890")
    assert (header["made_on"], header["made_at"], header["modifier"]) == ("260505", "2215", "A")
    assert header["destination_name"].rstrip() == "WELLS FARGO MINNESOTA"
    batch = parsed(file_of().text)[0]["header"]
    assert (batch["effective_on"], batch["descriptive_date"]) == ("260506", "260505")
    assert (batch["company_name"].rstrip(), batch["description"].rstrip()) == ("HAMMERTIME", "PAYOUT")


def test_the_file_as_it_is_sent_letter_by_letter() -> None:
    expected = (
        "101 09100001912345678902605052215A094101WELLS FARGO MINNESOTA  HAMMERTIME                     ",
        "5220HAMMERTIME                          1234567890PPDPAYOUT    260505260506   1091000010000001",
        "622021000021000123456        0001000000P1-1           JOSE NUNEZ              0091000010000001",
        "822000000100021000020000000000000000010000001234567890                         091000010000001",
        "9000001000001000000010002100002000000000000000001000000" + " " * 39,
        *["9" * 94] * 5,
    )
    assert file_of(PERSON).text.splitlines() == list(expected)


def test_the_books_get_a_trace_number_for_each_credit() -> None:
    made = file_of(sending=replace(SENDING, first_entry=41))
    assert dict(made.traces) == {"P1-1": "091000010000041", "P2-1": "091000010000042"}
    assert made.total_cents == 32_345_67


@pytest.mark.parametrize("number", [5, 6, 7, 16, 17])
def test_the_last_block_is_always_full(number: int) -> None:
    made = file_of(*(replace(PERSON, id=f"P{each}") for each in range(number)))
    assert len(made.text.splitlines()) % 10 == 0
    assert len(parsed(made.text)[0]["entries"]) == number


def test_an_entry_hash_that_is_too_long_loses_its_left_end() -> None:
    high = [replace(PERSON, id=f"P{each}", routing="322271627") for each in range(320)]
    assert sum(int(credit.routing[:8]) for credit in high) > 10**10
    assert len(parsed(file_of(*high).text)) == 1


def test_an_account_is_never_shown() -> None:
    assert PERSON.account not in repr(PERSON)


@pytest.mark.parametrize(
    ("credit", "code"),
    [
        (replace(PERSON, id=""), NachaCode.BAD_ID),
        (replace(PERSON, id="P" * 16), NachaCode.BAD_ID),
        (replace(PERSON, id="P 1"), NachaCode.BAD_ID),
        (replace(PERSON, routing="021000022"), NachaCode.BAD_ROUTING),
        (replace(PERSON, account=""), NachaCode.BAD_ACCOUNT),
        (replace(PERSON, account="---"), NachaCode.BAD_ACCOUNT),
        (replace(PERSON, account="1" * 18), NachaCode.BAD_ACCOUNT),
        (replace(PERSON, account="12\n34"), NachaCode.BAD_ACCOUNT),
        (replace(PERSON, cents=0), NachaCode.BAD_AMOUNT),
        (replace(PERSON, cents=MOST_CENTS + 1), NachaCode.BAD_AMOUNT),
        (replace(PERSON, name="张伟"), NachaCode.BAD_NAME),
    ],
)
def test_a_credit_that_a_bank_would_send_back_keeps_the_file_from_being_written(
    credit: Credit, code: NachaCode
) -> None:
    assert written(ORIGIN, [DEALER, credit], SENDING) == Problem(code, credit.id)


@pytest.mark.parametrize(
    ("origin", "sending", "entries", "code"),
    [
        (replace(ORIGIN, routing="091000018"), SENDING, [PERSON], NachaCode.BAD_ORIGIN),
        (replace(ORIGIN, company_id="123456789"), SENDING, [PERSON], NachaCode.BAD_ORIGIN),
        (replace(ORIGIN, company_name="*"), SENDING, [PERSON], NachaCode.BAD_ORIGIN),
        (ORIGIN, SENDING, [], NachaCode.NO_CREDITS),
        (ORIGIN, SENDING, [PERSON, replace(DEALER, id="P1-1")], NachaCode.ID_TWICE),
        (
            ORIGIN,
            SENDING,
            [replace(PERSON, id=f"P{each}", cents=MOST_CENTS) for each in range(101)],
            NachaCode.TOO_MUCH,
        ),
        (ORIGIN, replace(SENDING, effective_on=date(2026, 5, 9)), [PERSON], NachaCode.BAD_DAY),
        (ORIGIN, replace(SENDING, effective_on=date(2026, 5, 25)), [PERSON], NachaCode.BAD_DAY),
        (ORIGIN, replace(SENDING, effective_on=date(2026, 5, 4)), [PERSON], NachaCode.BAD_DAY),
        (ORIGIN, replace(SENDING, modifier="a"), [PERSON], NachaCode.BAD_MODIFIER),
        (ORIGIN, replace(SENDING, modifier="AB"), [PERSON], NachaCode.BAD_MODIFIER),
        (ORIGIN, replace(SENDING, first_entry=0), [PERSON], NachaCode.BAD_TRACE),
        (ORIGIN, replace(SENDING, first_entry=9_999_999), [PERSON, DEALER], NachaCode.BAD_TRACE),
    ],
)
def test_a_file_that_a_bank_would_send_back_is_not_written(
    origin: Origin, sending: Sending, entries: list[Credit], code: NachaCode
) -> None:
    assert written(origin, entries, sending) == Problem(code)


def test_every_problem_has_its_words() -> None:
    assert set(WORDS) == set(NachaCode)


@pytest.mark.parametrize("text", ["091000019", "021000021", "122105155"])
def test_a_routing_number_has_its_check_digit(text: str) -> None:
    assert is_routing(text)


@pytest.mark.parametrize("text", ["", "09100001", "0910000190", "091000018", "000000000", "09100001x", "٠٩١٠٠٠٠١٩"])
def test_anything_else_is_no_routing_number(text: str) -> None:
    assert not is_routing(text)


def test_a_name_is_cut_to_its_field_and_keeps_what_banks_can_write() -> None:
    assert plain("Søren  Ödegård-Smith;\tInc.", 40) == "SREN ODEGARD-SMITH INC."
    assert plain("A" * 21 + " Bc", 22) == "A" * 21


@pytest.mark.parametrize(
    ("record", "place", "field"),
    [
        (0, 36, "record_size"),
        (0, 38, "blocking"),
        (1, 3, "service_class"),
        (1, 86, "odfi"),
        (1, 93, "number"),
        (2, 10, "rdfi"),
        (2, 11, "check"),
        (2, 38, "cents"),
        (2, 79, "addenda"),
        (2, 86, "trace"),
        (3, 9, "entries"),
        (3, 19, "hash"),
        (3, 31, "debits"),
        (3, 43, "credits"),
        (4, 6, "batches"),
        (4, 12, "blocks"),
        (4, 20, "entries"),
        (4, 30, "hash"),
        (4, 54, "credits"),
    ],
)
def test_the_reader_sees_a_wrong_digit(record: int, place: int, field: str) -> None:
    lines = file_of(PERSON).text.splitlines()
    before, digit, behind = lines[record][: place - 1], lines[record][place - 1], lines[record][place:]
    lines[record] = f"{before}{(int(digit) + 1) % 10}{behind}"
    with pytest.raises(BadFileError):
        parsed("".join(f"{line}\n" for line in lines))
    assert field in {name for name, _, _ in LAYOUTS["15689"[record]]}


ROUTINGS = st.sampled_from(["091000019", "021000021", "122105155", "322271627"])
CREDITS = st.builds(
    Credit,
    id=st.from_regex(r"[A-Z0-9][A-Z0-9-]{0,14}", fullmatch=True),
    routing=ROUTINGS,
    account=st.from_regex(r"[0-9]{1,17}", fullmatch=True),
    cents=st.integers(1, MOST_CENTS),
    name=st.text(min_size=1, max_size=40).map(lambda text: f"a{text}"),
    entry_class=st.sampled_from(EntryClass),
    kind=st.sampled_from(AccountKind),
)


@given(st.lists(CREDITS, min_size=1, max_size=30, unique_by=lambda credit: credit.id))
def test_what_is_written_is_read_again(entries: list[Credit]) -> None:
    made = written(ORIGIN, entries, SENDING)
    assert isinstance(made, AchFile)
    assert made == written(ORIGIN, entries, SENDING)
    read = {entry["id"].rstrip(): entry for batch in parsed(made.text) for entry in batch["entries"]}
    assert set(read) == set(made.traces)
    for credit in entries:
        entry = read[credit.id]
        assert (entry["rdfi"] + entry["check"], entry["account"].rstrip()) == (credit.routing, credit.account)
        assert (entry["cents"], entry["trace"]) == (credit.cents, made.traces[credit.id])
    assert made.total_cents == sum(credit.cents for credit in entries)
