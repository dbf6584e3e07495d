"""What a signed-in reader hears of their own position, and that nobody else ever does."""

from activities.db.people import Scope
from domain.bidding import Kind
from domain.steering import remove_bidder
from tests.api.streams.stage import Event, Lot, Stage, utc_now, watch

ADA, BOB, EVE = 1, 2, 3
SECRET_CENTS = 4_321_000


def path(lot: Lot) -> str:
    return f"/api/auctions/{lot.id}/events"


def own(event: Event) -> tuple[str, int, int | None, str | None]:
    data = event.data
    return data["position"], data["minimum_cents"], data["my_max_cents"], data["alias"]


async def test_a_bidder_is_told_the_own_position_first_and_on_every_change(stage: Stage) -> None:
    lot = stage.lot()
    async with watch(stage, path(lot), user_id=ADA) as reader:
        told = [await reader.next("you")]
        lot.bid(ADA, 600_000, Kind.AUTO_BID)
        lot.record()
        told.append(await reader.next("you"))
        lot.bids((BOB, 700_000))
        told.append(await reader.next("you"))
        lot.auction.close(lot.auction.ends_at)
        lot.record()
        told.append(await reader.next("you"))

    assert [own(event) for event in told] == [
        ("none", 500_000, None, None),
        ("leading", 600_100, 600_000, "Bidder 1"),
        ("outbid", 710_000, 600_000, "Bidder 1"),
        ("lost", 710_000, 600_000, "Bidder 1"),
    ]
    assert all(event.id is None for event in told)
    assert {"auction_id", "server_now", "ends_at"} <= told[0].data.keys()


async def test_the_winner_is_told(stage: Stage) -> None:
    lot = stage.lot()
    lot.bids((ADA, 500_000))
    async with watch(stage, path(lot), user_id=ADA) as reader:
        assert (await reader.next("you")).data["position"] == "leading"
        lot.auction.close(lot.auction.ends_at)
        lot.record()
        assert (await reader.next("you")).data["position"] == "won"


async def test_every_resume_tells_the_position_afresh(stage: Stage) -> None:
    lot = stage.lot()
    lot.bids((ADA, 500_000))
    async with watch(stage, path(lot), user_id=ADA, last="1") as reader:
        told = await reader.next("you")

    assert told.data["position"] == "leading"
    assert [event.name for event in reader.seen if event.name != "heartbeat"] == ["you"]


async def test_a_silent_raise_is_told_to_its_bidder_alone(stage: Stage) -> None:
    lot = stage.lot()
    lot.bids((ADA, 500_000))
    async with watch(stage, path(lot), user_id=ADA) as ada, watch(stage, path(lot), user_id=BOB) as bob:
        for reader in (ada, bob):
            await reader.next("you")
        lot.bid(ADA, SECRET_CENTS, Kind.AUTO_BID)
        lot.record()
        told = await ada.next("you")
        lot.bids((BOB, 600_000))
        await bob.next("you")

    assert told.data["my_max_cents"] == SECRET_CENTS
    assert [event.data["position"] for event in bob.seen if event.name == "you"][1:] == ["outbid"]


async def test_somebody_removed_is_told(stage: Stage) -> None:
    lot = stage.lot()
    lot.bids((ADA, 500_000), (BOB, 600_000))
    async with watch(stage, path(lot), user_id=ADA) as reader:
        await reader.next("you")
        remove_bidder(lot.auction, str(BOB), utc_now(), "admin", "A false name.")
        lot.record()
        told = await reader.next("you")

    assert own(told)[:2] == ("leading", 500_100)


async def test_nobody_ever_hears_of_anybody_elses_maximum_or_account(stage: Stage) -> None:
    ghost = stage.person("ghost-7714")
    one, two = stage.lot(reserve_cents=8_765_000), stage.lot()
    both = f"/api/events?auctions={one.id},{two.id}"
    async with (
        watch(stage, path(one)) as public,
        watch(stage, both, user_id=BOB) as bob,
        watch(stage, both, user_id=EVE) as eve,
        watch(stage, both, user_id=ghost) as mine,
    ):
        for lot in (one, two):
            lot.bid(ghost, SECRET_CENTS, Kind.AUTO_BID)
            lot.record()
            lot.bids((BOB, 600_000))
        one.auction.close(one.auction.ends_at)
        one.record()
        for reader in (public, bob, eve, mine):
            while (await reader.next()).name != "closed":
                pass
        two.bids((BOB, 700_000))
        for reader in (bob, eve, mine):
            await reader.until_version(3)

    assert {"none"} == {event.data["position"] for event in eve.seen if event.name == "you"}
    assert [event for event in public.seen if event.name == "you"] == []
    for reader in (public, bob, eve):
        heard = str([event.data for event in reader.seen])
        for secret in (SECRET_CENTS, "ghost", "8765000", "bidder_id", "user_id", "leader_id", "nonce", "seller_id"):
            assert str(secret) not in heard
    assert str(SECRET_CENTS) in str([event.data for event in mine.seen])


async def test_two_windows_of_one_person_hear_the_same(stage: Stage) -> None:
    lot = stage.lot()
    async with watch(stage, path(lot), user_id=ADA) as one, watch(stage, path(lot), user_id=ADA) as two:
        for reader in (one, two):
            await reader.next("you")
        lot.bids((ADA, 500_000))
        told = [await reader.next("you") for reader in (one, two)]

    assert [event.data["position"] for event in told] == ["leading", "leading"]


async def test_a_token_that_may_not_read_sees_what_the_public_sees(stage: Stage) -> None:
    lot = stage.lot()
    token = stage.token(ADA, Scope.BID)
    async with watch(stage, path(lot), token=token) as reader:
        await reader.next()
        lot.bids((ADA, 500_000))
        await reader.until_version(1)
        lot.bids((BOB, 600_000))
        await reader.until_version(2)

    assert {"snapshot", "bid"} == {event.name for event in reader.seen} - {"heartbeat"}
