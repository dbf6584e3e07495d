"""Being cleared over HTTP: what is shown, what is refused, and what happens while Temporal is away."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from httpx import Response
from pydantic import TypeAdapter
from sqlalchemy import func, select, update

from activities.db.account_tables import accounts as accounts_table
from activities.db.engine import reading, transaction
from activities.db.tables import reservations
from activities.sealed_forms import CardForm, LegalDetails, SealedForms
from api import onboarding_views
from api.database import now
from api.onboarding_views import CHECKLIST, ELIGIBILITY, IDENTITY_LINK, SUPPORT_CHECKLIST
from domain.accounts import CARD_LIMIT_CENTS, TERMS_VERSION
from tests.api.conftest import House
from tests.api.newcomer import CARD, DETAILS, Onboarding, open_onboarding, page
from web import onboarding_words as words
from workflows.account_messages import CardResult


@pytest.fixture
def site(house: House) -> Onboarding:
    return open_onboarding(house)


def codes(answer: Response) -> list[str]:
    return [item["code"] for item in answer.json()["items"] if item["code"]]


async def test_a_checklist_says_what_is_missing_and_what_to_do(site: Onboarding) -> None:
    answer = await (await site.house.browser("ada")).get("/api/me/checklist")

    assert answer.status_code == 200
    assert codes(answer) == ["IDENTITY_UNVERIFIED", "CARD_MISSING", "DETAILS_MISSING", "TERMS_MISSING"]
    assert all(item["to_do"] for item in answer.json()["items"] if item["state"] != "done")
    assert answer.json()["cleared"] is False


async def test_the_way_to_being_cleared_step_by_step(site: Onboarding) -> None:
    browser = await site.house.browser("ada")
    link = await browser.post("/api/me/identity")
    card = await browser.post("/api/me/card", json=CARD)
    details = await browser.put("/api/me/legal-details", json=DETAILS)
    terms = await browser.post("/api/me/terms", json={"version": TERMS_VERSION})

    assert link.json()["url"].startswith("https://vendor.example/")
    assert card.json()["card"] == {"brand": "Visa", "last4": "1111", "expires": "2099-12"}
    assert "DETAILS_UNMATCHED" in codes(details)
    assert codes(terms) == ["IDENTITY_UNVERIFIED", "DETAILS_UNMATCHED"]


async def test_what_people_type_goes_on_sealed_and_opens_for_them_alone(site: Onboarding) -> None:
    browser = await site.house.browser("ada")
    await browser.post("/api/me/card", json=CARD)
    await browser.put("/api/me/legal-details", json=DETAILS)
    forms = SealedForms(site.house.services.sealer)
    card, details = site.door.wishes

    assert "n0nce" not in repr(card)
    assert "Byron" not in repr(details)
    assert forms.open(site.ada, card.sealed, CardForm).state == "MN"
    assert forms.open(site.ada, details.sealed, LegalDetails).dealer_exemption == "MN-778"
    with pytest.raises(Exception, match=r"^$"):
        forms.open(site.ada + 1, details.sealed, LegalDetails)


async def test_a_declined_card_is_explained(site: Onboarding) -> None:
    site.door.card = CardResult("declined", "27")
    answer = await (await site.house.browser("ada")).post("/api/me/card", json=CARD)

    assert (answer.status_code, answer.json()["code"]) == (409, "CARD_DECLINED")
    assert answer.json()["reason"] == "billing_address"
    assert "billing address" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [("37", "card_number"), ("8", "expiry"), ("65", "security_code"), ("4", "declined"), ("unheard of", "declined")],
)
async def test_the_vendors_code_of_a_decline_is_kept_to_ourselves(site: Onboarding, code: str, reason: str) -> None:
    site.door.card = CardResult("declined", code)
    answer = await (await site.house.browser("ada")).post("/api/me/card", json=CARD)

    assert answer.json()["reason"] == reason


async def test_a_used_card_form_asks_for_the_card_again(site: Onboarding) -> None:
    site.door.card = CardResult("nonce_refused", "E00114")
    answer = await (await site.house.browser("ada")).post("/api/me/card", json=CARD)

    assert (answer.status_code, answer.json()["code"]) == (409, "CARD_FORM_USED")


@pytest.mark.parametrize(("outcome", "code"), [("declined", "IDENTITY_DECLINED"), ("too_many", "IDENTITY_TOO_MANY")])
async def test_an_identity_check_that_may_not_begin_says_why(site: Onboarding, outcome: str, code: str) -> None:
    site.door.identity = outcome
    answer = await (await site.house.browser("ada")).post("/api/me/identity")

    assert (answer.status_code, answer.json()["code"]) == (409, code)


async def test_somebody_who_is_verified_needs_no_link(site: Onboarding) -> None:
    site.door.identity = "approved"
    answer = await (await site.house.browser("ada")).post("/api/me/identity")

    assert answer.json() == {"outcome": "approved", "url": None, "expires_at": None}


async def test_only_todays_terms_can_be_accepted(site: Onboarding) -> None:
    answer = await (await site.house.browser("ada")).post("/api/me/terms", json={"version": "2020-01"})

    assert (answer.status_code, answer.json()["code"]) == (409, "TERMS_NOT_CURRENT")
    assert answer.json()["current"] == TERMS_VERSION
    assert site.door.wishes == []


async def test_a_card_stays_while_something_is_at_stake(site: Onboarding) -> None:
    site.complete()
    site.stake(7, 400_000)
    browser = await site.house.browser("ada")
    refused = await browser.delete("/api/me/card")
    with transaction(site.house.engine) as connection:
        connection.execute(reservations.delete())
    removed = await browser.delete("/api/me/card")

    assert (refused.status_code, refused.json()["code"]) == (409, "CARD_IN_USE")
    assert codes(removed) == ["CARD_MISSING"]


async def test_eligibility_says_how_much_is_free(site: Onboarding) -> None:
    site.complete()
    site.stake(7, 400_000)
    answer = (await (await site.house.browser("ada")).get("/api/me/eligibility")).json()

    assert (answer["cleared"], answer["limit_cents"], answer["at_stake_cents"]) == (True, CARD_LIMIT_CENTS, 400_000)
    assert (answer["free_cents"], answer["free_lots"], answer["missing"]) == (600_000, 1, [])
    assert answer["sentence"] == "You are cleared to $10,000; $6,000 of it is free on 1 more auction."


async def test_eligibility_says_what_to_do_first(site: Onboarding) -> None:
    answer = (await (await site.house.browser("ada")).get("/api/me/eligibility")).json()

    assert (answer["cleared"], answer["free_cents"], answer["free_lots"]) == (False, 0, 0)
    assert answer["sentence"].startswith("You cannot bid yet. To do: Verify your identity;")


async def test_eligibility_is_judged_now_and_not_when_it_was_last_written(site: Onboarding) -> None:
    site.complete()
    with transaction(site.house.engine) as connection:
        past = now() - timedelta(seconds=1)
        connection.execute(update(accounts_table).values(identity_expires_at=past))
    answer = (await (await site.house.browser("ada")).get("/api/me/eligibility")).json()

    assert answer["cleared"] is False


async def test_an_account_on_hold_says_so(site: Onboarding) -> None:
    site.complete()
    site.write(on_hold_reason="a bank asked")
    answer = (await (await site.house.browser("ada")).get("/api/me/eligibility")).json()

    assert (answer["on_hold"], answer["sentence"]) == (True, words.ON_HOLD)
    assert "bank" not in str(answer)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/me/identity", None),
        ("POST", "/api/me/card", CARD),
        ("DELETE", "/api/me/card", None),
        ("PUT", "/api/me/legal-details", DETAILS),
        ("POST", "/api/me/terms", {"version": TERMS_VERSION}),
    ],
)
async def test_while_temporal_is_away_people_are_told_to_come_back(
    site: Onboarding, method: str, path: str, body: Any
) -> None:
    site.door.away = True
    answer = await (await site.house.browser("ada")).request(method, path, json=body)

    assert (answer.status_code, answer.json()["code"]) == (503, "ACCOUNT_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) > 0


async def test_reading_needs_no_temporal(site: Onboarding) -> None:
    site.door.away = True
    browser = await site.house.browser("ada")

    assert (await browser.get("/api/me/checklist")).status_code == 200
    assert (await browser.get("/api/me/eligibility")).status_code == 200
    assert (await page(browser, "GET", "/account")).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"state": "Minnesota"},
        {"zip": "5580"},
        {"first_name": " "},
        {"last_name": "x" * 51},
        {"street": "1 Main\nSt"},
        {"social_security": "1"},
    ],
)
async def test_details_that_cannot_be_are_refused_by_field(site: Onboarding, change: dict[str, str]) -> None:
    answer = await (await site.house.browser("ada")).put("/api/me/legal-details", json={**DETAILS, **change})

    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, list(change))
    assert site.door.wishes == []


async def test_a_machine_reads_but_takes_no_step(site: Onboarding) -> None:
    machine = await site.house.machine("ada", "read", "bid")

    assert (await machine.get("/api/me/eligibility")).status_code == 200
    assert (await machine.post("/api/me/card", json=CARD)).json()["code"] == "BROWSER_ONLY"


async def test_support_sees_the_reasons_and_leaves_a_trace(site: Onboarding) -> None:
    site.complete()
    site.write(on_hold_reason="a bank asked", inquiry_id="inq_1")
    browser = await site.house.browser("sue")
    answer = await browser.get(f"/api/support/accounts/{site.ada}/checklist")
    again = await browser.post(f"/api/support/accounts/{site.ada}/recheck")

    assert (answer.status_code, again.status_code) == (200, 200)
    assert (answer.json()["on_hold_reason"], answer.json()["inquiry_id"]) == ("a bank asked", "inq_1")
    assert "legal_sealed" not in answer.text
    assert site.audited()[-2:] == ["account_read", "account_recheck"]
    assert type(site.door.wishes[-1]).__name__ == "LookAgain"


async def test_nobody_else_sees_somebodys_checklist(site: Onboarding) -> None:
    path = f"/api/support/accounts/{site.ada}/checklist"
    unknown = await (await site.house.browser("amy")).get("/api/support/accounts/404/checklist")

    for name in ("ada", "bob", "sam"):
        assert (await (await site.house.browser(name)).get(path)).json()["code"] == "STAFF_ONLY"
    assert (unknown.status_code, unknown.json()["code"]) == (404, "ACCOUNT_NOT_FOUND")
    assert site.audited() == []


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (onboarding_views.ChecklistView, CHECKLIST),
        (onboarding_views.EligibilityView, ELIGIBILITY),
        (onboarding_views.IdentityLinkView, IDENTITY_LINK),
        (onboarding_views.SupportChecklistView, SUPPORT_CHECKLIST),
    ],
)
def test_an_example_has_exactly_the_shape_of_its_answer(shape: type, example: Any) -> None:
    TypeAdapter(shape).validate_python(dict(example), strict=True)
    assert set(example) == set(TypeAdapter(shape).json_schema()["properties"])


def test_every_reason_has_words(site: Onboarding) -> None:
    said: Callable[[str], str] = words.declined

    assert said("2") != said("27")
    assert said("unheard of") == words.DECLINED_ANYHOW
    assert words.to_do("") == ""
    with reading(site.house.engine) as connection:
        assert connection.execute(select(func.count()).select_from(accounts_table)).scalar_one() == 0
