"""The demo's people come in through the product's own doors, and go on where a killed program left them."""

import stat
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from activities.db import accounts, people, second_factors
from activities.db.account_tables import seller_profiles
from activities.db.engine import reading, transaction
from activities.db.people import Role, Scope
from activities.db.tables import users
from activities.passwords import weakness
from activities.settings import Settings
from api.signins import digest
from domain.accounts import clearance
from temporal.demo.accounts import Accounts, BidderAccount, Book, read_accounts, write_accounts
from temporal.demo.arrivals import check_book
from temporal.demo.authenticators import FILE_NAME as APPS_FILE
from temporal.demo.bidders import welcome
from temporal.demo.habits import Habit
from temporal.demo.people import (
    ADMIN,
    BIDDERS,
    BIDDERS_LINE_CENTS,
    EVERYBODY,
    NEWCOMERS,
    PASSWORDS,
    SELLERS,
    STAFF,
)
from tests.demo.site import Site, open_site

NOBODY = BidderAccount(1, BIDDERS[0].email, "", "ht_unknown", Habit.SNIPER, seed=1)


@pytest.fixture
async def site(make_settings: Callable[..., Settings], tmp_path: Path) -> AsyncIterator[Site]:
    settings = make_settings(database_url=f"sqlite:///{tmp_path / 'hammertime.db'}")
    async with open_site(settings, tmp_path) as found:
        yield found


def kept(site: Site) -> Accounts:
    found = read_accounts(site.path)
    assert found is not None
    return found


def account_of(site: Site, email: str) -> accounts.Account:
    with reading(site.engine) as connection:
        found = people.credentials(connection, email)
        assert found is not None
        account = accounts.find(connection, found.person.id)
    assert account is not None
    return account


def is_good(site: Site, token: str, *scopes: Scope) -> bool:
    with reading(site.engine) as connection:
        owner = people.token_owner(connection, digest(token), datetime.now(UTC))
        assert owner is not None
        return owner.token.scopes == frozenset(scopes) and people.count_tokens(connection, owner.person.id) == 1


def test_every_password_is_one_that_the_product_takes() -> None:
    weak = [person.email for person in EVERYBODY if weakness(PASSWORDS[person.role], (person.name, person.email))]
    assert weak == []


async def test_the_staff_have_a_second_factor_and_are_appointed(site: Site) -> None:
    assert await site.bring(*STAFF) == []
    assert kept(site).arrived == {person.email for person in STAFF}
    with reading(site.engine) as connection:
        for person in STAFF:
            found = people.credentials(connection, person.email)
            assert found is not None
            assert (found.person.role, found.person.email_verified) == (person.role, True)
            assert second_factors.factors(connection, found.person.id).totp
    assert stat.S_IMODE((site.folder / APPS_FILE).stat().st_mode) == 0o600


async def test_a_buyer_is_verified_has_a_card_and_gets_a_line(site: Site) -> None:
    assert await site.bring(ADMIN, *NEWCOMERS) == []
    account = account_of(site, NEWCOMERS[0].email)
    judged = clearance(account.facts, datetime.now(UTC))
    assert (judged.cleared, judged.limit_cents, judged.lots) == (True, NEWCOMERS[0].line_cents, None)
    assert {"POST /api/me/identity", "POST /verify", "POST /api/me/card"} <= set(site.asked)


async def test_a_bidder_has_a_narrow_token_that_ends_and_is_told_of(site: Site) -> None:
    await site.bring(ADMIN, BIDDERS[0])
    (bidder,) = kept(site).bidders
    assert is_good(site, bidder.token, Scope.READ, Scope.BID)
    assert site.joined == [bidder]
    assert account_of(site, bidder.email).facts.dealer_line_cents == BIDDERS_LINE_CENTS


async def test_a_seller_is_reviewed_by_the_admin_and_gets_a_narrow_token(site: Site) -> None:
    assert await site.bring(ADMIN, *SELLERS[:2]) == []
    first, second = kept(site).sellers
    assert is_good(site, first.token, Scope.READ, Scope.SELL)
    assert is_good(site, second.token, Scope.READ, Scope.SELL)
    with reading(site.engine) as connection:
        admin = people.credentials(connection, ADMIN.email)
        reviewers = connection.execute(select(seller_profiles.c.reviewed_by)).scalars().all()
    assert admin is not None
    assert reviewers == [admin.person.id] * 2


async def test_whoever_has_come_is_not_asked_for_again(site: Site) -> None:
    cast = (ADMIN, SELLERS[0], BIDDERS[0], *NEWCOMERS)
    await site.bring(*cast)
    before, known = len(site.asked), kept(site)
    assert await site.bring(*cast) == []
    assert (len(site.asked), kept(site)) == (before, known)


async def test_everybody_comes_from_an_address_of_their_own(site: Site) -> None:
    await site.bring(ADMIN, BIDDERS[0], BIDDERS[1])
    # One more is the admin's desk.
    assert len(site.addresses) == 4


BUYERS_DEATHS = (
    "POST /auth/register",
    "POST /auth/verify-email",
    "POST /api/me/identity",
    "POST /verify",
    "PUT /api/me/legal-details",
    "POST /api/me/card",
    "POST /api/me/terms",
    "PUT /api/admin/accounts/N/dealer-line",
    "POST /auth/step-up",
    "POST /api/me/tokens",
)


