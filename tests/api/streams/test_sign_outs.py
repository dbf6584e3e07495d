"""A stream with private news lives no longer than the sign-in that it was opened with."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Update, delete, event, update

from activities.db.engine import transaction
from activities.db.people import Scope
from activities.db.tables import api_tokens, sessions, users
from api.signins import SignIns, digest
from api.streams.response import EventStream
from tests.api.streams.stage import Lot, Stage, until, utc_now, watch
from tests.api.streams.test_life import Stalled

ADA, BOB = 1, 2
SOON_S = 0.1
PAST = timedelta(minutes=1)


@pytest.fixture
def checked(stage: Stage) -> Stage:
    """The application with sign-ins that are looked at ten times a second instead of each five seconds."""
    stage.services.sign_ins = SignIns(stage.services.database, check_s=SOON_S)
    return stage


def path(lot: Lot) -> str:
    return f"/api/auctions/{lot.id}/events"


def written(stage: Stage, *statements: object) -> None:
    """What another process did."""
    with transaction(stage.engine) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


async def test_a_sign_out_ends_the_streams_of_that_session_at_once_and_no_others(stage: Stage) -> None:
    lot, cookie = stage.lot(), stage.session(ADA)
    async with (
        watch(stage, path(lot), cookie=cookie) as gone,
        watch(stage, f"/api/events?auctions={lot.id}", cookie=cookie) as gone_too,
        watch(stage, path(lot), user_id=ADA) as phone,
        watch(stage, path(lot)) as public,
    ):
        for reader in (gone, gone_too, phone):
            await reader.next("you")
        await public.next()
        answer = await stage.client.post("/auth/logout", headers={"Cookie": cookie, "X-CSRF-Token": "csrf"})
        assert (answer.status_code, await gone.ended(), await gone_too.ended()) == (204, True, True)
        lot.bids((ADA, 500_000))
        assert (await phone.next("you")).data["position"] == "leading"
        assert (await public.next()).name == "bid"

    assert [event.data["position"] for event in gone.seen if event.name == "you"] == ["none"]


async def test_who_comes_back_after_the_sign_out_is_anybody(stage: Stage) -> None:
    lot, cookie = stage.lot(), stage.session(ADA)
    async with watch(stage, path(lot), cookie=cookie) as reader:
        await reader.next("you")
        await stage.client.post("/auth/logout", headers={"Cookie": cookie, "X-CSRF-Token": "csrf"})
        assert await reader.ended()
    async with watch(stage, path(lot), cookie=cookie, last="0") as back:
        lot.bids((ADA, 500_000))
        await back.until_version(1)
        lot.bids((BOB, 600_000))
        await back.until_version(2)

    assert "you" not in {event.name for event in back.seen}


async def test_a_token_that_is_revoked_here_takes_its_streams_with_it_at_once(stage: Stage) -> None:
    lot, cookie, token = stage.lot(), stage.session(ADA), stage.token(ADA, Scope.READ)
    signed_in = {"Cookie": cookie, "X-CSRF-Token": "csrf"}
    async with watch(stage, path(lot), token=token) as machine:
        await machine.next("you")
        (made,) = (await stage.client.get("/api/me/tokens", headers=signed_in)).json()["items"]
        await stage.client.delete(f"/api/me/tokens/{made['id']}", headers=signed_in)
        assert await machine.ended()


ELSEWHERE: dict[str, Callable[[str], object]] = {
    "signed out": lambda key: delete(sessions).where(sessions.c.token_hash == key),
    "expired": lambda key: _session(key).values(expires_at=utc_now() - PAST),
    "disabled": lambda _: update(users).where(users.c.id == ADA).values(disabled_at=utc_now()),
}


def _session(key: str) -> Update:
    return update(sessions).where(sessions.c.token_hash == key)


@pytest.mark.parametrize("how", ELSEWHERE)
async def test_a_session_that_ends_elsewhere_is_found_out(checked: Stage, how: str) -> None:
    lot, cookie = checked.lot(), checked.session(ADA)
    async with (
        watch(checked, path(lot), cookie=cookie) as reader,
        watch(checked, path(lot), user_id=BOB) as other,
    ):
        for each in (reader, other):
            await each.next("you")
        written(checked, ELSEWHERE[how](digest(cookie.removeprefix("session="))))
        assert await reader.ended()
        lot.bids((BOB, 500_000))
        assert (await other.next("you")).data["position"] == "leading"
    async with watch(checked, path(lot), cookie=cookie) as back:
        await back.next()
        lot.bids((ADA, 600_000))
        await back.until_version(2)
        assert "you" not in {event.name for event in back.seen}


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
async def test_a_token_that_ends_elsewhere_is_found_out(checked: Stage, column: str) -> None:
    lot, token = checked.lot(), checked.token(ADA, Scope.READ)
    async with watch(checked, path(lot), token=token) as machine:
        await machine.next("you")
        mine = api_tokens.c.token_hash == digest(token)
        written(checked, update(api_tokens).where(mine).values({column: utc_now() - PAST}))
        assert await machine.ended()


async def test_all_sign_ins_are_looked_at_by_one_statement(checked: Stage) -> None:
    lot, asked = checked.lot(), []
    hub, sign_ins = checked.services.hub, checked.services.sign_ins
    lots = await hub.lots([lot.id])

    @event.listens_for(checked.engine, "before_cursor_execute")
    def note(*facts: object) -> None:
        if "FROM sessions JOIN users" in str(facts[2]) and "IN (" in str(facts[2]):
            asked.append(facts[3])

    async with asyncio.TaskGroup() as group:
        readers = [Stalled(takes=3) for _ in range(300)]
        for reader in readers:
            identity = await sign_ins.by_session(checked.session(ADA).removeprefix("session="))
            signed_in = partial(sign_ins.watching, identity)
            stream = EventStream(hub, lots, is_list=False, have={}, user_id=ADA, signed_in=signed_in)
            group.create_task(stream({}, reader.receive, reader.send))
        await until(lambda: hub.open_count == 300)
        asked.clear()
        await until(lambda: len(asked) == 2)
        for reader in readers:
            reader.gone.set()
    assert [len(parameters) for parameters in asked[:2]] == [301, 301]  # type: ignore[arg-type]


async def test_what_waits_for_a_slow_reader_is_not_sent_after_the_sign_out(stage: Stage) -> None:
    hub, lot, slow = stage.services.hub, stage.lot(), Stalled(takes=2)
    response = EventStream(hub, await hub.lots([lot.id]), is_list=False, have={}, user_id=ADA)
    serving = asyncio.create_task(response({}, slow.receive, slow.send))
    await until(lambda: hub.open_count == 1)
    (subscriber,) = hub._open
    async with watch(stage, path(lot), user_id=ADA) as reader:
        await reader.next("you")
        lot.bids((ADA, 500_000))
        await reader.next("you")
    await until(lambda: bool(subscriber._waiting))
    subscriber.cut()
    slow.may_read.set()
    await until(lambda: bool(slow.taken) and not slow.taken[-1].get("more_body", True))
    slow.gone.set()
    await serving

    assert "my_max_cents" not in slow.text


async def test_nothing_is_asked_while_nobody_is_watching(checked: Stage) -> None:
    sign_ins, lot = checked.services.sign_ins, checked.lot()
    async with watch(checked, path(lot), user_id=ADA) as reader:
        await reader.next("you")
        assert [watches._checking is not None for watches in sign_ins._watches.values()] == [True, False]
    await until(lambda: checked.services.hub.open_count == 0)
    assert [watches._checking for watches in sign_ins._watches.values()] == [None, None]
