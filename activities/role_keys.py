"""The keys that a machine has by its role, its environment or its files: read ahead, so that who signs never waits."""

from collections.abc import Callable

import structlog
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import BotoCoreError
from botocore.session import Session

from activities.object_links import Bucket, Keys

# What the library raises where nobody answers, or answers nonsense, or with keys that have ended.
FAILURES = (BotoCoreError, OSError, RuntimeError, ValueError, KeyError)

log = structlog.get_logger(__name__)


class RoleKeys:
    """Gives the keys of the moment when it is called; `refresh` is to be called every few seconds, in a thread.

    Keys of a role end within hours. The library asks for new ones a quarter of an hour before.
    """

    def __init__(self, find: Callable[[], Credentials | None] | None = None) -> None:
        self._find = find or Session().get_credentials
        self._found: Credentials | None = None
        self._keys: Keys | None = None

    def __call__(self) -> Keys | None:
        """The keys; None before the machine has told any, and when those that it told have ended."""
        return None if _has_ended(self._found) else self._keys

    def refresh(self) -> None:
        """Read the keys where there are none yet, and anew where they end soon. May wait for the network; what is wrong
        there is logged, and the keys stay as they are."""
        try:
            found = self._found or self._find()
            if found is None:
                log.error("object_store_has_no_keys")
                return
            told = found.get_frozen_credentials()
        except FAILURES as error:
            log.error("object_store_keys_not_told", error=type(error).__name__)  # noqa: TRY400 - it may hold the keys
            return
        self._found, self._keys = found, Keys(told.access_key or "", told.secret_key or "", told.token or "")


def role_keys_of(bucket: Bucket) -> RoleKeys | None:
    """Where to get the keys of a bucket that has none of its own; they are asked for once already."""
    if bucket.keys is not None:
        return None
    keys = RoleKeys()
    keys.refresh()
    return keys


def _has_ended(found: Credentials | None) -> bool:
    return isinstance(found, RefreshableCredentials) and found.refresh_needed(refresh_in=0)
