"""The total of a sale: what a buyer pays besides the price, line by line, each with its reason in plain words.

Sources: Minn. Stat. 297B.01-297B.035 (sales tax, what is paid in lieu of it, dealers), 168.27 subd. 31 (documentation
fee), the fee chart of Driver and Vehicle Services, and providers.md section 5.2.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.money import dollars
from domain.rates import Rate, RateTable, percent
from domain.sellers import Licence, LicenceClass

MINNESOTA = "MN"
# Minn. Stat. 297B.035: licensed under 168.27 subd. 2 (new) or 3 (used). No other class is named.
EXEMPT_CLASSES = frozenset({LicenceClass.NEW, LicenceClass.USED})
EXEMPTION_CODE = 8


# The two letters of every place in which a buyer can register a vehicle: states, the capital and territories.
PLACES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA "
    "RI SC SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR VI"
)
STATES = frozenset(PLACES.split())


class Charge(StrEnum):
    """What a line is for."""

    VEHICLE = "vehicle"
    TRADE_IN = "trade_in"
    BUYER_FEE = "buyer_fee"
    DOCUMENTATION_FEE = "documentation_fee"
    SALES_TAX = "sales_tax"
    TITLE_FEE = "title_fee"
    TITLE_TECHNOLOGY = "title_technology"
    PUBLIC_SAFETY_FEE = "public_safety_fee"
    TRANSFER_TAX = "transfer_tax"
    FILING_FEE = "filing_fee"
    LIEN_FEE = "lien_fee"
    PERMIT = "permit"
    DELIVERY = "delivery"


# What the state charges for a Minnesota title, whoever buys: with the words for it.
TITLE_CHARGES = (
    (Charge.TITLE_FEE, Rate.TITLE_FEE, "The state's fee for a title in your name."),
    (Charge.TITLE_TECHNOLOGY, Rate.TITLE_TECHNOLOGY, "The state's technology surcharge on each title."),
    (Charge.PUBLIC_SAFETY_FEE, Rate.PUBLIC_SAFETY_FEE, "The state's public safety vehicle fee."),
    (Charge.TRANSFER_TAX, Rate.TRANSFER_TAX, "The state's tax on a transfer of ownership."),
    (Charge.FILING_FEE, Rate.FILING_FEE, "The deputy registrar's fee for filing the application."),
)
NO_STATE = "Worked out for a buyer in Minnesota; in another state, or for an exempt dealer, it is less."
NO_DELIVERY = "Delivery is not included; you can pick the vehicle up."
HOME_STATE = "Your own state charges its tax and its title fees when you register the vehicle there."
PLATES = "Plates and registration tax are not included; you pay them when you register the vehicle."
STATE_VALUE = "The low tax on an older car also depends on its resale value by the state's sources."
NOT_EXEMPT = "Your exemption is not applied: "


class Doubt(StrEnum):
    """Why an exemption that a buyer claims does not count; the value is the end of a sentence."""

    NO_LICENCE = "we have no approved dealer's licence of yours with its class and its last day."
    OTHER_STATE = "the licence is not Minnesota's."
    WRONG_CLASS = "only dealers of new or used vehicles are exempt, not this class of licence."
    EXPIRED = "the licence has run out by the day of the sale."
    OWN_USE = "the vehicle is not bought solely for resale."
    JOINT = "somebody else would own the vehicle with you."


@dataclass(frozen=True, slots=True, repr=False)
class Exemption:
    """A claim to buy free of tax as a dealer; `licence` only where it was checked. It never shows itself in a log."""

    licence: Licence | None
    for_resale: bool = True
    joint: bool = False

    def doubt(self, sold_on: date) -> Doubt | None:
        """Why it does not count for a sale of that day, or None."""
        if self.licence is None:
            return Doubt.NO_LICENCE
        if self.licence.state != MINNESOTA:
            return Doubt.OTHER_STATE
        if self.licence.licence_class not in EXEMPT_CLASSES:
            return Doubt.WRONG_CLASS
        if self.licence.is_over(sold_on):
            return Doubt.EXPIRED
        if not self.for_resale:
            return Doubt.OWN_USE
        return Doubt.JOINT if self.joint else None


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys, as far as it matters: the two letters of the state in which they register, None where nobody knows."""

    state: str | None = None
    exemption: Exemption | None = None

    @property
    def is_minnesotan(self) -> bool:
        """Whether Minnesota's tax and title are theirs; supposed of whoever has not told."""
        return self.state in {None, MINNESOTA}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What is sold for how much, on which day in Chicago. `resale_value_cents` is the state's, by default the price.

    `collector`: the buyer registers it as a collector's vehicle. `liens` are recorded on the new title. A permit to
    drive home is free unless it is `permit_on_paper`. `delivery_cents` is None while nobody has offered to deliver.
    """

    price_cents: int
    sold_on: date
    model_year: int
    resale_value_cents: int | None = None
    is_passenger: bool = True
    collector: bool = False
    trade_in_cents: int = 0
    liens: int = 0
    permit_on_paper: bool = False
    delivery_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One charge in cents, negative for a trade-in alone, and why it is so much."""

    code: Charge
    cents: int
    why: str


