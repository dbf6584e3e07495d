"""One lot that everybody wants: throughput and latency of the product and of two baselines, in the same run."""

import tempfile
from pathlib import Path

from sqlalchemy import URL, create_engine, text

from tests.db import mariadb
from tests.load import wrk
from tests.load.bench import Bench, OneByOnePrograms, RowLockPrograms, Stage
from tests.load.figures import Figure, at_least, plain, ratio, under

GROUP = "hot lot: one auction over HTTP, 512 bidders signed in, receipts and recording on"
CONNECTIONS = 32
MANY = 128
GOALS = {CONNECTIONS: 1_200, MANY: 2_400}
TIMES_ONE_BY_ONE = 8
SLOWEST_MS = 100
LONE_MS = 20
WARM_S = 3
JUDGED = "bids judged, refused ones included"


def hot(bench: Bench) -> list[Figure]:
    """The product first, then each baseline on a stack of its own."""
    with bench.stage() as stage:
        lots = _lots_after_warm_up(stage, 3)
        lone = _loaded(bench, stage, [lots[0]], 1)[1]
        found = {each: _loaded(bench, stage, [lot], each) for each, lot in zip(GOALS, lots[1:], strict=True)}
    one_by_one, updates = _one_by_one(bench)
    row_lock, locks = _row_lock(bench)
    figures = []
    for connections, (committed, answers) in found.items():
        name = f"{connections} connections"
        figures += [
            at_least(GROUP, f"{name}, committed", committed, "bids/s", GOALS[connections]),
            plain(GROUP, f"{name}, answered 201", answers.per_second, "bids/s"),
            plain(GROUP, f"{name}, p50", answers.p50_ms, "ms"),
            under(GROUP, f"{name}, p99", answers.p99_ms, "ms", SLOWEST_MS),
        ]
    product = found[CONNECTIONS][1]
    return [
        *figures,
        under(GROUP, "one bid alone, p50", lone.p50_ms, "ms", LONE_MS),
        plain(GROUP, "one bid alone, p99", lone.p99_ms, "ms"),
        _baseline("one update per bid", one_by_one, updates),
        _baseline("SELECT FOR UPDATE", row_lock, locks),
        at_least(GROUP, "times one update per bid", _times(product, updates), "x", TIMES_ONE_BY_ONE, against=JUDGED),
        plain(GROUP, "times SELECT FOR UPDATE", _times(product, locks), "x", against=JUDGED),
    ]


def _baseline(name: str, committed: float, answers: wrk.Answers) -> Figure:
    seen = f"{answers.judged_per_second:.0f} judged/s, p99 {answers.p99_ms:.0f} ms"
    return plain(GROUP, f"baseline: {name}, committed", committed, "bids/s", against=seen)


def _times(product: wrk.Answers, baseline: wrk.Answers) -> float:
    # Bids that overtake each other are refused, which is more common where they travel alone: all answers count here.
    return ratio(product.judged_per_second, baseline.judged_per_second)


def _one_by_one(bench: Bench) -> tuple[float, wrk.Answers]:
    bench.say("baseline: one update per bid")
    with bench.stage(programs=OneByOnePrograms) as stage:
        return _loaded(bench, stage, _lots_after_warm_up(stage, 1), CONNECTIONS)


def _row_lock(bench: Bench) -> tuple[float, wrk.Answers]:
    bench.say("baseline: SELECT FOR UPDATE on MariaDB")
    with tempfile.TemporaryDirectory(prefix="hammertime-mariadb-") as folder, mariadb.server(Path(folder)) as server:
        _as_durable_as_sqlite(server)
        url = mariadb.create_database(server, "baseline").render_as_string(hide_password=False)
        with bench.stage(programs=RowLockPrograms, settings={"database_url": url}) as stage:
            warm, lot = stage.market.rows(2)
            stage.warm_up([warm], connections=CONNECTIONS, seconds=WARM_S)
            return _loaded(bench, stage, [lot], CONNECTIONS)


def _as_durable_as_sqlite(server: URL) -> None:
    # 2: each commit is handed to the operating system, as in SQLite's WAL: it survives a killed process.
    engine = create_engine(server)
    with engine.connect() as connection:
        connection.execute(text("SET GLOBAL innodb_flush_log_at_trx_commit = 2"))
    engine.dispose()


def _lots_after_warm_up(stage: Stage, count: int) -> list[int]:
    warm, *lots = stage.market.lots(count + 1)
    stage.warm_up([warm], connections=CONNECTIONS, seconds=WARM_S)
    return lots


def _loaded(bench: Bench, stage: Stage, lots: list[int], connections: int) -> tuple[float, wrk.Answers]:
    answers = stage.bid(lots, connections=connections, seconds=bench.choose(10, 3))
    bench.note(f"one lot, {connections} connections", answers)
    return stage.market.taken(lots) / answers.seconds, answers
