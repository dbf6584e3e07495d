"""What accounts cost: on the path of a bid, when many sign in, and while thousands of them rest."""

from tests.load.bench import Bench
from tests.load.checks import checks
from tests.load.entering import entering
from tests.load.figures import Figure
from tests.load.newcomers import newcomers


def accounts(bench: Bench) -> list[Figure]:
    """All three; the figures of those before one that fails are kept."""
    for part in (checks, entering, newcomers):
        bench.figures += part(bench)
    return []
