"""What the live streams of a process count."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

LAG_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class StreamMetrics:
    """The figures of one hub."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.open = Gauge("streams_open", "Open event streams.", registry=registry)
        self.writes = Counter("stream_writes", "Writes of one or more events to one stream.", registry=registry)
        self.slow_readers = Counter("stream_slow_readers", "Queues dropped for a fresh snapshot.", registry=registry)
        self.repairs = Counter("stream_repairs", "Lots brought up to date from the database.", registry=registry)
        self.lag = Histogram(
            "stream_lag_seconds",
            "From the decision on a bid to the last write of its events.",
            buckets=LAG_BUCKETS,
            registry=registry,
        )
