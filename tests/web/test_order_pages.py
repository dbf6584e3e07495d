"""The pages of orders at every stage, for both sides: what they read, what they can do, and what they never see."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from activities.order_contracts import EventKind
from domain.charges import Charge
from domain.dispute_terms import DisputeCode, Kind, Remedy
from domain.disputes import State as CaseState
from domain.invoices import Paper
from domain.order_payments import PayCode
from domain.orders import HowSold, OrderCode, OrderStatus, Party
from domain.payments import State as PaymentState
from domain.payouts import PayoutStatus
from domain.promises import Code, State
from tests.web.conftest import Browser, Element
from tests.web.order_samples import BUYER, CASE, PAYMENT, SELLER, STAGES, at, order, order_page
from tests.web.samples import NOW, frame
from web import order_words as words
from web.order_views import DisputePage, OrderLine, Orders, page_link
from web.pages import Pages

SIDES = (Party.BUYER, Party.SELLER)
HOSTILE = "\"><script>alert('x')</script>"


def page(browser: Browser, pages: Pages, stage: str, side: Party = Party.BUYER, **more: Any) -> Element:
    return browser.read(pages.ordering(order_page(stage, side, **more)))


def dispute_page(
    browser: Browser, pages: Pages, stage: str, side: Party, *, is_new: bool = False, **more: Any
) -> Element:
    found = order(stage, side)
    shown = None if is_new else found["disputes"][0]
    viewer = BUYER if side is Party.BUYER else SELLER
    return browser.read(pages.ordering(DisputePage(frame(viewer), found, "key-1", shown, **more)))


def actions(found: Element) -> list[str]:
    return [form.attributes["action"] for form in found.all("form", method="post")][1:]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("stage", STAGES)
def test_an_order_renders_at_every_stage_for_both_sides(
    browser: Browser, pages: Pages, stage: str, side: Party
) -> None:
    shown = page(browser, pages, stage, side)
    status = STAGES[stage][0].order.status.value
    assert shown.one(data_order="41").attributes["data-order-status"] == status
    assert words.STATUS[status][2 if side is Party.BUYER else 3] in shown.text
    assert words.NEXT[shown.one(data_next=order(stage, side)["next"]["code"]).attributes["data-next"]][0] in shown.text


@pytest.mark.parametrize("stage", STAGES)
def test_the_seller_sees_no_tax_card_payment_or_total_of_the_buyer(browser: Browser, pages: Pages, stage: str) -> None:
    text = page(browser, pages, stage, Party.SELLER).text
    for secret in ("tax", "Visa", "Your bill", "$14,254.81", "$876.56", "INV-2026", "Payments"):
        assert secret not in text, secret


@pytest.mark.parametrize("stage", STAGES)
def test_the_buyer_sees_nothing_of_the_sellers_payout(browser: Browser, pages: Pages, stage: str) -> None:
    text = page(browser, pages, stage).text
    for secret in ("You are paid", "Your payout", "The payout is sent", "The seller is paid"):
        assert secret not in text, secret


def test_the_bill_is_told_line_by_line_with_its_reasons(browser: Browser, pages: Pages) -> None:
    shown = page(browser, pages, "invoiced")
    text = shown.one("table").text
    assert "Motor vehicle sales tax 6.875 % of the price and the documentation fee. $876.56" in text
    assert ("In all $14,254.81" in text, shown.one("td", data_due="").text) == (True, "$14,254.81")


def test_a_late_fee_is_a_line_of_its_own_and_its_promise_is_missed(browser: Browser, pages: Pages) -> None:
    shown = page(browser, pages, "late")
    assert "Late fee" in shown.one("table").text
    assert shown.one("td", data_due="").text == "$14,304.81"
    step = shown.one("li", data_promise="payment")
    assert ("Missed" in step.text, "was due" in step.text) == (True, True)


def test_every_step_has_its_owner_its_day_and_what_follows(browser: Browser, pages: Pages) -> None:
    shown = page(browser, pages, "invoiced")
    codes = [each.attributes["data-promise"] for each in shown.all("li") if "data-promise" in each.attributes]
    assert codes == [code.value for code in Code if code is not Code.PAYOUT]
    step = shown.one("li", data_promise="payment").text
    assert step.startswith("The sale is paid Due You · due May 11, 2026, 5:00 PM CDT")
    assert step.endswith("If it is missed: A late fee is added.")


def test_what_is_done_says_when_and_no_longer_what_would_follow(browser: Browser, pages: Pages) -> None:
    step = page(browser, pages, "paid").one("li", data_promise="payment").text
    assert (step.startswith("The sale is paid Done"), "If it is missed" in step) == (True, False)


def test_the_buyer_pays_what_they_see_by_one_form(browser: Browser, pages: Pages) -> None:
    form = page(browser, pages, "invoiced").one("form", action="/account/orders/41/pay")
    fields = {each.attributes["name"]: each.attributes["value"] for each in form.all("input")}
    assert fields == {"csrf_token": "csrf-ada", "idempotency_key": "key-1", "amount_cents": "1425481"}
    assert form.one("button").text == "Pay $14,254.81 with Visa ending in 1111"


def test_without_a_card_the_other_ways_are_told(browser: Browser, pages: Pages) -> None:
    view = replace(order_page("invoiced", Party.BUYER), card="")
    form = browser.read(pages.ordering(view)).one("form", action="/account/orders/41/pay")
    assert (form.all("button"), "by wire or cashier's cheque" in form.text) == ([], True)


@pytest.mark.parametrize("state", [PaymentState.SENDING, PaymentState.UNKNOWN, PaymentState.HELD])
def test_nobody_is_offered_to_pay_twice(browser: Browser, pages: Pages, state: PaymentState) -> None:
    shown = page(browser, pages, "invoiced", payments=[replace(PAYMENT, state=state)])
    assert "/account/orders/41/pay" not in actions(shown)
    assert "Your payment is on its way" in shown.text


@pytest.mark.parametrize(
    ("stage", "side", "expected"),
    [
        ("sold", Party.BUYER, ["cancel"]),
        ("invoiced", Party.BUYER, ["pay", "cancel"]),
        ("invoiced", Party.SELLER, ["cancel"]),
        ("paid", Party.SELLER, []),
        ("delivered", Party.BUYER, ["accept-delivery"]),
        ("delivered", Party.SELLER, []),
        ("completed", Party.BUYER, []),
        ("disputed", Party.BUYER, []),
        ("cancelled", Party.SELLER, []),
    ],
)
def test_each_side_finds_its_forms(
    browser: Browser, pages: Pages, stage: str, side: Party, expected: list[str]
) -> None:
    found = actions(page(browser, pages, stage, side))
    assert found == [f"/account/orders/41/{name}" for name in expected]


def test_who_is_disputed_is_led_to_answer(browser: Browser, pages: Pages) -> None:
    own, other = (page(browser, pages, "disputed", side) for side in SIDES)
    link = f"/account/orders/41/disputes/{CASE}"
    assert [each.text for each in other.all("a", href=link)] == ["Answer the dispute on conduct", "Conduct"]
    assert [each.text for each in own.all("a", href=link)] == ["Conduct"]


def test_a_cancel_wish_of_the_other_side_is_told(browser: Browser, pages: Pages) -> None:
    view = order_page("invoiced", Party.SELLER)
    told = replace(view, order={**view.order, "cancel_wished_by": ["buyer"]})
    waits = replace(view, order={**view.order, "cancel_wished_by": ["seller"]})
    assert "The other side wishes this sale to be cancelled." in browser.read(pages.ordering(told)).text
    shown = browser.read(pages.ordering(waits))
    assert ("once the other side wishes so too" in shown.text, actions(shown)) == (True, [])


def test_papers_are_links_once_they_are_printed(browser: Browser, pages: Pages) -> None:
    shown = page(browser, pages, "invoiced")
    assert shown.one("a", href="/api/orders/41/invoice").text == "Invoice INV-2026-000041"
    assert "Bill of sale BOS-2026-000007, being printed" in shown.text


def test_history_tells_what_is_written_for_people_and_no_codes(browser: Browser, pages: Pages) -> None:
    view = order_page("invoiced", Party.BUYER)
    line = {"at": "2026-05-06T14:00:00.000Z", "by": "house", "cents": None}
    lines = [
        {**line, "kind": "charge_refused", "words": "CARD_MISSING"},
        {**line, "kind": "promise_missed", "words": "payment: A late fee is added."},
        {**line, "kind": "dispute_moved", "words": "approved"},
        {**line, "kind": "cancel_wished", "words": "We agreed.", "by": "seller"},
    ]
    text = browser.read(pages.ordering(replace(view, order={**view.order, "history": lines}))).text
    assert "You have no stored card." in text
    assert ("Missed: the sale is paid" in text, "We agreed." in text) == (True, True)
    assert ("CARD_MISSING" in text, "approved" in text) == (False, False)


def test_the_seller_reads_the_statement_of_the_payout(browser: Browser, pages: Pages) -> None:
    text = page(browser, pages, "paid", Party.SELLER).text
    assert "Due $12,400 on 2026-05-12" in text
    assert "The price of the vehicle. $12,400" in text


def test_what_was_refused_keeps_what_was_typed(browser: Browser, pages: Pages) -> None:
    shown = page(browser, pages, "invoiced", error="No.", typed={"reason": HOSTILE})
    assert shown.one(id="form-error").text == "No."
    assert shown.one("input", id="reason").attributes["value"] == HOSTILE
    assert "open" in shown.one("input", id="reason").attributes or shown.all("details", open="")


def test_a_dispute_is_opened_by_a_form_with_the_kinds_that_are_open(browser: Browser, pages: Pages) -> None:
    form = dispute_page(browser, pages, "delivered", Party.BUYER, is_new=True).one(
        "form", action="/account/orders/41/disputes"
    )
    kinds = [each.attributes["value"] for each in form.all("input", name="kind")]
    assert kinds == ["condition", "title", "payment", "conduct"]
    assert [each.attributes["value"] for each in form.all("input", name="remedy")] == list(words.ASK)
    assert "Until May 14, 2026, 12:00 AM CDT" in form.text


def test_where_nothing_can_be_disputed_that_is_said(browser: Browser, pages: Pages) -> None:
    shown = dispute_page(browser, pages, "cancelled", Party.BUYER, is_new=True)
    assert (actions(shown), "Nothing can be disputed now" in shown.text) == ([], True)


def test_a_disputes_page_has_the_forms_of_each_side(browser: Browser, pages: Pages) -> None:
    home = f"/account/orders/41/disputes/{CASE}"
    opener, other = (dispute_page(browser, pages, "disputed", side) for side in SIDES)
    assert actions(opener) == [f"{home}/evidence", f"{home}/withdraw"]
    assert actions(other) == [f"{home}/evidence", f"{home}/answer", f"{home}/concede"]
    assert "Asked for: $800 goes back to the buyer, and the sale stands." in other.text


def test_the_papers_that_may_be_filed_are_offered(browser: Browser, pages: Pages) -> None:
    shown = dispute_page(browser, pages, "disputed", Party.BUYER, documents={"doc-1": "Inspection"})
    options = [each.text for each in shown.one("select", name="document_id").all("option")]
    assert options == ["None, only these words", "Inspection"]


def test_a_list_shows_what_waits_and_what_is_left(browser: Browser, pages: Pages) -> None:
    found = order("invoiced", Party.BUYER), {**order("completed", Party.SELLER), "id": 42}
    lines = [OrderLine(each, at(1)) for each in found]
    shown = browser.read(pages.ordering(Orders(frame(BUYER), lines, 2, page_link("", "", "9"))))
    assert "1 order for you to go on with." in shown.text
    assert "Pay now. 5d 2h 00m left." in shown.one("li", data_order_status="pending_payment").text
    assert shown.one("a", href="/account/orders?cursor=9").text == "Older orders"


def test_an_empty_list_says_what_orders_are_and_a_filtered_one_how_to_see_all(browser: Browser, pages: Pages) -> None:
    assert "No orders yet" in browser.read(pages.ordering(Orders(frame(BUYER)))).text
    shown = browser.read(pages.ordering(Orders(frame(BUYER), side="buyer", status="paid")))
    assert "No order is like this" in shown.text
    assert [each.attributes["value"] for each in shown.all("option") if "selected" in each.attributes] == [
        "buyer",
        "paid",
    ]


def test_a_promise_that_is_over_its_time_has_no_time_left() -> None:
    assert OrderLine(order("invoiced", Party.BUYER), at(40)).left is None
    assert OrderLine(order("completed", Party.BUYER), NOW).left is None


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (words.STATUS, OrderStatus),
        (words.HOW, HowSold),
        (words.PROMISE, Code),
        (words.PROMISE_STATE, State),
        (words.OWNER, Party),
        (words.DISPUTE_KIND, Kind),
        (words.DISPUTE_STATE, CaseState),
        (words.REMEDY, Remedy),
        (words.ASK, Remedy),
        (words.PAYOUT_STATUS, PayoutStatus),
        (words.PAPER, Paper),
    ],
)
def test_there_are_words_for_every_code(table: Mapping[str, object], codes: Any) -> None:
    assert set(table) == {code.value for code in codes}


def test_every_charge_refusal_and_shown_event_has_words() -> None:
    assert {code.value for code in Charge} < set(words.CHARGE)
    assert {code.value for codes in (OrderCode, DisputeCode, PayCode) for code in codes} <= set(words.REFUSED)
    staff_only = {"operator_called", "news_unreadable", "news_refused", "undone"}
    staff_only |= {"dispute_noted", "dispute_assigned", "dispute_proposed"}
    assert {kind.value for kind in EventKind} - set(words.EVENT) == staff_only
    assert words.spelled("title_received") == "Title received"
