"""What is kept of a person, taken along and erased."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, insert, select, update

from activities.db import accounts as accounts_db
from activities.db import (
    audit,
    deposits,
    notifications,
    orders,
    people,
    privacy,
    saved_searches,
    seller_documents,
)
from activities.db.account_tables import accounts, authenticators, devices, payments, seller_profiles
from activities.db.audit import Deed
from activities.db.description_tables import description_drafts
from activities.db.engine import transaction
from activities.db.notifications import NewNotice
from activities.db.old_papers import PAPERS_KEPT, forget_old
from activities.db.order_tables import orders as order_rows
from activities.db.orders import Sold
from activities.db.people import Role
from activities.db.photo_tables import vehicle_documents, vehicle_images
from activities.db.privacy import Obligation
from activities.db.question_tables import vehicle_questions
from activities.db.reservations import Lack, Reservation, reserve
from activities.db.search_tables import search_alerts
from activities.db.seller_documents import SellerDocument
from activities.db.seller_feed_tables import seller_events
from activities.db.tables import auctions, reservations, sessions, users
from activities.db.tables import notifications as mails
from domain.errors import RefusedError
from domain.notices import NoticeKind
from domain.orders import HowSold
from domain.photos import State
from domain.saved_searches import Frequency
from domain.search import Filters
from tests.db.holders import add_holder, asked
from tests.db.market import NOON, add_car, add_lot, add_person, bid_id

DAY = timedelta(days=1)
FAREWELL = {"name": "Ada", "deleted_at": "2026-05-05T12:00:00.000Z", "kept_until_on": "2029-05-05"}


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as found:
        yield found


@pytest.fixture
def ada(connection: Connection) -> int:
    """A buyer of whom something is kept in many places."""
    ada = add_person(connection, "ada@example.com")
    people.add_session(
        connection,
        token_hash="a" * 64,
        user_id=ada,
        csrf_token="secret-csrf",
        now=NOON,
        expires_at=NOON + DAY,
        user_agent="Firefox",
        address="192.0.2.1",
    )
    values = {"identity_status": "approved", "card_status": "stored", "card_last4": "1111", "profile_id": "31390172"}
    connection.execute(
        insert(accounts).values(user_id=ada, dealer_line_cents=0, updated_at=NOON, legal_sealed="sealed-text", **values)
    )
    connection.execute(
        insert(authenticators).values(user_id=ada, secret_sealed="sealed-secret", created_at=NOON, last_step=0)
    )
    connection.execute(insert(devices).values(user_id=ada, device_hash="d" * 64, first_seen_at=NOON, last_seen_at=NOON))
    return ada


def obligations(connection: Connection, user_id: int) -> list[tuple[str, int]]:
    return [(found.kind, found.number) for found in privacy.obligations(connection, user_id)]


def test_the_export_has_all_that_is_kept_and_nothing_that_opens_a_door(connection: Connection, ada: int) -> None:
    found = privacy.gather(connection, ada)
    assert [row["email"] for row in found["users"]] == ["ada@example.com"]
    assert [row["card_last4"] for row in found["accounts"]] == ["1111"]
    assert [row["user_agent"] for row in found["sessions"]] == ["Firefox"]
    text = repr(found)
    for secret in ("secret-csrf", "a" * 64, "d" * 64, "sealed-text", "sealed-secret", "password_hash"):
        assert secret not in text


def test_the_export_has_nothing_of_anybody_else(connection: Connection, ada: int) -> None:
    bob = add_person(connection, "bob@example.com")
    assert "ada@example.com" not in repr(privacy.gather(connection, bob))
    assert privacy.gather(connection, bob)["accounts"] == []
    assert ada != bob


def add_files(connection: Connection, user_id: int, vehicle_id: int, name: str) -> None:
    at = {"created_at": NOON, "expires_at": NOON, "updated_at": NOON}
    row = {"id": name, "vehicle_id": vehicle_id, "state": "ready", "uploaded_by": user_id, **at}
    photo = {"content_type": "image/jpeg", "alt_text": "My car", "place": 1, "is_chosen": False}
    scan = {"content_type": "application/pdf", "kind": "title_scan", "title": "Title of Ada Brandt"}
    connection.execute(insert(vehicle_images).values(**row, **photo))
    connection.execute(insert(vehicle_documents).values(**row, **scan))


def states(connection: Connection, vehicle_id: int) -> list[str]:
    tables = (vehicle_images, vehicle_documents)
    queries = [select(table.c.state).where(table.c.vehicle_id == vehicle_id) for table in tables]
    return [state for query in queries for state in connection.execute(query).scalars()]


def test_papers_and_photos_are_exported(connection: Connection, ada: int) -> None:
    add_files(connection, ada, add_car(connection, ada, 800_001), "f1")
    found = privacy.gather(connection, ada)
    assert [row["title"] for row in found["vehicle_documents"]] == ["Title of Ada Brandt"]
    assert [row["alt_text"] for row in found["vehicle_images"]] == ["My car"]


def test_papers_and_photos_of_what_was_never_sold_go_with_their_owner(connection: Connection, ada: int) -> None:
    sold, unsold, draft = (add_car(connection, ada, 800_000 + number) for number in range(3))
    for number, car in enumerate((sold, unsold, draft)):
        add_files(connection, ada, car, f"f{number}")
    for car, result in ((sold, "sold"), (unsold, "reserve_not_met")):
        ended = {"status": "ended", "result": result, "bid_count": 1}
        connection.execute(update(auctions).where(auctions.c.id == add_lot(connection, ada, car)).values(ended))
    privacy.erase(connection, ada, NOON)
    assert [states(connection, car) for car in (sold, unsold, draft)] == [["ready"] * 2, *[["removed"] * 2] * 2]


def ask_and_answer(connection: Connection, asker: int, vehicle_id: int) -> None:
    row = {"text": "I live on Elm Street: is it near?", "answer": "Call Ada at home", "state": "public"}
    connection.execute(
        insert(vehicle_questions).values(vehicle_id=vehicle_id, asker_id=asker, asked_at=NOON, answered_at=NOON, **row)
    )


def words(connection: Connection, vehicle_id: int) -> list[tuple[bool, bool]]:
    """Whether question and answer on a vehicle are as they were written."""
    query = select(vehicle_questions.c.text, vehicle_questions.c.answer)
    rows = connection.execute(query.where(vehicle_questions.c.vehicle_id == vehicle_id)).all()
    return [("Elm" in row.text, "home" in row.answer) for row in rows]


def test_what_was_asked_and_answered_of_what_was_never_sold_goes_with_its_author(
    connection: Connection, ada: int
) -> None:
    bob = add_person(connection, "bob@example.com")
    sold, unsold, bobs = (add_car(connection, owner, 800_010 + at) for at, owner in enumerate((ada, ada, bob)))
    for car, result in ((sold, "sold"), (unsold, "no_bids")):
        ended = {"status": "ended", "result": result}
        connection.execute(update(auctions).where(auctions.c.id == add_lot(connection, ada, car)).values(ended))
    for asker, car in ((bob, sold), (bob, unsold), (ada, bobs)):
        ask_and_answer(connection, asker, car)
    privacy.erase(connection, ada, NOON)
    assert words(connection, sold) == [(True, True)]
    assert words(connection, unsold) == [(True, False)]
    assert words(connection, bobs) == [(False, True)]


def test_events_alerts_and_drafts_are_exported_to_their_owner_alone(connection: Connection, ada: int) -> None:
    bob = add_person(connection, "bob@example.com")
    car = add_car(connection, ada, 800_020)
    connection.execute(insert(seller_events).values(seller_id=ada, kind="listing_approved", body="{}", at=NOON))
    drafted = {"asks": 1, "input_tokens": 1, "output_tokens": 1, "text": "A fine car"}
    connection.execute(insert(description_drafts).values(vehicle_id=car, version=1, **drafted))
    search = saved_searches.save(connection, ada, "All", Filters(), Frequency.INSTANT, NOON).id
    alert = {"search_id": search, "vehicle_id": car, "user_id": ada, "created_at": NOON}
    connection.execute(insert(search_alerts).values(alert))
    names = ("seller_events", "description_drafts", "search_alerts")
    found = {user: [len(privacy.gather(connection, user)[name]) for name in names] for user in (ada, bob)}
    assert found == {ada: [1, 1, 1], bob: [0, 0, 0]}


def licence(connection: Connection, seller_id: int) -> SellerDocument:
    new = SellerDocument(f"licence-{seller_id}", seller_id, State.AWAITING, "application/pdf", None, None, NOON, NOON)
    seller_documents.add(connection, new)
    return new


def test_a_licence_goes_with_a_seller_who_never_sold(connection: Connection, ada: int) -> None:
    found = licence(connection, ada)
    assert [row["id"] for row in privacy.gather(connection, ada)["seller_documents"]] == [found.document_id]
    privacy.erase(connection, ada, NOON)
    assert seller_documents.of_sellers(connection, [ada]) == {ada: []}


def test_papers_of_sales_go_three_years_after_their_seller_left_and_no_sooner(connection: Connection, ada: int) -> None:
    bob = add_person(connection, "bob@example.com")
    for number, seller in enumerate((ada, bob)):
        car = add_car(connection, seller, 800_030 + number)
        add_files(connection, seller, car, f"f{number}")
        sold = {"status": "ended", "result": "sold", "bid_count": 1}
        connection.execute(update(auctions).where(auctions.c.id == add_lot(connection, seller, car)).values(sold))
        profile = {"business_name": "Cars", "status": "approved", "updated_at": NOON}
        connection.execute(insert(seller_profiles).values(user_id=seller, **profile))
        licence(connection, seller)
    privacy.erase(connection, ada, NOON)
    left = []
    for kept in (PAPERS_KEPT - DAY, PAPERS_KEPT, 2 * PAPERS_KEPT):
        found = forget_old(connection, NOON + kept)
        left.append((found, len(connection.execute(select(seller_profiles)).all())))
    removed = select(vehicle_documents.c.state).order_by(vehicle_documents.c.id)
    assert left == [(0, 2), (1, 1), (0, 1)]
    assert list(connection.execute(removed).scalars()) == ["removed", "ready"]
    assert [len(each) for each in seller_documents.of_sellers(connection, [ada, bob]).values()] == [0, 1]


def test_what_is_not_over_stands_in_the_way(connection: Connection, ada: int) -> None:
    assert obligations(connection, ada) == []
    lot = add_lot(connection, ada, add_car(connection, ada, 800_001))
    held = {"user_id": ada, "auction_id": 99, "cents": 100, "created_at": NOON, "kind": "win"}
    connection.execute(insert(reservations).values(bid_id=bid_id(1), **held))
    payment = {"purpose": "deposit", "kind": "charge", "amount_cents": 100, "state": "unknown"}
    key = connection.execute(
        insert(payments).values(
            user_id=ada, reference="R" * 20, request_key="k" * 64, created_at=NOON, updated_at=NOON, **payment
        )
    ).inserted_primary_key
    assert key is not None
    assert obligations(connection, ada) == [("win", 99), ("sale", lot), ("payment", key[0])]
    assert isinstance(privacy.obligations(connection, ada)[0], Obligation)


@pytest.mark.parametrize(("status", "is_over"), [("paid", False), ("disputed", False), ("completed", True)])
def test_a_sale_is_exported_to_both_sides_and_neither_leaves_before_it_is_over(
    connection: Connection, ada: int, status: str, is_over: bool
) -> None:
    bob = add_person(connection, "bob@example.com")
    car = add_car(connection, bob, 800_040)
    sold = Sold(add_lot(connection, bob, car), car, bob, ada, 900_000, HowSold.HAMMER, NOON)
    order_id = orders.add(connection, sold)
    connection.execute(update(order_rows).where(order_rows.c.id == order_id).values(status=status))
    for side in (ada, bob):
        assert [row["id"] for row in privacy.gather(connection, side)["orders"]] == [order_id]
        assert (("order", order_id) in obligations(connection, side)) is not is_over


def test_an_erased_person_is_unknown_and_cannot_come_in_again(connection: Connection, ada: int) -> None:
    assert privacy.erase(connection, ada, NOON)
    row = connection.execute(select(users).where(users.c.id == ada)).one()
    assert (row.email, row.name, row.erased_at) == (f"erased-{ada}@erased.invalid", "Deleted person", NOON)
    assert (row.can_bid, row.disabled_at) == (False, NOON)
    assert people.credentials(connection, "ada@example.com") is None
    for table in (sessions, authenticators, devices):
        assert connection.execute(select(table).where(table.c.user_id == ada)).all() == []
    assert not privacy.erase(connection, ada, NOON + DAY)


@pytest.mark.parametrize(("role", "kept"), [(Role.BUYER, None), (Role.SELLER, None), (Role.ADMIN, "192.0.2.1")])
def test_from_where_somebody_asked_is_erased_with_them_and_stays_of_the_staff(
    connection: Connection, role: Role, kept: str | None
) -> None:
    person = add_person(connection, "pat@example.com", role=role)
    audit.note(connection, Deed(NOON, person, "hold", "auction 1", {}, "request-1", "192.0.2.1"))
    privacy.erase(connection, person, NOON)
    (deed,) = audit.deeds(connection, since=NOON, until=NOON + DAY, limit=9)
    assert (deed.actor_id, deed.address) == (person, kept)


def test_the_address_can_be_used_for_a_new_account(connection: Connection, ada: int) -> None:
    privacy.erase(connection, ada, NOON)
    assert add_person(connection, "ada@example.com") != ada


@pytest.mark.parametrize(("result", "kept"), [("sold", 1), ("no_bids", 0)])
def test_a_sellers_profile_stays_only_where_a_sales_papers_need_it(
    connection: Connection, ada: int, result: str, kept: int
) -> None:
    lot = add_lot(connection, ada, add_car(connection, ada, 800_001))
    connection.execute(update(auctions).where(auctions.c.id == lot).values(status="ended", result=result))
    connection.execute(
        insert(seller_profiles).values(user_id=ada, business_name="Ada's", status="approved", updated_at=NOON)
    )
    privacy.erase(connection, ada, NOON)
    assert len(connection.execute(select(seller_profiles)).all()) == kept


def test_the_last_mail_is_sent_and_its_address_forgotten_then(connection: Connection, ada: int) -> None:
    wanted = NewNotice(ada, NoticeKind.ACCOUNT_DELETED, "ada@example.com", FAREWELL, f"deleted-{ada}")
    outbox_id = notifications.enqueue(connection, wanted, NOON)
    privacy.erase(connection, ada, NOON)
    privacy.forget_last_addresses(connection, NOON)
    address = select(mails.c.to_email).where(mails.c.id == outbox_id)
    assert connection.execute(address).scalar_one() == "ada@example.com"
    notifications.claim(connection, outbox_id, again=False, now=NOON)
    notifications.mark_sent(connection, outbox_id, "message-1", NOON)
    assert privacy.forget_last_addresses(connection, NOON) == 1
    assert connection.execute(address).scalar_one() == ""
    assert privacy.forget_last_addresses(connection, NOON) == 0


@pytest.mark.parametrize("changed_after", [timedelta(), timedelta(milliseconds=40)])
def test_a_vendor_that_was_never_told_is_told_again(connection: Connection, ada: int, changed_after: timedelta) -> None:
    assert privacy.unclosed(connection) == []
    accounts_db.change(connection, ada, NOON + changed_after, lambda _: {"terms_version": "2026-11"})
    privacy.erase(connection, ada, NOON)
    assert privacy.unclosed(connection) == [ada]
    accounts_db.change(connection, ada, NOON - DAY, lambda _: accounts_db.CLOSED)
    assert privacy.unclosed(connection) == []


def test_who_has_shown_nothing_yet_is_closed_too_and_leaves_no_row(connection: Connection) -> None:
    bob = add_person(connection, "bob@example.com")
    privacy.erase(connection, bob, NOON)
    assert privacy.unclosed(connection) == [bob]
    accounts_db.change(connection, bob, NOON, lambda _: accounts_db.CLOSED)
    assert (privacy.unclosed(connection), privacy.gather(connection, bob)["accounts"]) == ([], [])


def test_an_erased_person_asks_for_no_deposit_and_has_nothing_to_bid_with(connection: Connection) -> None:
    bob = add_holder(connection, "bob@example.com")
    lot = add_lot(connection, bob, add_car(connection, bob, 800_001))
    privacy.erase(connection, bob, NOON)
    with pytest.raises(RefusedError, match="ACCOUNT_CLOSED"):
        deposits.ask(connection, bob, 250_000, "k1", NOON)
    wish = Reservation(bid_id(1), bob, lot, 100)
    assert reserve(connection, [wish], NOON) == {bid_id(1): Lack.CENTS}


@pytest.mark.parametrize("what", ["deposit", "bid"])
def test_what_is_asked_for_while_an_account_is_erased_is_seen_or_refused(engine: Engine, what: str) -> None:
    with transaction(engine) as connection:
        bob = add_holder(connection, "bob@example.com")
        lot = add_lot(connection, bob, add_car(connection, bob, 800_001))
        connection.execute(update(auctions).values(status="ended"))
    gate, asking = threading.Event(), threading.Event()

    def ask() -> None:
        with transaction(engine) as connection:
            if what == "deposit":
                asked(connection, bob)
            else:
                assert reserve(connection, [Reservation(bid_id(1), bob, lot, 100)], NOON) == {}
            asking.set()
            gate.wait(0.3)

    def erase() -> list[Obligation]:
        asking.wait()
        with transaction(engine) as connection:
            return privacy.obligations(connection, bob)

    with ThreadPoolExecutor(2) as threads:
        asker, left = threads.submit(ask), threads.submit(erase)
        asker.result()
        assert [each.kind for each in left.result()] == [{"deposit": "payment", "bid": "bid"}[what]]
