"""What of a question or an answer is shown at once, and what waits for somebody to read it."""

import pytest

from domain.questions import Contact, State, contacts, state_of


@pytest.mark.parametrize(
    "text",
    [
        "Has the timing chain been replaced at 120,000 miles?",
        "Is the 5.7 litre engine the one with 395 hp from 2019?",
        "Any rust on the frame? I would drive up from Duluth at 9.",
        "Was it in an accident in 2017 or 2018, and for $4,500?",
        "Two keys, one owner and three services?",
    ],
)
def test_a_plain_question_is_shown(text: str) -> None:
    assert contacts(text) == frozenset()
    assert state_of(text) is State.SHOWN


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Write to me at ada@example.com please", Contact.EMAIL),
        ("ada (at) example (dot) com", Contact.EMAIL),
        ("ada at example dot com", Contact.EMAIL),
        ("Call me: 612-555-0142", Contact.PHONE),
        ("my number is (612) 555 0142", Contact.PHONE),
        ("six one two five five five 0142", Contact.PHONE),
        ("612.555.0142 after six", Contact.PHONE),
        ("photos on www.mycars.example", Contact.LINK),
        ("see https://mycars.example/7", Contact.LINK),
        ("mycars.com has it cheaper", Contact.LINK),
        ("find me as @ada_drives", Contact.HANDLE),
        ("I am on WhatsApp", Contact.HANDLE),
    ],
)
def test_what_leads_past_the_house_is_held(text: str, kind: Contact) -> None:
    assert kind in contacts(text)
    assert state_of(text) is State.HELD


def test_digits_with_words_between_them_are_no_number() -> None:
    assert contacts("1 owner, 2 keys, 3 services, 4 tyres, 5 doors, 6 gears, 7 seats") == frozenset()
