"""Passwords: argon2id hashes, made and checked in two threads of their own so that sign-ins never starve bids.

What may become a password is judged by zxcvbn, whose bundled lists hold the breached and common ones.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn  # type: ignore[import-untyped] # it ships no types

from domain.errors import UnavailableError

# OWASP's password storage cheat sheet: argon2id with 19 MiB, two passes, one lane; about 20 ms on our machines.
MEMORY_KIB = 19 * 1024
PASSES = 2
THREADS = 2
WAITING_MAX = 100
# On Linux a thread has a priority of its own. Without it, two hashes beside a hot lot doubled its bids' p99.
NICE = 15
MAX_LENGTH = 200
MIN_LENGTH = 10
# zxcvbn's scale is 0 to 4; from 3 on, even a stolen hash of ours outlasts ten thousand million guesses.
SCORE_MIN = 3
JUDGED_LENGTH = 72
TOO_SHORT = f"Use at least {MIN_LENGTH} characters."
BREACHED = "This password is among those that have leaked elsewhere; use another."
GUESSABLE = "This password is too easy to guess; use a few words that do not belong together."

T = TypeVar("T")


def make_hasher() -> PasswordHasher:
    """The one parameter set of the product."""
    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)


def hash_password(password: str) -> str:
    """Hash a password where blocking is fine."""
    return make_hasher().hash(password)


def weakness(password: str, known: Sequence[str] = ()) -> str | None:
    """Why this may not become a password, as one sentence, or None; `known` are the person's own name and address."""
    if len(password) < MIN_LENGTH:
        return TOO_SHORT
    words = ["hammertime", *known, *(part for each in known for part in each.replace("@", " ").split())]
    judged = zxcvbn(password[:JUDGED_LENGTH], user_inputs=words)
    if judged["score"] >= SCORE_MIN:
        return None
    listed = any(match.get("dictionary_name") == "passwords" for match in judged["sequence"])
    return BREACHED if listed else GUESSABLE


class Passwords:
    """Checks passwords for one process; `close()` ends its threads."""

    def __init__(self) -> None:
        self._hasher = make_hasher()
        self._threads = ThreadPoolExecutor(THREADS, "passwords", initializer=_give_way)
        self._nobody = self._hasher.hash("the password of no account")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Hash a password. Raises UnavailableError when too many wait already."""
        return await self._run(self._hasher.hash, password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is right; without a hash (no such account) it takes as long and says no."""
        found = await self._run(self._verify, password_hash or self._nobody, password)
        return found and password_hash is not None

    async def weakness(self, password: str, known: Sequence[str] = ()) -> str | None:
        """Why this may not become a password, or None. Raises UnavailableError when too many wait already."""
        return await self._run(weakness, password, known)

    def is_outdated(self, password_hash: str) -> bool:
        """Whether a right password should be hashed anew, with today's parameters."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        """End the threads after what they are doing."""
        self._threads.shutdown(cancel_futures=True)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, call: Callable[..., T], *arguments: object) -> T:
        if self._waiting >= WAITING_MAX:
            raise UnavailableError("SIGN_IN_BUSY", "Too many people are signing in at once.", retry_after_s=2)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)
        finally:
            self._waiting -= 1


def _give_way() -> None:
    """Let this thread compute only what the bids leave over; a system without priorities per thread shares alike."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
