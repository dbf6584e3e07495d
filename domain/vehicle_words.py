"""What others call a body, a drivetrain, a fuel or a title, in our finite sets: only where the words are certain."""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from domain.vehicles import BodyType, Drivetrain, FuelType, TitleStatus

Kind = TypeVar("Kind", bound=StrEnum)
LITRES = re.compile(r"\b(\d{1,2}(?:\.\d+)?)[ -]?(?:l|liters?|litres?)\b")
CYLINDERS = re.compile(r"\b[vwhil]-?(\d{1,2})\b|\b(?:flat|inline|straight)[- ](\d{1,2})\b|\b(\d{1,2})[- ]?cyl")
# Longer names stand before the shorter ones that they hold.
BODIES: Mapping[str, BodyType] = MappingProxyType(
    {
        "convertible": BodyType.CONVERTIBLE,
        "cabriolet": BodyType.CONVERTIBLE,
        "roadster": BodyType.CONVERTIBLE,
        "hatchback": BodyType.HATCHBACK,
        "liftback": BodyType.HATCHBACK,
        "wagon": BodyType.WAGON,
        "pickup": BodyType.PICKUP,
        "minivan": BodyType.VAN,
        "van": BodyType.VAN,
        "suv": BodyType.SUV,
        "sport utility": BodyType.SUV,
        "crossover": BodyType.SUV,
        "coupe": BodyType.COUPE,
        "sedan": BodyType.SEDAN,
        "saloon": BodyType.SEDAN,
    }
)
DRIVES: Mapping[str, Drivetrain] = MappingProxyType(
    {
        "awd": Drivetrain.AWD,
        "all wheel drive": Drivetrain.AWD,
        "4wd": Drivetrain.FOUR_WD,
        "4x4": Drivetrain.FOUR_WD,
        "4 wheel drive": Drivetrain.FOUR_WD,
        "four wheel drive": Drivetrain.FOUR_WD,
        "fwd": Drivetrain.FWD,
        "front wheel drive": Drivetrain.FWD,
        "rwd": Drivetrain.RWD,
        "rear wheel drive": Drivetrain.RWD,
    }
)
# Words of a drive that may be of either end.
EITHER_END = ("2wd", "4x2")
FUELS: Mapping[str, FuelType] = MappingProxyType(
    {
        "phev": FuelType.PLUG_IN_HYBRID,
        "plug in hybrid": FuelType.PLUG_IN_HYBRID,
        "bev": FuelType.ELECTRIC,
        "hev": FuelType.HYBRID,
        "hybrid": FuelType.HYBRID,
        "diesel": FuelType.DIESEL,
        "gasoline": FuelType.GASOLINE,
        "gas": FuelType.GASOLINE,
        "petrol": FuelType.GASOLINE,
        "unleaded": FuelType.GASOLINE,
        "electric": FuelType.ELECTRIC,
    }
)
# These name the others along with themselves: a hybrid is electric and burns gasoline.
HYBRIDS = (FuelType.PLUG_IN_HYBRID, FuelType.HYBRID)
UNCERTAIN_FUELS = ("mild", "flex", "flexible")
BRANDS: Mapping[str, TitleStatus] = MappingProxyType(
    {
        "prior salvage": TitleStatus.PRIOR_SALVAGE,
        "former salvage": TitleStatus.PRIOR_SALVAGE,
        "rebuilt": TitleStatus.REBUILT,
        "reconstructed": TitleStatus.REBUILT,
        "salvage": TitleStatus.SALVAGE,
        "lemon": TitleStatus.LEMON,
        "manufacturer buy back": TitleStatus.LEMON,
        "buyback": TitleStatus.LEMON,
    }
)


def body_type_of(text: str) -> BodyType | None:
    """`Sport Utility Vehicle (SUV)/Multi-Purpose Vehicle (MPV)` is an SUV; None for what may be several."""
    return _only(_kinds(words_of(text), BODIES))


def drivetrain_of(text: str) -> Drivetrain | None:
    """`4WD/4-Wheel Drive/4x4` is 4WD; None for what may be several, such as `4x2` or `2WD/4WD`."""
    words = words_of(text)
    return None if _holds(words, *EITHER_END) else _only(_kinds(words, DRIVES))


def fuel_type_of(text: str) -> FuelType | None:
    """`Gasoline/Electric Hybrid` is a hybrid; None for flexible fuels, and for a mild hybrid, which is hardly one."""
    words = words_of(text)
    if _holds(words, *UNCERTAIN_FUELS):
        return None
    kinds = _kinds(words, FUELS)
    return next((kind for kind in HYBRIDS if kind in kinds), None) or _only(kinds)


def title_status_of(brand: str) -> TitleStatus | None:
    """Our status of a title with this brand; None for a brand that has none, such as flood."""
    return next(iter(_kinds(words_of(brand), BRANDS)), None)


def litres_of(engine: str) -> str:
    """The displacement in an engine's description, to a tenth of a litre: `1.5L turbocharged I4` has `1.5`."""
    found = LITRES.search(engine.casefold())
    return "" if found is None else f"{float(found[1]):.1f}"


def cylinders_of(engine: str) -> int | None:
    """The cylinders in an engine's description: `5.7L HEMI V8` and `2.5L flat-4` have them."""
    found = CYLINDERS.search(engine.casefold())
    return None if found is None else int(next(group for group in found.groups() if group))


def words_of(text: str) -> str:
    """Lower-case words with one blank between them."""
    return " ".join(re.findall(r"[a-z0-9]+", text.casefold()))


def _holds(words: str, *names: str) -> bool:
    return any(f" {name} " in f" {words} " for name in names)


def _kinds(words: str, table: Mapping[str, Kind]) -> list[Kind]:
    """The kinds that the words name, in the table's order; what is part of a longer name does not count by itself."""
    found: list[Kind] = []
    left = f" {words} "
    for name, kind in table.items():
        if f" {name} " in left:
            left = left.replace(f" {name} ", " / ")
            found.append(kind)
    return found


def _only(kinds: list[Kind]) -> Kind | None:
    return kinds[0] if len(set(kinds)) == 1 else None
