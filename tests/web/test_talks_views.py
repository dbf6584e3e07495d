"""The words of negotiations and second chances, for each side and state, on the page and in mails."""

from typing import Any

import pytest

from api.talks_views import CHANCE_EXAMPLE, NEGOTIATION_EXAMPLE
from domain.notices import NoticeKind
from tests.web.mail_samples import SITE, VALUES
from tests.web.samples import NOW
from web.mail_messages import MailMessages
from web.talks_views import QUESTIONS, ChanceLine, Talks, TalksLine, TalksQuestion

LATER, BEFORE = "2026-05-06T12:00:00.000Z", "2026-05-04T12:00:00.000Z"
WAITS: dict[str, Any] = {"your_turn": False, "may": []}
OVER: dict[str, Any] = {**WAITS, "status": "over", "expires_at": None, "amount_cents": None, "by": None}


def talks(**changes: Any) -> TalksLine:
    return TalksLine({**NEGOTIATION_EXAMPLE, "title": "A car", "expires_at": LATER, **changes}, NOW, "key")


def chance(**changes: Any) -> ChanceLine:
    return ChanceLine({**CHANCE_EXAMPLE, "title": "A car", "expires_at": LATER, **changes}, NOW, "key")


@pytest.mark.parametrize(
    ("changes", "label", "text"),
    [
        ({}, "Your answer is wanted", "The highest bidder names $10,500, and is bound to it."),
        ({"place": 2, "is_bound": False}, "Your answer is wanted", "The next bidder would have led at $10,500, and is"),
        ({**WAITS, "by": "seller"}, "Waiting for the highest bidder", "You name $10,500, and are bound to it."),
        (
            {"you_are": "buyer", "by": "seller"},
            "Your answer is wanted",
            "The seller names $10,500, and is bound to it.",
        ),
        ({**WAITS, "you_are": "buyer"}, "Waiting for the seller", "You name $10,500, and are bound to it."),
        ({**WAITS, "you_are": "buyer", "is_bound": False}, "Waiting for the seller", "You would have led at $10,500."),
        ({**WAITS, "expires_at": BEFORE}, "Time is over", "The highest bidder names $10,500"),
        ({**WAITS, "status": "sold", "ending": "agreed", "expires_at": None}, "Agreed", "Sold for $10,500."),
        ({**OVER, "ending": "declined_by_buyer"}, "Over", "The bidder declined"),
        ({**OVER, "ending": "declined_by_seller"}, "Over", "The seller declined"),
        ({**OVER, "ending": "expired"}, "Over", "Nobody answered in time"),
        ({**OVER, "ending": "stopped"}, "Over", "The talks were ended"),
    ],
)
def test_a_negotiation_says_where_it_stands(changes: dict[str, Any], label: str, text: str) -> None:
    line = talks(**changes)
    assert (line.label, line.text.startswith(text)) == (label, True)
    assert line.kind in {"warning", "info", "success", "secondary"}


def test_what_a_reader_can_do_is_named_with_its_bounds() -> None:
    line = talks()
    assert (line.bounds, line.can_stop, line.yes, line.left) == (
        "$10,501 to $11,500",
        True,
        "Accept $10,500",
        "1d 0h 00m",
    )
    assert talks(least_cents=None, most_cents=None).bounds == ""
    assert talks(is_bound=False).yes == "Ask them for $10,500"
    assert Talks([line, talks(**WAITS)], [chance()]).waiting == 2


@pytest.mark.parametrize(
    ("changes", "label", "text"),
    [
        ({}, "Your answer is wanted", "The buyer did not pay. The vehicle is yours for $10,000"),
        ({**WAITS, "you_are": "seller"}, "Waiting for a bidder", "The buyer did not pay. The next bidder is offered"),
        (
            {"you_are": "seller", "status": "asking_seller", "may": ["allow", "refuse"]},
            "Your answer is wanted",
            "The buyer did not pay. The next bidder's price is $10,000, below your reserve.",
        ),
        ({**WAITS, "status": "taken", "expires_at": None}, "Sold", "Sold for $10,000."),
        ({**WAITS, "status": "over", "expires_at": None}, "Over", "Nothing came of it."),
        (
            {**WAITS, "status": "over", "expires_at": None, "you_are": "seller", "relisted_as": 9},
            "Over",
            "The vehicle is up for sale again.",
        ),
        ({**WAITS, "expires_at": BEFORE}, "Time is over", "The buyer did not pay."),
    ],
)
def test_a_second_chance_says_where_it_stands(changes: dict[str, Any], label: str, text: str) -> None:
    line = chance(**changes)
    assert (line.label, line.text.startswith(text)) == (label, True)
    assert line.kind in {"warning", "info", "success", "secondary"}
    assert [act for act, _ in line.answers] == line.chance["may"]


@pytest.mark.parametrize(("what", "act", "side"), QUESTIONS)
def test_each_act_is_asked_about_in_words_of_its_own(what: str, act: str, side: str) -> None:
    asks_first, named = act == "ask", "accept" if act == "ask" else act
    asked = TalksQuestion(what, named, side, "A car", 1_000_000, "/", {}, asks_first)
    headline, text, button = asked.words
    assert headline.endswith("?")
    assert (bool(text), button.startswith("Yes")) == (True, True)
    assert bool(asked.estimate) == (side == "buyer" and named in {"accept", "counter"})


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("seller", "below your reserve"),
        ("leader", "Your bid is a binding offer"),
        ("next", "would have led at"),
        ("asked", "You are not bound to it"),
    ],
)
def test_the_mail_of_talks_that_begin_is_for_who_reads_it(part: str, words: str) -> None:
    kind = NoticeKind.NEGOTIATION_OPENED
    message = MailMessages(SITE).render(kind, {**VALUES[kind], "part": part})
    assert words in message.text
    assert words in message.html


@pytest.mark.parametrize(
    ("is_relisted", "words"), [(True, "put it up again by the same terms"), (False, "yours again")]
)
def test_the_mail_of_a_lost_sale_says_what_is_next(is_relisted: bool, words: str) -> None:
    kind = NoticeKind.SECOND_CHANCE_OVER
    assert words in MailMessages(SITE).render(kind, {**VALUES[kind], "is_relisted": is_relisted}).text
