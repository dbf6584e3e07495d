"""Passwords: argon2id, checked off the event loop, and as slow for nobody as for somebody."""

import asyncio
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from activities import passwords
from activities.passwords import BREACHED, GUESSABLE, TOO_SHORT, Passwords, hash_password, weakness
from domain.errors import UnavailableError


@pytest.fixture
def checker() -> Iterator[Passwords]:
    found = Passwords()
    yield found
    found.close()


async def test_only_the_right_password_matches(checker: Passwords) -> None:
    kept = hash_password("right")
    assert kept.startswith("$argon2id$")
    assert await checker.matches(kept, "right")
    assert not await checker.matches(kept, "wrong")
    assert not await checker.matches("not a hash", "right")


async def test_nobody_has_no_password_that_matches(checker: Passwords) -> None:
    assert not await checker.matches(None, "the password of no account")


async def test_a_hash_of_other_parameters_is_outdated(checker: Passwords) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x")
    assert checker.is_outdated(weak)
    assert not checker.is_outdated(await checker.hash("x"))


async def test_more_than_the_queue_holds_are_turned_away(checker: Passwords) -> None:
    kept = hash_password("right")
    asked = [checker.matches(kept, "right") for _ in range(passwords.WAITING_MAX + 1)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, UnavailableError)]
    assert [error.code for error in refused] == ["SIGN_IN_BUSY"]


@pytest.mark.parametrize(
    "password", ["correct horse battery", "kq0Jt0b6m1y7", "ü" * 3 + "lampe wasser neun", "kq0Jt0b6m1y7r5w2zP" * 11]
)
def test_a_password_that_nobody_guesses_is_taken(password: str) -> None:
    assert weakness(password) is None


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("", TOO_SHORT),
        ("k7#qZ!p2w", TOO_SHORT),
        ("password123", BREACHED),
        ("P@ssw0rd1234", BREACHED),
        ("iloveyou1234", BREACHED),
        ("aaaaaaaaaaaaaaaa", GUESSABLE),
        ("abcdefghijkl", GUESSABLE),
        ("hammertime2026", GUESSABLE),
        ("ada.brandt@example.com", GUESSABLE),
        ("brandtbrandt", GUESSABLE),
        ("a" * 200, GUESSABLE),
    ],
)
def test_a_password_that_leaked_or_is_trivial_is_not(password: str, expected: str) -> None:
    assert weakness(password, ("Ada Brandt", "ada.brandt@example.com")) == expected


async def test_passwords_are_judged_beside_the_event_loop(checker: Passwords) -> None:
    assert await checker.weakness("password123") == BREACHED
