"""Passwords: argon2id hashes, made and checked in two threads of their own so that sign-ins never starve bids."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.errors import UnavailableError

# OWASP's password storage cheat sheet: argon2id with 19 MiB, two passes, one lane; about 20 ms on our machines.
MEMORY_KIB = 19 * 1024
PASSES = 2
THREADS = 2
WAITING_MAX = 100
MAX_LENGTH = 200

T = TypeVar("T")


def make_hasher() -> PasswordHasher:
    """The one parameter set of the product."""
    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)


def hash_password(password: str) -> str:
    """Hash a password where blocking is fine, as in the seed."""
    return make_hasher().hash(password)


class Passwords:
    """Checks passwords for one process; `close()` ends its threads."""

    def __init__(self) -> None:
        self._hasher = make_hasher()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._nobody = self._hasher.hash("the password of no account")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Hash a password. Raises UnavailableError when too many wait already."""
        return await self._run(self._hasher.hash, password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is right; without a hash (no such account) it takes as long and says no."""
        found = await self._run(self._verify, password_hash or self._nobody, password)
        return found and password_hash is not None

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

    async def _run(self, call: Callable[..., T], *arguments: str) -> T:
        if self._waiting >= WAITING_MAX:
            raise UnavailableError("SIGN_IN_BUSY", "Too many people are signing in at once.", retry_after_s=2)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)
        finally:
            self._waiting -= 1