@dataclass(frozen=True, slots=True)
class Total:
    """All lines in their order, their sum, by which version of the rates, and what the reader should know besides."""

    lines: tuple[Line, ...]
    total_cents: int
    rates_version: int
    notes: tuple[str, ...] = ()

    def cents_of(self, *codes: Charge) -> int:
        """The sum of some lines."""
        return sum(line.cents for line in self.lines if line.code in codes)


@dataclass(frozen=True, slots=True)
class Change:
    """A charge that differs between two totals of one sale; 0 where it is in one of them only."""

    code: Charge
    before_cents: int
    after_cents: int


def total(table: RateTable, buyer: Buyer, sale: Sale) -> Total:
    """The total by the rates in force on the day of the sale.

    Raises ValueError for a price that is not positive, a trade-in above it, or a table of a later day.
    """
    if sale.price_cents <= 0 or not 0 <= sale.trade_in_cents <= sale.price_cents:
        raise ValueError("the price must be positive, and a trade-in at most the price")
    if sale.sold_on < table.effective_on:
        raise ValueError(f"rates of {table.effective_on} do not hold on {sale.sold_on}")
    lines = tuple(_lines(table, buyer, sale))
    return Total(lines, sum(line.cents for line in lines), table.version, tuple(_notes(table, buyer, sale)))


def buyer_fee(table: RateTable, price_cents: int) -> int:
    """The house's fee on a price: a share of it within its bounds."""
    share = table.share(Rate.BUYER_FEE, price_cents)
    return min(table.of(Rate.BUYER_FEE_MOST), max(table.of(Rate.BUYER_FEE_LEAST), share))


def buyer_fee_terms(table: RateTable) -> str:
    """`5 % of the price, at least $250, at most $5,000`."""
    least, most = dollars(table.of(Rate.BUYER_FEE_LEAST)), dollars(table.of(Rate.BUYER_FEE_MOST))
    return f"{percent(table.of(Rate.BUYER_FEE))} of the price, at least {least}, at most {most}"


def is_exempt(buyer: Buyer, sold_on: date) -> bool:
    """Whether the buyer owes Minnesota no tax as a dealer (code 8); it does not matter to anyone from elsewhere."""
    return buyer.is_minnesotan and buyer.exemption is not None and buyer.exemption.doubt(sold_on) is None


def changes(before: Total, after: Total) -> tuple[Change, ...]:
    """What differs between a quote and its invoice, such as by a table that took effect at midnight in between."""
    differing = ((code, before.cents_of(code), after.cents_of(code)) for code in Charge)
    return tuple(Change(*each) for each in differing if each[1] != each[2])


def _lines(table: RateTable, buyer: Buyer, sale: Sale) -> Iterator[Line]:
    yield Line(Charge.VEHICLE, sale.price_cents, "The price of the vehicle.")
    if sale.trade_in_cents:
        yield Line(Charge.TRADE_IN, -sale.trade_in_cents, "What your own vehicle is taken in payment for.")
    fee = buyer_fee(table, sale.price_cents)
    yield Line(Charge.BUYER_FEE, fee, f"The house's fee: {buyer_fee_terms(table)}.")
    yield _documentation(table, sale)
    yield _sales_tax(table, buyer, sale)
    yield from _state_charges(table, buyer, sale)
    if sale.delivery_cents is not None:
        yield Line(Charge.DELIVERY, sale.delivery_cents, "Delivery to your address.")


def _documentation(table: RateTable, sale: Sale) -> Line:
    full, most = table.of(Rate.DOCUMENTATION_FEE), table.share(Rate.DOCUMENTATION_FEE_MOST, sale.price_cents)
    if most < full:
        share = percent(table.of(Rate.DOCUMENTATION_FEE_MOST))
        return Line(Charge.DOCUMENTATION_FEE, most, f"For preparing the papers; at most {share} of the price.")
    return Line(Charge.DOCUMENTATION_FEE, full, "For preparing the papers of the sale.")


