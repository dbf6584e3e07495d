"""Who lives in the demo market: staff, sellers, the simulated bidders with their habits, and the newcomer's account."""

from dataclasses import dataclass

from activities.db.people import Role
from domain.money import DOLLAR
from temporal.demo.habits import Habit

DOMAIN = "demo.hammertime.test"
NEWCOMER = f"buyer@{DOMAIN}"
NEWCOMER_LINE_CENTS = 75_000 * DOLLAR
# Enough for any lot of the demo.
BIDDERS_LINE_CENTS = 5_000_000 * DOLLAR

# Printed at the start and in the README: these accounts exist in the embedded profile only.
PASSWORDS = {
    Role.BUYER: "gavel-falls-at-noon",
    Role.SELLER: "for-sale-by-owner",
    Role.SUPPORT: "happy-to-help-you",
    Role.ADMIN: "mind-the-hammer",
}


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody of the demo. `line_cents` is a dealer's line of buying power, which an admin gives.

    `habit` is set for the simulated bidders, `seller` names the sellers of the catalogue.
    """

    email: str
    name: str
    role: Role
    line_cents: int = 0
    habit: Habit | None = None
    seller: str | None = None


ADMIN = DemoPerson(f"admin@{DOMAIN}", "Ingrid Solberg", Role.ADMIN)
STAFF = (
    ADMIN,
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
NEWCOMERS = (DemoPerson(NEWCOMER, "New Here", Role.BUYER, line_cents=NEWCOMER_LINE_CENTS),)
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
    DemoPerson(f"bidder{number:02}@{DOMAIN}", name, Role.BUYER, line_cents=BIDDERS_LINE_CENTS, habit=habit)
    for number, (name, habit) in enumerate(_CROWD, start=1)
)
EVERYBODY = (*STAFF, *SELLERS, *NEWCOMERS, *BIDDERS)
