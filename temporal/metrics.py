"""What the doors into auctions count and time, as Prometheus metrics (seconds, counts)."""

from prometheus_client import CollectorRegistry, Counter, Histogram

FAST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class DoorMetrics:
    """The metrics of one process's doors, on one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.batch_size = Histogram("bid_batch_size", "Bids that travelled together.", buckets=SIZES, registry=registry)
        self.judging = Histogram(
            "bid_judging_seconds", "From sending a batch to its answer.", buckets=FAST, registry=registry
        )
        self.recording = Histogram(
            "bid_recording_seconds", "One transaction between two batches.", buckets=FAST, registry=registry
        )
        self.outcomes = Counter("bids_judged_total", "Bids by outcome.", ["outcome", "code"], registry=registry)
        self.retries = Counter(
            "bid_batch_retries_total",
            "Batches sent again because their outcome was unknown.",
            ["reason"],
            registry=registry,
        )
        self.unavailable = Counter("bids_unavailable_total", "Bids that were answered 503.", registry=registry)
        self.late_arrivals = Counter(
            "bids_late_arrivals_total", "Bids received in time that came after the close decision.", registry=registry
        )
        self.caught_up = Counter("ledger_caught_up_total", "Entries recorded after a crash or gap.", registry=registry)
        self.recording_failures = Counter(
            "ledger_recording_failures_total",
            "Recordings given up because the database refuses them; the entries are in the auctions' histories only.",
            ["by"],
            registry=registry,
        )
        for by in ("door", "sweeper"):
            self.recording_failures.labels(by)
        self.forks = Counter("ledger_forks_total", "Lots whose database and history disagree.", registry=registry)