def _sales_tax(table: RateTable, buyer: Buyer, sale: Sale) -> Line:
    cents, why = _tax_and_reason(table, buyer, sale)
    return Line(Charge.SALES_TAX, cents, why)


def _tax_and_reason(table: RateTable, buyer: Buyer, sale: Sale) -> tuple[int, str]:
    if not buyer.is_minnesotan:
        return 0, "None to Minnesota: you register the vehicle in another state."
    if is_exempt(buyer, sale.sold_on):
        return 0, f"None: a licensed dealer buys it for resale (exemption code {EXEMPTION_CODE})."
    usual = percent(table.of(Rate.SALES_TAX))
    if sale.collector and sale.is_passenger:
        cents = table.of(Rate.COLLECTOR_TAX)
        return cents, f"{dollars(cents)} instead of {usual}: you register it as a collector's vehicle."
    if _is_old_and_cheap(table, sale):
        cents, below, year = table.of(Rate.OLDER_TAX), table.of(Rate.OLDER_BELOW), table.of(Rate.OLDER_FROM)
        reason = f"a passenger car in its year {year} or later that is worth less than {dollars(below)}"
        return cents, f"{dollars(cents)} instead of {usual}: {reason}."
    base = _taxed_cents(table, sale)
    words = f"Minnesota's {usual} on vehicles, of {dollars(base)}{_taxed_of(table, sale)}."
    return table.share(Rate.SALES_TAX, base), words


def _taxed_cents(table: RateTable, sale: Sale) -> int:
    fee = buyer_fee(table, sale.price_cents) if table.of(Rate.BUYER_FEE_IS_TAXED) else 0
    return sale.price_cents - sale.trade_in_cents + fee


def _taxed_of(table: RateTable, sale: Sale) -> str:
    parts = ["the price"]
    if table.of(Rate.BUYER_FEE_IS_TAXED):
        parts.append("with the buyer fee")
    if sale.trade_in_cents:
        parts.append("less your trade-in")
    return f" ({' '.join(parts)})" if len(parts) > 1 else ""


def _is_old_and_cheap(table: RateTable, sale: Sale) -> bool:
    """Whether the tax in lieu of Minn. Stat. 297B.025 subd. 1 applies: both price and value must be low.

    The model year is a vehicle's first year of life.
    """
    year_of_life = sale.sold_on.year - sale.model_year + 1
    worth = max(sale.price_cents, sale.resale_value_cents or 0)
    is_old = year_of_life >= table.of(Rate.OLDER_FROM)
    return sale.is_passenger and is_old and worth < table.of(Rate.OLDER_BELOW)


def _state_charges(table: RateTable, buyer: Buyer, sale: Sale) -> Iterator[Line]:
    if not buyer.is_minnesotan:
        permit = table.of(Rate.PERMIT)
        if sale.permit_on_paper:
            yield Line(Charge.PERMIT, permit, "A temporary permit on paper, to drive home.")
        else:
            yield Line(Charge.PERMIT, 0, f"A temporary permit to drive home: {dollars(permit)} waived, sent by e-mail.")
    # A dealer who buys for resale is assigned the title and applies for none.
    elif not is_exempt(buyer, sale.sold_on):
        yield from (Line(code, table.of(rate), why) for code, rate, why in TITLE_CHARGES)
        if sale.liens:
            each = table.of(Rate.LIEN_FEE)
            yield Line(Charge.LIEN_FEE, sale.liens * each, f"{dollars(each)} for each lien on the new title.")


def _notes(table: RateTable, buyer: Buyer, sale: Sale) -> Iterator[str]:
    if buyer.state is None:
        yield NO_STATE
    if buyer.is_minnesotan and buyer.exemption is not None:
        doubt = buyer.exemption.doubt(sale.sold_on)
        if doubt is not None:
            yield f"{NOT_EXEMPT}{doubt.value}"
    if not buyer.is_minnesotan:
        yield HOME_STATE
    elif not is_exempt(buyer, sale.sold_on):
        if sale.resale_value_cents is None and not sale.collector and _is_old_and_cheap(table, sale):
            yield STATE_VALUE
        yield PLATES
    if sale.delivery_cents is None:
        yield NO_DELIVERY
