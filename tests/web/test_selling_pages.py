"""The pages of listing a car and of reviewing it, in every state of a listing."""

import dataclasses
from datetime import timedelta
from typing import Any, cast

import pytest

from api.vin_views import EXAMPLE, STILL_ASKED
from domain.listings import Review, Status
from domain.photos import State
from tests.web.conftest import Browser
from tests.web.listing_samples import (
    ADMIN,
    CONFLICTS,
    LACKS,
    SELLER,
    edited,
    listing,
    lot,
    review_listing,
    reviewed,
    sell_listing,
)
from tests.web.samples import NOW, STATES, frame
from web import listing_words as words
from web.import_views import ImportListings
from web.listing_fields import FIELDS, SECTIONS, label_of
from web.listing_views import (
    EndListing,
    HeldQuestions,
    MyListings,
    NewListing,
    ReviewQueue,
    SellingView,
    Waiting,
)
from web.pages import Pages

HOSTILE = "\"><script>alert('x')</script>"
STANDINGS = [(status, review) for status in Status for review in Review]


@pytest.mark.parametrize(("status", "review"), STANDINGS)
def test_a_listing_says_where_it_stands_in_every_state(
    browser: Browser, pages: Pages, status: Status, review: Review
) -> None:
    found = listing(status.value, review.value)
    view = sell_listing(found, missing=LACKS, due=NOW)
    page = browser.read(pages.selling(view))
    queue = browser.read(pages.selling(MyListings(frame(SELLER, "/sell"), [found], 1)))
    assert words.standing(found).label in page.text
    assert words.standing(found).next_step in queue.text
    assert bool(page.all("button", formaction="/sell/12/submit")) == view.can_send
    assert bool(page.all("form", action="/sell/12/schedule")) == view.can_schedule
    assert len([each for each in page.all("form") if "data-listing" in each.attributes]) == view.saves_itself


@pytest.mark.parametrize("state", STATES)
def test_a_listing_shows_its_auction_in_every_state(browser: Browser, pages: Pages, state: str) -> None:
    found = listing("scheduled" if state != "ended" else "unsold", "none")
    page = browser.read(pages.selling(sell_listing(found, lots=[lot(**STATES[state])])))
    assert page.all("a", href="/auctions/7")


def test_each_field_has_a_control_and_a_place_for_what_is_said_of_it(browser: Browser, pages: Pages) -> None:
    page = browser.read(pages.selling(sell_listing(listing())))
    assert {each.attributes.get("name") for each in page.walk()} >= set(FIELDS)
    assert all(page.all("div", id=f"{name}-beside") for name in FIELDS)
    assert {part.id for part in SECTIONS} <= {each.attributes.get("id", "") for each in page.all("fieldset")}


def test_what_is_missing_links_to_its_field(browser: Browser, pages: Pages) -> None:
    page = browser.read(pages.selling(sell_listing(listing(), missing=LACKS)))
    links = [each.attributes["href"] for each in page.one("section", id="missing").all("a")]
    assert links == ["#mileage", "#photos"]
    ids = {each.attributes.get("id") for each in page.walk()}
    assert {link.removeprefix("#") for link in links} <= ids


def test_notes_slips_and_conflicts_stand_beside_their_field(browser: Browser, pages: Pages) -> None:
    found = reviewed("changes_requested", mileage="The photo shows more.", listing="Add a word on its history.")
    view = sell_listing(found, errors={"mileage": "Write a number."}, conflicts=CONFLICTS)
    page = browser.read(pages.selling(view))
    beside = page.one("div", id="mileage-beside").text
    assert all(text in beside for text in ("The photo shows more.", "Write a number.", "ClearVIN says"))
    assert "Add a word on its history." in page.text


def test_nothing_typed_breaks_out_of_the_form(browser: Browser, pages: Pages) -> None:
    view = sell_listing(reviewed("rejected", make=HOSTILE, photos=HOSTILE))
    typed = {**view.typed, "make": HOSTILE, "description": f"</textarea>{HOSTILE}"}
    page = browser.read(pages.selling(dataclasses.replace(view, typed=typed)))
    assert page.one("input", id="make").attributes["value"] == HOSTILE
    assert "</textarea>" in page.one("textarea", id="description").text


@pytest.mark.parametrize("state", State)
def test_a_photo_says_what_becomes_of_it(browser: Browser, pages: Pages, state: State) -> None:
    photo = {**sell_listing(listing()).photos[0], "state": state.value}
    if state is not State.READY:
        photo["picture"] = None
    if state is not State.REMOVED:
        page = browser.read(pages.selling(sell_listing(listing(), photos=[photo])))
        assert page.all("li", data_photo_state=state.value)


def test_the_vin_page_goes_on_from_every_answer_of_the_decoders(browser: Browser, pages: Pages) -> None:
    manual = {**STILL_ASKED, "source": "manual", "warnings": [{"code": "MANUAL", "message": "Write it by hand."}]}
    texts = []
    for decoded in (None, EXAMPLE, STILL_ASKED, manual):
        page = browser.read(pages.selling(NewListing(frame(SELLER, "/sell/new"), EXAMPLE["vin"], "us", decoded)))
        texts.append([each.text for each in page.one("main").all("button")])
    assert texts == [
        ["Look it up"],
        ["Look it up", "Begin this listing"],
        ["Look it up", "Ask again", "Go on by hand"],
        ["Look it up", "Go on by hand"],
    ]


def test_a_slip_in_the_vin_offers_what_may_be_meant(browser: Browser, pages: Pages) -> None:
    view = NewListing(frame(SELLER, "/sell/new"), "19XFC1F3OKE902117", "us", None, "O is never used.", "A" * 17, 9)
    page = browser.read(pages.selling(view))
    assert "O is never used." in page.one("div", role="alert").text
    assert page.all("input", name="vin", value="A" * 17)
    assert page.all("a", href="/sell/9")


