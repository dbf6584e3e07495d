"""The balancer's rule in docs/operations.md: it finds every route that brings bids, and no other, by its lot."""

import re
from pathlib import Path

import pytest

from activities.settings import load_settings
from api.app import create_app
from api.routes import audiences

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
BIDS = {f"{start}/auctions/{{auction_id}}/{name}" for start in ("", "/api") for name in ("bid", "auto-bid")}


@pytest.fixture(scope="module")
def rule() -> str:
    (found,) = re.findall(r"```nginx\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


def lot_of(rule: str, path: str) -> str | None:
    """What nginx's `map` makes of a path; None for its default."""
    (pattern,) = re.findall(r'^    "~(\S+)" \$number;$', rule, re.MULTILINE)
    found = re.search(pattern.replace("(?<", "(?P<"), path)
    return None if found is None else found["number"]


def test_bids_and_nothing_else_go_by_their_lot(rule: str) -> None:
    (pattern,) = re.findall(r"location ~ (\S+) \{\s+proxy_pass http://bids;", rule)
    routes = {path for _, path, _ in audiences(create_app(load_settings()))}
    balanced = {path for path in routes if re.search(pattern, re.sub(r"\{[^}]*\}", "7", path))}
    assert balanced == BIDS
    assert "hash $lot consistent;" in rule


@pytest.mark.parametrize("path", sorted(BIDS))
def test_all_ways_to_bid_on_a_lot_lead_to_one_process_and_those_on_another_are_told_apart(rule: str, path: str) -> None:
    assert [lot_of(rule, path.format(auction_id=number)) for number in (7, 77)] == ["7", "77"]
