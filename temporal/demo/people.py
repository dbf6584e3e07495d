"""Who lives in the demo market: staff, sellers, the simulated bidders with their habits, and the newcomer's account."""

from dataclasses import dataclass

from activities.db.people import Role
from domain.money import DOLLAR
from temporal.demo.habits import Habit

DOMAIN = "demo.hammertime.test"
NEWCOMER = f"buyer@{DOMAIN}"
NEWCOMER_LIMIT_CENTS = 75_000 * DOLLAR

# Printed at the start and in the README: these accounts exist in the embedded profile only.
PASSWORDS = {
    Role.BUYER: "going-going-gone",
    Role.SELLER: "for-sale-by-owner",
    Role.SUPPORT: "happy-to-help-you",
    Role.ADMIN: "mind-the-hammer",
}


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """An account of the demo; `habit` is set for the simulated bidders, `seller` names the sellers of the catalogue."""

    email: str
    name: str
    role: Role
    can_bid: bool = False
    buying_limit_cents: int | None = None
    habit: Habit | None = None
    seller: str | None = None


STAFF = (
    DemoPerson(f"admin@{DOMAIN}", "Ingrid Solberg", Role.ADMIN),
    DemoPerson(f"admin2@{DOMAIN}", "Tou Ger Vang", Role.ADMIN),
    DemoPerson(f"support@{DOMAIN}", "Pilar Castellanos", Role.SUPPORT),
)
SELLERS = tuple(
    DemoPerson(f"{seller}@{DOMAIN}", name, Role.SELLER, seller=seller)
    for seller, name in (
        ("northstar", "Northstar Pre-Owned"),
        ("lakestreet", "Lake Street Motors"),
        ("zumbro", "Zumbro Valley Auto"),
        ("superior", "Superior Shore Trucks"),
        ("rivertown", "Rivertown Drivers' Cars"),
        ("hansen", "Lars Hansen"),
    )
)
NEWCOMERS = (DemoPerson(NEWCOMER, "New Here", Role.BUYER, can_bid=True, buying_limit_cents=NEWCOMER_LIMIT_CENTS),)
_CROWD = (
    ("Aaliyah Brooks", Habit.EARLY_AUTO_BIDDER),
    ("Anders Lindqvist", Habit.NIBBLER),
    ("Bao Xiong", Habit.SNIPER),
    ("Caroline Weiss", Habit.DEALER),
    ("Deqa Warsame", Habit.EARLY_AUTO_BIDDER),
    ("Emmett O'Rourke", Habit.BARGAIN_HUNTER),
    ("Fatima Haddad", Habit.NIBBLER),
    ("Greta Nyberg", Habit.RESERVE_TESTER),
    ("Hector Salinas", Habit.JUMPER),
    ("Imani Carter", Habit.SNIPER),
    ("Jonas Petersen", Habit.TIRE_KICKER),
    ("Kaylee Thunder", Habit.EARLY_AUTO_BIDDER),
    ("Leif Amundson", Habit.DEALER),
    ("Mai Yang", Habit.NIBBLER),
    ("Noah Kowalski", Habit.RESERVE_TESTER),
    ("Olga Petrenko", Habit.SNIPER),
    ("Priya Raman", Habit.EARLY_AUTO_BIDDER),
    ("Quentin Moore", Habit.BARGAIN_HUNTER),
    ("Rosa Delgado", Habit.JUMPER),
    ("Samir Aziz", Habit.NIBBLER),
    ("Thea Johnson", Habit.TIRE_KICKER),
    ("Ulrik Dahl", Habit.RESERVE_TESTER),
    ("Vivian Cho", Habit.SNIPER),
    ("Walter Grimm", Habit.BARGAIN_HUNTER),
)
BIDDERS = tuple(
    DemoPerson(f"bidder{number:02}@{DOMAIN}", name, Role.BUYER, can_bid=True, habit=habit)
    for number, (name, habit) in enumerate(_CROWD, start=1)
)
EVERYBODY = (*STAFF, *SELLERS, *NEWCOMERS, *BIDDERS)


def sign_ins() -> list[tuple[str, str, str]]:
    """Whom a newcomer can be, for the first screen and the README: what for, e-mail, password."""
    shown = (
        ("buy", NEWCOMERS[0]),
        ("sell", SELLERS[0]),
        ("support", STAFF[2]),
        ("administer", STAFF[0]),
        ("approve as the second admin", STAFF[1]),
    )
    return [(use, person.email, PASSWORDS[person.role]) for use, person in shown]