@pytest.mark.parametrize("verb", ["withdraw", "delete"])
def test_an_end_is_confirmed_or_not(browser: Browser, pages: Pages, verb: str) -> None:
    page = browser.read(pages.selling(EndListing(frame(SELLER), listing(), verb, "It is in an auction.")))
    assert page.all("form", action=f"/sell/12/{verb}")
    assert page.all("a", href="/sell/12")


def test_the_queue_tells_age_promise_and_lateness(browser: Browser, pages: Pages) -> None:
    waiting = [Waiting(listing(), "2h 05m 00s", NOW + timedelta(hours=3), is_late=False)]
    waiting.append(Waiting({**edited(), "id": 13}, "2d 0h 00m", NOW - timedelta(hours=3), is_late=True))
    page = browser.read(pages.selling(ReviewQueue(frame(ADMIN), waiting, 2, "submitted", "13")))
    first, second = (page.one("li", data_listing=number).text for number in ("12", "13"))
    assert ("New" in first, "Late" in first, "2h 05m 00s ago" in first) == (True, False, True)
    assert ("An edit" in second, "Material" in second, "Late" in second) == (True, True, True)
    empty = browser.read(pages.selling(ReviewQueue(frame(ADMIN), [], 0, "rejected")))
    assert "Nothing waits here." in empty.text


def test_a_review_marks_what_changed_beside_what_everybody_sees(browser: Browser, pages: Pages) -> None:
    page = browser.read(pages.selling(review_listing(edited())))
    line = page.one("tr", data_field="mileage").text
    assert all(text in line for text in ("41,250", "61,250", "Changed, material"))
    assert "material" not in page.one("tr", data_field="description").text
    assert [each.attributes["data-field"] for each in page.all("tr", class_="is-changed")] == ["mileage", "description"]
    assert {each.attributes["name"] for each in page.all("textarea")} >= {f"note.{name}" for name in FIELDS}
    assert page.one("form", action="/admin/listings/12/approve").all("input", name="version", value="3")


def test_only_what_waits_for_this_admin_can_be_decided(browser: Browser, pages: Pages) -> None:
    own = browser.read(pages.selling(review_listing(edited(), is_own=True)))
    read = browser.read(pages.selling(review_listing(reviewed("rejected", vin="Wrong."), decoded=None, conflicts=())))
    stale = browser.read(pages.selling(review_listing(edited(), is_fresh=False)))
    assert [page.all("form", action="/admin/listings/12/approve") for page in (own, read)] == [[], []]
    assert stale.one("p", data_step_up="").all("a")[0].attributes["href"].startswith("/account/step-up?next=")


def test_held_texts_have_a_form_each(browser: Browser, pages: Pages) -> None:
    asked = {
        "id": 31,
        "vehicle_id": 12,
        "text": HOSTILE,
        "state": "held",
        "asked_at": "2026-05-04T18:00:00.000Z",
        "answer": None,
        "answer_state": None,
    }
    answered = {**asked, "id": 32, "state": "shown", "answer": "Call me", "answer_state": "held"}
    page = browser.read(pages.selling(HeldQuestions(frame(ADMIN), [asked, answered], 2, is_fresh=False)))
    parts = [each.attributes["value"] for each in page.all("input", name="part")]
    assert parts == ["question", "answer"]
    assert HOSTILE in page.text


def test_every_part_of_a_listing_has_a_name() -> None:
    assert [label_of(name) for name in ("mileage", "photos", "lat")] == ["Odometer reading", "Photos", "Lat"]


def imported(pages: Pages, *errors: dict[str, Any], count: int = 0, sealed: str = "") -> str:
    report = {"lines": 2, "created": [], "errors": list(errors), "error_count": count or len(errors)}
    view = ImportListings(frame(SELLER, "/sell/import"), ("vin", "make"), 5_000, report, sealed)
    return pages.selling(cast("SellingView", view))


def test_an_import_names_every_error_as_it_was_written_and_says_how_many_more_there_are(
    browser: Browser, pages: Pages
) -> None:
    error = {"line": 3, "field": HOSTILE, "rule": "unknown_column", "message": HOSTILE}
    page = browser.read(imported(pages, error, count=1_200))
    (row,) = page.all("tr", **{"data-error": "unknown_column"})
    assert [each.text for each in row.all("td")] == ["3", HOSTILE, HOSTILE]
    assert "1,199 errors more" in page.text
    assert page.all("form", action="/sell/import/confirm") == []


def test_a_clean_import_is_confirmed_by_a_form(browser: Browser, pages: Pages) -> None:
    page = browser.read(imported(pages, sealed="eJw="))
    assert page.one("form", action="/sell/import/confirm").one("input", name="sealed").attributes["value"] == "eJw="


@pytest.mark.parametrize("status", ["checked", "partly", "unknown", "waiting", "by_hand"])
def test_how_far_the_decoders_have_checked_is_said_to_seller_and_reviewer(
    browser: Browser, pages: Pages, status: str
) -> None:
    check: dict[str, object] = {
        "status": status,
        "message": "So far.",
        "source": None,
        "fetched_at": None,
        "conflicts": [],
    }
    found = listing(review="submitted", decoder=check)
    seller = browser.read(pages.selling(sell_listing(found)))
    review = browser.read(pages.selling(review_listing(found, decoded=None)))
    assert "So far." in seller.one("section", id="decoder").text
    assert ("Not checked by a decoder yet" in review.text) == (status == "waiting")
    assert ("So far." in review.text) == (status != "waiting")