async def test_a_kill_at_any_step_of_a_bidder_loses_nothing(site: Site) -> None:
    await site.bring(ADMIN)
    async with site.arrivals() as arrivals:
        for person, death in zip(BIDDERS, BUYERS_DEATHS, strict=False):
            assert await site.bring_killed(person, arrivals, [death]), death
            assert await arrivals.bring([person], at_once=1) == [], death
    bidders = kept(site).bidders
    assert [bidder.email for bidder in bidders] == [person.email for person in BIDDERS[: len(BUYERS_DEATHS)]]
    assert all(is_good(site, bidder.token, Scope.READ, Scope.BID) for bidder in bidders)
    with reading(site.engine) as connection:
        assert connection.execute(select(func.count()).select_from(users)).scalar_one() == 1 + len(bidders)


@pytest.mark.parametrize(
    "death",
    [
        "PUT /api/me/seller",
        "POST /api/me/seller/submit",
        "POST /api/admin/sellers/N/approve",
        "POST /api/me/tokens",
    ],
)
async def test_a_kill_at_any_step_of_a_seller_loses_nothing(site: Site, death: str) -> None:
    await site.bring(ADMIN)
    async with site.arrivals() as arrivals:
        assert await site.bring_killed(SELLERS[0], arrivals, [death])
        assert await arrivals.bring(SELLERS[:1], at_once=1) == []
    (seller,) = kept(site).sellers
    assert is_good(site, seller.token, Scope.READ, Scope.SELL)


@pytest.mark.parametrize("death", ["POST /auth/authenticator", "POST /auth/authenticator/confirm"])
async def test_a_kill_at_the_authenticator_loses_nothing(site: Site, death: str) -> None:
    async with site.arrivals() as arrivals:
        assert await site.bring_killed(ADMIN, arrivals, [death])
    assert await site.bring(ADMIN) == []


async def test_a_lost_token_is_revoked_and_replaced(site: Site) -> None:
    await site.bring(ADMIN, BIDDERS[0])
    lost = kept(site)
    write_accounts(site.path, Accounts((), (), lost.arrived))
    assert await site.bring(BIDDERS[0]) == []
    (bidder,) = kept(site).bidders
    assert bidder.token != lost.bidders[0].token
    assert is_good(site, bidder.token, Scope.READ, Scope.BID)


async def test_a_file_of_another_database_is_not_believed(site: Site) -> None:
    book = Book(site.path, Accounts((NOBODY,), (), frozenset({ADMIN.email})))
    await check_book(book, site.client())
    assert book.accounts == Accounts()


async def test_tokens_that_work_are_believed(site: Site) -> None:
    await site.bring(ADMIN, BIDDERS[0])
    book = Book(site.path, kept(site))
    book.keep_bidder(replace(NOBODY, email=BIDDERS[1].email))
    await check_book(book, site.client())
    assert [bidder.email for bidder in book.accounts.bidders] == [BIDDERS[0].email]
    assert book.accounts.arrived == {ADMIN.email}


async def test_a_licence_that_ends_is_written_handed_in_and_approved_anew(site: Site) -> None:
    await site.bring(ADMIN, SELLERS[0])
    with transaction(site.engine) as connection:
        soon = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
        connection.execute(update(seller_profiles).values(licence_expires_on=soon))
    async with site.arrivals() as arrivals:
        due = await arrivals.licences_due(site.client())
        await arrivals.renew(SELLERS[:1])
        assert (due, await arrivals.licences_due(site.client())) == ([SELLERS[0].email], [])
    with reading(site.engine) as connection:
        status, ends = connection.execute(select(seller_profiles.c.status, seller_profiles.c.licence_expires_on)).one()
    assert (status, ends) == ("approved", f"{datetime.now(UTC).year + 1}-12-31")


async def test_a_profile_that_a_visitor_wrote_is_left_alone(site: Site) -> None:
    await site.bring(ADMIN, SELLERS[0])
    with transaction(site.engine) as connection:
        past = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
        connection.execute(update(seller_profiles).values(licence_expires_on=past, business_name="Mine"))
    async with site.arrivals() as arrivals:
        assert await arrivals.licences_due(site.client()) == []


async def test_whose_password_is_another_one_is_left_out_and_named_nowhere(site: Site) -> None:
    await site.bring(ADMIN, BIDDERS[0])
    with transaction(site.engine) as connection:
        connection.execute(update(users).where(users.c.email == BIDDERS[0].email).values(password_hash="x"))
    write_accounts(site.path, Accounts((), (), kept(site).arrived))
    (reason,) = await site.bring(BIDDERS[0])
    assert "another password" in reason
    assert "@" not in reason


async def test_the_crowds_own_process_brings_in_who_is_missing(site: Site) -> None:
    await site.bring(ADMIN)
    there = [replace(NOBODY, email=person.email) for person in BIDDERS[2:]]
    write_accounts(site.path, Accounts(tuple(there), (), kept(site).arrived))
    async with site.arrivals(operator=None) as arrivals:
        await welcome(arrivals)
    # Two at a time: either may be the first to come.
    assert sorted(bidder.email for bidder in site.joined) == [person.email for person in BIDDERS[:2]]
    assert len(kept(site).bidders) == len(BIDDERS)


async def test_without_the_operators_door_no_staff_can_come(site: Site) -> None:
    async with site.arrivals(operator=None) as arrivals:
        left_out = await arrivals.bring([ADMIN, BIDDERS[0]], at_once=2)
    assert len(left_out) == 2
    with reading(site.engine) as connection:
        assert set(connection.execute(select(users.c.role)).scalars()) == {Role.BUYER.value}
