"""Logs are structured: one JSON object per line on standard error, past-tense events with fields and the ids of the
request, auction, bid and user they belong to. What must stay private never reaches a line."""

import logging
import sys
from collections.abc import Mapping
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

BLANK = "[private]"
# Field names whose values would reveal a maximum, a reserve or a way in.
PRIVATE = frozenset(
    {
        "authorization",
        "cents",
        "cookie",
        "csrf",
        "csrf_token",
        "max_cents",
        "my_max_cents",
        "nonce",
        "password",
        "password_hash",
        "platform_key",
        "private",
        "reserve_cents",
        "session",
        "set-cookie",
        "token",
        "token_hash",
    }
)


def bind_ids(**ids: str | int) -> None:
    """Add ids (`request_id`, `auction_id`, `bid_id`, `user_id`) to every line of this task from here on."""
    structlog.contextvars.bind_contextvars(**ids)


def clear_ids() -> None:
    """Forget the ids of the task: a new request begins."""
    structlog.contextvars.clear_contextvars()


def blank_private(_logger: WrappedLogger | None, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: blank private fields, also inside mappings and lists."""
    return {key: BLANK if key.lower() in PRIVATE else _blanked(value) for key, value in event.items()}


def _blanked(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: BLANK if str(key).lower() in PRIVATE else _blanked(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_blanked(inner) for inner in value]
    return value


def configure_logs(level: str, *, stream: TextIO | None = None) -> None:
    """Route structlog and the standard library's logging to `stream` (standard error) as JSON lines, from `level` (such
    as `INFO`) on. For composition roots only: it changes the whole process."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    finish: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        blank_private,
        structlog.processors.JSONRenderer(default=str),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=finish))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        chatty = logging.getLogger(name)
        chatty.handlers, chatty.propagate, chatty.disabled = [], True, False
        chatty.setLevel(logging.NOTSET)
