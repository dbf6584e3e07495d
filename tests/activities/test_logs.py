"""A log line is one JSON object with the ids of its task and without anything private."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from activities.logs import BLANK, bind_ids, blank_private, clear_ids, configure_logs


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What was logged; the process's own configuration comes back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logs("INFO", stream=stream)
    yield stream
    clear_ids()
    structlog.reset_defaults()
    root.handlers = handlers
    root.setLevel(level)


def test_an_event_is_a_json_object_with_its_fields(lines: io.StringIO) -> None:
    structlog.get_logger("api.bids").info("bid_judged", outcome="leading")
    (line,) = _parsed(lines)
    assert line.pop("at").endswith("Z")
    assert line == {"event": "bid_judged", "outcome": "leading", "level": "info", "logger": "api.bids"}


def test_ids_of_the_task_are_on_every_line_until_cleared(lines: io.StringIO) -> None:
    log = structlog.get_logger()
    bind_ids(request_id="r1", auction_id=7)
    log.info("bid_received")
    clear_ids()
    log.info("bid_received")
    first, second = _parsed(lines)
    assert (first["request_id"], first["auction_id"]) == ("r1", 7)
    assert "request_id" not in second


def test_the_standard_library_logs_the_same_way(lines: io.StringIO) -> None:
    bind_ids(request_id="r1")
    logging.getLogger("uvicorn.error").warning("closed %s", "early", extra={"token": "ht_1"})
    (line,) = _parsed(lines)
    assert (line["event"], line["request_id"], line["token"]) == ("closed early", "r1", BLANK)


def test_quieter_levels_are_left_out(lines: io.StringIO) -> None:
    structlog.get_logger().debug("noise")
    logging.getLogger("x").debug("noise")
    assert _parsed(lines) == []


def test_an_exception_stays_on_its_line(lines: io.StringIO) -> None:
    try:
        int("unexpected")
    except ValueError:
        structlog.get_logger().exception("recording_failed")
    (line,) = _parsed(lines)
    assert "ValueError: invalid literal" in line["exception"]


@pytest.mark.parametrize(
    "name",
    [
        *("max_cents", "cents", "private", "nonce", "password", "token"),
        *("authorization", "Authorization", "cookie", "csrf", "reserve_cents"),
    ],
)
def test_private_fields_are_blanked_at_any_depth(name: str) -> None:
    event = {"event": "x", name: "secret", "bids": [{name: "secret"}], "inner": {"more": {name: "secret"}}}
    assert "secret" not in json.dumps(blank_private(None, "info", event))


def _parsed(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]
