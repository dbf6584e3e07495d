"""The activities of negotiations and second chances: what is written, who is told, and what their listings hear."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from activities.db import second_chances
from activities.db import talks as talks_db
from activities.db.engine import reading, transaction
from activities.db.tables import users, vehicles
from activities.talks import NegotiationWork, SecondChanceWork
from activities.talks_contracts import ChanceStep, RecordChance, RecordTalks, TalksStep
from domain import negotiation, second_chance
from domain.negotiation import Act, Negotiation, Side
from domain.notices import NoticeKind
from domain.second_chance import Chance
from tests.db.for_sale import fresh
from tests.db.missed import END, RESERVE, Closed, after, closed, next_step, sold
from tests.doubles.notices import letters

SITE = "https://market.example"
K = NoticeKind


class Ears:
    """Hears what mails and listings are told."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.told: list[int] = []
        self.followed: list[int] = []

    async def send(self, outbox_ids: Sequence[str]) -> None:
        self.sent += outbox_ids

    async def tell(self, vehicle_id: int) -> None:
        self.told.append(vehicle_id)

    async def follow(self, vehicle_id: int) -> None:
        self.followed.append(vehicle_id)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    found = fresh(f"sqlite:///{tmp_path / 'market.db'}")
    yield found
    found.dispose()


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def talks(engine: Engine, ears: Ears) -> NegotiationWork:
    return NegotiationWork(engine, SITE, ears, ears)


@pytest.fixture
def chances(engine: Engine, ears: Ears) -> SecondChanceWork:
    return SecondChanceWork(engine, SITE, ears, ears)


def lot_below_its_reserve(engine: Engine) -> Closed:
    with transaction(engine) as connection:
        return closed(connection, reserve_cents=RESERVE)


def told(engine: Engine, *kinds: NoticeKind) -> list[tuple[str, str]]:
    return sorted((letter.kind.value, letter.to.partition("@")[0]) for letter in letters(engine, *kinds))


async def begun(work: NegotiationWork, lot: Closed) -> Negotiation:
    found = await work.open_talks(lot.lot)
    talks = negotiation.opened(found.candidates, found.reserve_cents, END)
    assert talks is not None
    await work.record_talks(RecordTalks(lot.lot, [TalksStep(None, Side.HOUSE, END, talks)]))
    return talks


async def test_both_sides_are_told_of_the_binding_offer_once(
    engine: Engine, talks: NegotiationWork, ears: Ears
) -> None:
    lot = lot_below_its_reserve(engine)
    first = await begun(talks, lot)
    await talks.record_talks(RecordTalks(lot.lot, [TalksStep(None, Side.HOUSE, END, first)]))
    assert told(engine) == [("negotiation_opened", "ada"), ("negotiation_opened", "sam")]
    assert len(set(ears.sent)) == 2
    again = await talks.open_talks(lot.lot)
    assert (again.recorded, again.candidates) == (first, ())


async def test_a_sale_is_told_to_both_and_to_the_listing(engine: Engine, talks: NegotiationWork, ears: Ears) -> None:
    lot = lot_below_its_reserve(engine)
    first = await begun(talks, lot)
    done = await talks.record_talks(RecordTalks(lot.lot, [after(first, Side.SELLER, Act.ACCEPT, END)]))
    assert (done.code, done.order_id is not None, ears.told) == ("", True, [lot.vehicle])
    assert told(engine, K.OFFER_ACCEPTED) == [("offer_accepted", "ada"), ("offer_accepted", "sam")]


async def test_a_counter_is_news_for_the_other_side(engine: Engine, talks: NegotiationWork) -> None:
    lot = lot_below_its_reserve(engine)
    first = await begun(talks, lot)
    second = after(first, Side.SELLER, Act.COUNTER, END, cents=850_000)
    third = after(second.talks, Side.BUYER, Act.COUNTER, END, cents=800_000)
    for step in (second, third):
        await talks.record_talks(RecordTalks(lot.lot, [step]))
    assert told(engine, K.OFFER_COUNTERED) == [("offer_countered", "ada"), ("offer_countered", "sam")]


