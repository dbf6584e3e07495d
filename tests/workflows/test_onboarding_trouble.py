"""What goes wrong around an account: vendors that are away, people who leave, signals nobody can read, lost starts."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowExecutionStatus

from domain.accounts import TERMS_VERSION
from domain.errors import RefusedError, UnavailableError
from temporal.accounts import Accounts
from temporal.converter import make_converter
from tests.workflows.accounts import Person, open_person
from tests.workflows.conftest import SECRET, House
from workflows.account_messages import CardEvent, IdentityEvent

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOON_S = 0.3


@pytest_asyncio.fixture(loop_scope="session")
async def person(skipping: House) -> AsyncIterator[Person]:
    async with open_person(skipping.env) as found:
        yield found


async def status(person: Person) -> WorkflowExecutionStatus | None:
    return (await person.handle.describe()).status


async def test_a_link_that_cannot_be_had_in_time_is_asked_for_again(person: Person) -> None:
    person.accounts.away.add("open_identity")
    call = asyncio.create_task(person.door.begin_identity(person.user_id))
    await person.until(lambda: person.accounts.calls["open_identity"] >= 1)
    await person.pass_time(seconds=20)
    with pytest.raises(UnavailableError) as caught:
        await call
    person.accounts.away.clear()
    link = await person.door.begin_identity(person.user_id)

    assert caught.value.data == {"retry_after_s": 5}
    assert link.outcome == "link"
    assert person.accounts.works[-1].tries > 1


async def test_a_card_waits_for_a_vendor_that_comes_back_and_the_person_need_not(person: Person) -> None:
    door = Accounts(person.client, person.door._task_queue, SOON_S)
    await person.door.start(person.user_id)
    person.accounts.held.add("keep_card")
    with pytest.raises(UnavailableError):
        await door.store_card(person.user_id, "nonce", "print of nonce")
    person.accounts.open.set()

    assert await person.card("nonce") == "stored"
    assert person.accounts.calls["keep_card"] == 1


async def test_after_a_wish_without_an_answer_the_next_one_looks_first(person: Person) -> None:
    person.accounts.mistaken.add("keep_card")
    with pytest.raises(UnavailableError):
        await person.card("one")
    person.accounts.mistaken.clear()
    outcome = await person.card("two")

    assert outcome == "stored"
    assert [work.look_first for work in person.accounts.works if hasattr(work, "look_first")] == [False, True]


async def test_a_vendor_that_is_away_stops_no_other_step(person: Person) -> None:
    person.accounts.away.add("read_identity")
    await person.door.begin_identity(person.user_id)
    await person.event()
    await person.until(lambda: person.accounts.calls["read_identity"] >= 1)

    assert (await person.door.accept_terms(person.user_id, TERMS_VERSION)).outcome == "done"
    assert (await person.door.give_details(person.user_id, "sealed")).outcome == "done"
    assert await person.card("nonce") == "stored"


async def test_a_mistake_of_ours_does_not_stop_the_account(person: Person) -> None:
    person.accounts.mistaken |= {"read_identity", "read_card", "accept_terms"}
    await person.door.look_again(person.user_id)
    with pytest.raises(UnavailableError):
        await person.door.accept_terms(person.user_id, TERMS_VERSION)
    person.accounts.mistaken.clear()

    assert (await person.door.accept_terms(person.user_id, TERMS_VERSION)).outcome == "done"


async def test_signals_that_nobody_can_read_change_nothing(person: Person) -> None:
    await person.cleared()
    garbage: list[list[object]] = [[], [1, 2], ["x"], [{"inquiry_id": 7}], [{"inquiry_id": "i" * 1_000}]]
    for name in ("identity_event", "card_event", "email_verified", "unheard_of"):
        for arguments in garbage:
            await person.handle.signal(name, args=arguments)

    assert (await person.door.look_again(person.user_id)).cleared


async def test_any_number_of_events_is_kept_small(person: Person) -> None:
    person.accounts.away.add("read_identity")
    await person.door.start(person.user_id)
    for number in range(30):
        await person.door.identity_event(person.user_id, IdentityEvent(f"e{number}", f"inq_{number}"))
    answer = await person.door.look_again(person.user_id)
    person.accounts.away.clear()

    assert answer.outcome == "done"


@pytest.mark.parametrize("first", ["update", "identity_event", "card_event", "email_verified", "start"])
async def test_an_account_whose_start_was_lost_is_started_by_whatever_comes(person: Person, first: str) -> None:
    match first:
        case "update":
            await person.door.accept_terms(person.user_id, TERMS_VERSION)
        case "identity_event":
            await person.door.identity_event(person.user_id)
        case "card_event":
            await person.door.card_event(person.user_id, CardEvent("e", "11"))
        case "email_verified":
            await person.door.email_verified(person.user_id)
        case _:
            await asyncio.gather(*(person.door.start(person.user_id) for _ in range(3)))

    assert await status(person) is WorkflowExecutionStatus.RUNNING


async def test_a_person_who_leaves_is_forgotten_by_the_vendors_while_their_account_waits(person: Person) -> None:
    await person.cleared()
    await person.door.close(person.user_id)
    await person.handle.result()

    assert person.kept.closed
    assert person.accounts.works[-1].begun == ["inq_1"]


async def test_a_closed_account_stays_closed_and_says_so(person: Person) -> None:
    await person.door.start(person.user_id)
    for _ in range(2):
        await person.door.close(person.user_id)
    await person.handle.result()
    await person.door.close(person.user_id)
    await person.door.identity_event(person.user_id)
    with pytest.raises(RefusedError, match="ACCOUNT_CLOSED"):
        await person.door.begin_identity(person.user_id)
    with pytest.raises(RefusedError, match="ACCOUNT_CLOSED"):
        await person.door.start(person.user_id)

    assert await status(person) is WorkflowExecutionStatus.COMPLETED


async def test_an_account_that_the_database_calls_erased_closes_itself(person: Person) -> None:
    await person.cleared()
    person.kept.erased = True
    with pytest.raises(RefusedError, match="ACCOUNT_CLOSED"):
        await person.door.accept_terms(person.user_id, TERMS_VERSION)
    await person.handle.result()

    assert person.kept.closed


async def test_closing_does_not_wait_for_a_vendor_that_is_away_for_something_else(person: Person) -> None:
    person.accounts.away.add("read_identity")
    await person.door.identity_event(person.user_id)
    await person.until(lambda: person.accounts.calls["read_identity"] >= 1)
    await person.door.close(person.user_id)
    await person.handle.result()

    assert person.kept.closed


async def test_closing_waits_for_the_card_that_is_being_kept_and_removes_it_too(person: Person) -> None:
    person.accounts.held.add("keep_card")
    keeping = asyncio.create_task(person.card("nonce"))
    await person.until(lambda: person.accounts.at_once["keep_card"] == 1)
    await person.door.close(person.user_id)
    person.accounts.open.set()
    await keeping
    await person.handle.result()

    assert person.kept.cards == {}


async def test_a_vendor_that_refuses_to_forget_is_asked_until_it_does(person: Person) -> None:
    person.accounts.mistaken.add("close_account")
    await person.door.start(person.user_id)
    await person.door.close(person.user_id)
    await person.until(lambda: person.accounts.calls["close_account"] == 1)
    await person.pass_time(hours=5)
    person.accounts.mistaken.clear()
    await person.handle.result()

    assert person.accounts.calls["close_account"] >= 5
    assert person.kept.closed


async def test_without_temporal_every_call_says_to_come_back(unused_tcp_port: int) -> None:
    client = await Client.connect(f"127.0.0.1:{unused_tcp_port}", data_converter=make_converter(SECRET), lazy=True)
    door = Accounts(client, "nowhere", SOON_S)
    for call in (door.start(1), door.begin_identity(1), door.email_verified(1)):
        with pytest.raises(UnavailableError, match="ACCOUNT_UNAVAILABLE"):
            await call
