"""The environment of the stack's programs: each setting somebody chose, what the stack decided, and little else."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from activities.settings import Settings
from temporal.stack.leftovers import MARK_VARIABLE
from temporal.stack.ports import LOOPBACK, Ports
from temporal.stack.sandboxes import Sandboxes

INHERITED = (
    *("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_CACHE_HOME"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "VIRTUAL_ENV", "PYTHONPATH", "COVERAGE_PROCESS_START"),
)
# One for ever: there is a single worker here, and an auction pinned to another build would wait for it in vain.
BUILD_ID = "embedded"
# What people open, whatever address the servers are bound to: a passkey belongs to a name, never to an address. The
# Temporal UI has the same name, so that the site's cookie goes with what it asks the codec.
LOCAL_NAME = "localhost"
# Each process has a name of its own; one that is handed down would make them look like one.
OF_ONE_PROCESS = frozenset({"process_id"})


def program_environment(settings: Settings, ports: Ports, run_id: str, sandboxes: Sandboxes) -> dict[str, str]:
    """Variables for the programs; an address that was not set is that of the stack's own server."""
    data_dir = settings.data_dir.absolute()
    usual = {
        "DATABASE_URL": settings.database_url,
        "TEMPORAL_ADDRESS": f"{LOOPBACK}:{ports.temporal}",
        "PUBLIC_URL": f"http://{LOCAL_NAME}:{ports.api}",
        "TEMPORAL_UI_ORIGIN": f"http://{LOCAL_NAME}:{ports.ui}",
        "WORKER_BUILD_ID": BUILD_ID,
    }
    decided = {
        "REDIS_URL": settings.redis_url if names_redis(settings) else f"redis://{LOOPBACK}:{ports.redis}/0",
        "DATA_DIR": str(data_dir),
        "HOST": LOOPBACK,
        "PORT": str(ports.api),
        MARK_VARIABLE: run_id,
        "PYTHONUNBUFFERED": "1",
    }
    return {**_inherited(), **sandboxes.variables, **usual, **_chosen(settings), **decided}


def names_redis(settings: Settings) -> bool:
    """Whether somebody named a Redis of their own; the example's address alone, copied into `.env`, does not."""
    return settings.redis_url != str(Settings.model_fields["redis_url"].default)


def tool_environment(run_id: str) -> dict[str, str]:
    """Variables for tools that build or download: they need to see proxies, caches and compilers as their user does."""
    return {**os.environ, MARK_VARIABLE: run_id, "PYTHONUNBUFFERED": "1"}


def _inherited() -> dict[str, str]:
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


def _chosen(settings: Settings) -> Mapping[str, str]:
    names = settings.model_fields_set - OF_ONE_PROCESS
    return {
        name.upper(): _text(getattr(settings, name)) for name in sorted(names) if getattr(settings, name) is not None
    }


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value.absolute() if isinstance(value, Path) else value)