@pytest.mark.parametrize(
    ("side", "act", "kind", "who"),
    [
        (Side.SELLER, Act.DECLINE, K.OFFER_DECLINED, ["ada"]),
        (Side.HOUSE, Act.EXPIRE, K.OFFER_OVER, ["ada", "sam"]),
        (Side.SELLER, Act.STOP, K.OFFER_OVER, ["ada"]),
    ],
)
async def test_the_end_of_talks_is_told_to_who_knew_of_them(
    engine: Engine, talks: NegotiationWork, side: Side, act: Act, kind: NoticeKind, who: list[str]
) -> None:
    lot = lot_below_its_reserve(engine)
    first = await begun(talks, lot)
    at = first.expires_at if act is Act.EXPIRE else END
    await talks.record_talks(RecordTalks(lot.lot, [after(first, side, act, at)]))
    assert [name for _, name in told(engine, kind)] == who
    opened = [name for _, name in told(engine, K.NEGOTIATION_OPENED)]
    assert opened == (["ada", "sam"] if act is Act.STOP else ["ada", "sam", "sam"])


async def test_who_was_never_asked_hears_nothing_of_their_talks(engine: Engine, talks: NegotiationWork) -> None:
    lot = lot_below_its_reserve(engine)
    first = await begun(talks, lot)
    second = after(first, Side.SELLER, Act.DECLINE, END)
    third = after(second.talks, Side.SELLER, Act.DECLINE, END)
    asked = after(third.talks, Side.SELLER, Act.ACCEPT, END)
    last = after(asked.talks, Side.BUYER, Act.DECLINE, END)
    for step in (second, third, asked, last):
        await talks.record_talks(RecordTalks(lot.lot, [step]))
    names = [name for _, name in told(engine)]
    assert "bob" not in names
    assert ("negotiation_opened", "cy") in told(engine)
    assert told(engine, K.OFFER_DECLINED) == [("offer_declined", "ada"), ("offer_declined", "sam")]


async def test_with_nobody_to_ask_the_talks_are_over(engine: Engine, talks: NegotiationWork) -> None:
    lot = lot_below_its_reserve(engine)
    with transaction(engine) as connection:
        connection.execute(update(users).values(can_bid=False))
    assert (await talks.open_talks(lot.lot)).candidates == ()
    with reading(engine) as connection:
        found = talks_db.find(connection, lot.lot)
    assert found is not None
    assert found.status == "over"


def unpaid(engine: Engine, *, reserve_cents: int | None = None) -> tuple[Closed, int]:
    with transaction(engine) as connection:
        lot = closed(connection, reserve_cents=reserve_cents)
        order_id = sold(connection, lot)
        second_chances.open(connection, order_id, END)
    return lot, order_id


async def offered(work: SecondChanceWork, order_id: int) -> Chance:
    found = await work.open_chance(order_id)
    chance = second_chance.opened(found.candidates, END)
    assert chance is not None
    await work.record_chance(RecordChance(order_id, [ChanceStep(None, END, chance)]))
    return chance


async def test_who_is_asked_is_told_and_both_of_the_sale(engine: Engine, chances: SecondChanceWork) -> None:
    _, order_id = unpaid(engine)
    chance = await offered(chances, order_id)
    assert told(engine) == [("second_chance_offered", "bob")]
    done = await chances.record_chance(RecordChance(order_id, [next_step(chance, second_chance.Act.TAKE, END)]))
    assert done.order_id is not None
    assert told(engine, K.OFFER_ACCEPTED) == [("offer_accepted", "bob"), ("offer_accepted", "sam")]


async def test_below_the_reserve_only_the_seller_is_told(engine: Engine, chances: SecondChanceWork) -> None:
    _, order_id = unpaid(engine, reserve_cents=RESERVE)
    await offered(chances, order_id)
    assert [each for each in told(engine) if each[0].startswith("second")] == [("second_chance_asked", "sam")]


async def test_after_the_last_one_the_vehicle_is_put_up_again_and_its_seller_told(
    engine: Engine, chances: SecondChanceWork, ears: Ears
) -> None:
    lot, order_id = unpaid(engine)
    with transaction(engine) as connection:
        connection.execute(update(users).where(users.c.id != lot.sam).values(can_bid=False))
    assert (await chances.open_chance(order_id)).candidates == ()
    again = [await chances.relist_lot(order_id) for _ in range(2)]
    assert again[0] is not None
    assert again[0] == again[1]
    assert (told(engine), ears.followed) == ([("second_chance_over", "sam")], [lot.vehicle] * 2)
    with reading(engine) as connection:
        status = connection.execute(select(vehicles.c.listing_status).where(vehicles.c.id == lot.vehicle)).scalar_one()
    assert status == "scheduled"


async def test_without_a_row_there_is_nothing_to_record(talks: NegotiationWork, chances: SecondChanceWork) -> None:
    with pytest.raises(LookupError):
        await talks.record_talks(RecordTalks(99, []))
    with pytest.raises(LookupError):
        await chances.record_chance(RecordChance(99, []))
