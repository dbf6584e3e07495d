"""The words and formats of the pages, and that the browser's scripts write the same."""

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.auction import Result, Status
from domain.bidding import Kind, Reserve
from domain.errors import Code
from tests.web.samples import NOW, POSITIONS, STATES, auction, line, mine
from web import words
from web.formats import BUYER_FEE, cents_of, clock_time, exact_time, money, short_time, span, when
from web.lots import Lot, history_fields
from web.pages import STATIC, Pages

SCRIPTS = STATIC / "js"
SCRIPT_BUDGET = 60 * 1024
SPANS = (-5, 0, 1, 1_000, 59_001, 60_000, 729_000, 3_599_001, 3_600_000, 14_709_000, 86_400_000, 277_920_000)
AMOUNTS = (0, 1, 99, 100, 25_00, 999_99, 1_000_00, 1_234_567_00, -25_50)
TYPED = (
    "12500",
    "$12,500",
    " 12,500.00 ",
    "12,50",
    "1.5",
    "",
    "abc",
    "-5",
    "1e5",
    "1234567890",
    "0",
    "$ 7",
    "12500.99",
)


@pytest.mark.parametrize("code", [each.value for each in Code])
def test_every_refusal_of_the_rules_has_plain_words(code: str) -> None:
    assert code in words.REFUSAL


def test_every_state_of_the_rules_has_plain_words() -> None:
    assert {each.value for each in Status} == set(words.STATUS) == set(words.COUNTDOWN)
    assert {each.value for each in Result} == set(words.RESULT) == set(words.RESULT_TEXT)
    assert {each.value for each in Reserve} == set(words.RESERVE)
    assert {each.value for each in Kind} <= set(words.HISTORY)
    assert set(POSITIONS) == set(words.POSITION)


def test_a_refusal_names_the_exact_minimum_and_times() -> None:
    late = {"received_at": "2026-05-05T12:00:00.412Z", "ends_at": "2026-05-05T12:00:00.000Z"}
    assert words.refusal("TOO_LATE", late) == (
        "Your bid reached us at 12:00:00.412 UTC, and bidding ended at 12:00:00.000 UTC."
    )
    assert words.refusal("TOO_LATE", {}) == words.REFUSAL["TOO_LATE"]
    assert "$12,600" in words.refusal("BELOW_MINIMUM", {"minimum_next_cents": 12_600_00})
    assert words.refusal("UNHEARD_OF", {"detail": "Just so."}) == "Just so."
    assert words.refusal("UNHEARD_OF", {}) == words.REFUSAL_DEFAULT


@pytest.mark.parametrize(
    ("cents", "fee"), [(100, 250_00), (5_000_00, 250_00), (12_500_00, 625_00), (250_000_00, 5_000_00)]
)
def test_the_buyer_fee_has_a_floor_and_a_ceiling(cents: int, fee: int) -> None:
    assert BUYER_FEE.of(cents) == fee


def test_amounts_are_read_as_people_type_them() -> None:
    read = [cents_of(text) for text in TYPED]
    assert read == [12_500_00] * 3 + [None] * 7 + [0, 7_00, 12_500_99]


def test_times_are_written_in_the_markets_zone() -> None:
    summer, winter = datetime(2026, 5, 5, 12, 0, 5, tzinfo=UTC), "2026-01-05T06:30:00.000Z"
    assert (when(summer), when(winter)) == ("May 5, 2026, 7:00 AM CDT", "Jan 5, 2026, 12:30 AM CST")
    assert (clock_time(summer), short_time(summer)) == ("May 5, 7:00:05 AM", "May 5, 7:00 AM")
    assert exact_time(summer) == "12:00:05.000 UTC"


def test_time_left_is_written_with_what_matters() -> None:
    assert [span(each) for each in SPANS] == [
        *("0s", "0s", "1s", "1s", "1m 00s", "1m 00s", "12m 09s", "1h 00m 00s", "1h 00m 00s", "4h 05m 09s"),
        *("1d 0h 00m", "3d 5h 12m"),
    ]


def test_an_amount_twice_the_minimum_is_asked_about() -> None:
    assert [words.needs_confirmation(cents, 5_000_00) for cents in (9_999_00, 10_000_00)] == [False, True]


def test_scripts_stay_small_and_static_addresses_change_with_their_content(pages: Pages) -> None:
    assert sum(path.stat().st_size for path in SCRIPTS.glob("*.js")) < SCRIPT_BUDGET
    assert pages.static_url("js/auction.js").startswith("/static/js/auction.js?v=")
    with pytest.raises(KeyError):
        pages.static_url("js/absent.js")


InNode = Callable[[str, object], Any]


