"""Money in integer US cents, and the bid increments of the auction rules."""

from dataclasses import dataclass

DOLLAR = 100
MAX_BID_CENTS = 10_000_000_000


def is_whole_dollars(cents: int) -> bool:
    """Whether an amount is a positive multiple of one dollar (auction-rules.md section 1)."""
    return cents > 0 and cents % DOLLAR == 0


def dollars(cents: int) -> str:
    """`$12,345`, with the cents only where there are any."""
    whole, rest = divmod(abs(cents), DOLLAR)
    sign = "-" if cents < 0 else ""
    return f"{sign}${whole:,}.{rest:02}" if rest else f"{sign}${whole:,}"


@dataclass(frozen=True, slots=True)
class IncrementTable:
    """Bid increments by price: the step of the last edge at or below the price."""

    version: str
    steps: tuple[tuple[int, int], ...]

    def at(self, price_cents: int) -> int:
        """Cents between the price and the least next bid."""
        increment = self.steps[0][1]
        for edge, step in self.steps:
            if price_cents < edge:
                break
            increment = step
        return increment


INCREMENTS_2026_1 = IncrementTable(
    "2026-1",
    (
        (0, 25_00),
        (1_000_00, 50_00),
        (5_000_00, 100_00),
        (25_000_00, 250_00),
        (50_000_00, 500_00),
        (100_000_00, 1_000_00),
    ),
)
INCREMENT_TABLES = {INCREMENTS_2026_1.version: INCREMENTS_2026_1}
CURRENT_INCREMENTS = INCREMENTS_2026_1.version