@pytest.fixture
def in_node(tmp_path: Path) -> InNode:
    """Runs a snippet beside the page's own modules: what it returns for `values`."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    shutil.copytree(SCRIPTS, tmp_path, dirs_exist_ok=True)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    imports = "".join(f"import * as {name} from './{name}.js';" for name in ("format", "lot", "clock"))

    def run(code: str, values: object) -> Any:
        script = f"{imports}const values={json.dumps(values)};console.log(JSON.stringify((()=>{{{code}}})()))"
        (tmp_path / "snippet.js").write_text(script)
        done = subprocess.run(
            [node, "snippet.js"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30
        )
        return json.loads(done.stdout)

    return run


def test_scripts_write_money_amounts_spans_and_fees_as_the_server_does(in_node: InNode) -> None:
    code = """return {money: values.cents.map(format.money), typed: values.typed.map(format.centsOf),
      spans: values.spans.map(format.span), fees: values.cents.map((c) => format.buyerFee(c, values.fee))};"""
    fee = words.FOR_SCRIPTS["fee"]
    found = in_node(code, {"cents": AMOUNTS, "typed": TYPED, "spans": SPANS, "fee": fee})
    assert found == {
        "money": [money(each) for each in AMOUNTS],
        "typed": [cents_of(each) for each in TYPED],
        "spans": [span(each) for each in SPANS],
        "fees": [BUYER_FEE.of(each) for each in AMOUNTS],
    }


def test_a_live_update_reads_like_the_first_paint_in_every_state_and_position(in_node: InNode) -> None:
    pairs = [(auction(**state), mine(**position)) for state in STATES.values() for position in POSITIONS.values()]
    lots = [
        one | {f"my_{name}" if name == "minimum_cents" else name: value for name, value in own.items()}
        for one, own in pairs
    ]
    now = int(NOW.timestamp() * 1000)
    code = """return values.lots.map((each) => ({...lot.fieldsOf(each, values.words),
      countdown: lot.countdownOf(each, values.words, values.now)}));"""
    found = in_node(code, {"lots": lots, "words": words.FOR_SCRIPTS, "now": now})
    assert found == [Lot(one, own, NOW).fields() for one, own in pairs]


def test_a_history_line_reads_the_same_live_and_on_first_paint(in_node: InNode) -> None:
    lines = [
        line(),
        line(kind="auto_bid", amount_cents=None, extended=True),
        line(bidder="Bidder 2", outcome="outbid"),
        line(bidder="Bidder 2", outcome="outbid", leader="Bidder 9", retracted=True),
        line(kind="held", bidder=None, amount_cents=None, outcome=None),
        line(kind="extended", bidder=None, amount_cents=None, outcome=None, extended=True),
    ]
    code = "return values.lines.map((each) => ({...lot.historyFields(each, 'Bidder 3', values.words), at: ''}));"
    found = in_node(code, {"lines": lines, "words": words.FOR_SCRIPTS})
    assert found == [history_fields(each, "Bidder 3") | {"at": ""} for each in lines]


def test_frames_older_than_what_is_shown_are_not_applied(in_node: InNode) -> None:
    frames = [
        {"version": 13},
        {"version": 15},
        {"version": 14, "status": "scheduled"},
        {"version": 14, "status": "live"},
    ]
    code = "return values.frames.map((each) => lot.isCurrent(values.lot, each));"
    assert in_node(code, {"lot": auction(), "frames": frames}) == [False, True, False, True]


def test_a_frame_from_before_my_answered_bid_does_not_move_my_position(in_node: InNode) -> None:
    own = auction() | mine(**POSITIONS["leading"]) | {"my_minimum_cents": None, "answered_seq": 30}
    frames = [{"version": 15, "leader": "Bidder 5", "lines": [{"seq": seq}]} for seq in (29, 31)]
    code = "return values.frames.map((each) => lot.withPublic(values.lot, each).position);"
    assert in_node(code, {"lot": own, "frames": frames}) == ["leading", "outbid"]


def test_the_servers_clock_is_found_from_the_quickest_answer_within_the_bounds_of_pushed_news(in_node: InNode) -> None:
    code = """const base = Date.parse('2026-05-05T12:00:00.000Z');
      const stamp = (ms) => new Date(base + ms).toISOString();
      const each = new clock.ServerClock(() => 1000);
      const seen = [];
      each.sample(stamp(900), null, 1000); seen.push(each.now() - base);
      each.sample(stamp(1020), 900, 1100); seen.push(each.now() - base);
      each.sample(stamp(2000), 1000, 4000); seen.push(each.now() - base);
      each.sample(stamp(1535), null, 1500); seen.push(each.now() - base);
      each.sample('nonsense'); seen.push(each.now() - base);
      return seen;"""
    assert in_node(code, {}) == [900, 1020, 1020, 1035, 1035]
