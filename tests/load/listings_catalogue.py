"""What a plausible American market is made of: makes by their share, their models, and how sellers describe a car."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

# Of each make its models: name, body, price when new in thousands of dollars, drivetrains.
MODELS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "Ford": (
            *("F-150:pickup:48:4WD RWD", "Escape:suv:31:AWD FWD", "Explorer:suv:42:4WD RWD"),
            *("Mustang:coupe:38:RWD", "Bronco:suv:44:4WD", "Ranger:pickup:36:4WD RWD", "Edge:suv:38:AWD FWD"),
            *("Transit:van:46:RWD", "Fusion:sedan:27:FWD"),
        ),
        "Toyota": (
            *("Camry:sedan:29:FWD AWD", "RAV4:suv:32:AWD FWD", "Corolla:sedan:23:FWD"),
            *("Tacoma:pickup:38:4WD RWD", "Highlander:suv:42:AWD FWD", "Tundra:pickup:50:4WD RWD"),
            *("4Runner:suv:45:4WD RWD", "Prius:hatchback:30:FWD", "Sienna:van:41:FWD"),
        ),
        "Chevrolet": (
            *("Silverado 1500:pickup:47:4WD RWD", "Equinox:suv:30:AWD FWD", "Malibu:sedan:26:FWD"),
            *("Tahoe:suv:60:4WD RWD", "Traverse:suv:38:AWD FWD", "Colorado:pickup:34:4WD RWD"),
            *("Camaro:coupe:36:RWD", "Corvette:coupe:70:RWD", "Bolt EV:hatchback:30:FWD"),
        ),
        "Honda": (
            *("Civic:sedan:25:FWD", "Accord:sedan:30:FWD", "CR-V:suv:33:AWD FWD", "Pilot:suv:42:AWD FWD"),
            *("HR-V:suv:26:AWD FWD", "Odyssey:van:40:FWD", "Ridgeline:pickup:40:AWD", "Fit:hatchback:18:FWD"),
        ),
        "Nissan": (
            *("Altima:sedan:27:FWD AWD", "Rogue:suv:30:AWD FWD", "Sentra:sedan:21:FWD"),
            *("Frontier:pickup:33:4WD RWD", "Pathfinder:suv:38:4WD FWD", "Murano:suv:37:AWD FWD"),
            *("Leaf:hatchback:30:FWD", "Titan:pickup:46:4WD RWD"),
        ),
        "Jeep": (
            *("Wrangler:suv:40:4WD", "Grand Cherokee:suv:45:4WD RWD", "Cherokee:suv:33:4WD FWD"),
            *("Compass:suv:29:4WD FWD", "Gladiator:pickup:44:4WD", "Renegade:suv:26:4WD FWD"),
        ),
        "Ram": ("1500:pickup:48:4WD RWD", "2500:pickup:58:4WD RWD", "ProMaster:van:44:FWD"),
        "GMC": (
            *("Sierra 1500:pickup:52:4WD RWD", "Acadia:suv:40:AWD FWD", "Terrain:suv:32:AWD FWD"),
            "Yukon:suv:66:4WD RWD",
        ),
        "Hyundai": (
            *("Elantra:sedan:22:FWD", "Tucson:suv:29:AWD FWD", "Santa Fe:suv:34:AWD FWD", "Sonata:sedan:27:FWD"),
            *("Kona:suv:25:AWD FWD", "Ioniq 5:suv:45:AWD RWD", "Palisade:suv:42:AWD FWD"),
        ),
        "Kia": (
            *("Sorento:suv:34:AWD FWD", "Sportage:suv:29:AWD FWD", "Forte:sedan:21:FWD"),
            *("Telluride:suv:42:AWD FWD", "Soul:hatchback:22:FWD"),
        ),
        "Subaru": (
            *("Outback:wagon:33:AWD", "Forester:suv:31:AWD", "Crosstrek:suv:27:AWD", "Impreza:hatchback:23:AWD"),
            "WRX:sedan:33:AWD",
        ),
        "BMW": (
            *("3 Series:sedan:45:RWD AWD", "5 Series:sedan:58:RWD AWD", "X3:suv:48:AWD", "X5:suv:65:AWD"),
            *("M4:coupe:78:RWD AWD", "Z4:convertible:55:RWD"),
        ),
        "Mercedes-Benz": (
            *("C-Class:sedan:46:RWD AWD", "E-Class:sedan:58:RWD AWD", "GLC:suv:48:AWD", "GLE:suv:62:AWD"),
            "SL:convertible:110:RWD AWD",
        ),
        "Volkswagen": (
            *("Jetta:sedan:22:FWD", "Tiguan:suv:29:AWD FWD", "Atlas:suv:38:AWD FWD", "Golf:hatchback:25:FWD"),
            "Passat:sedan:27:FWD",
        ),
        "Audi": (*("A4:sedan:42:AWD", "Q5:suv:48:AWD", "Q7:suv:62:AWD", "A3:sedan:36:AWD FWD", "e-tron:suv:72:AWD"),),
        "Lexus": (
            *("RX 350:suv:50:AWD FWD", "ES 350:sedan:43:FWD", "NX 300:suv:41:AWD FWD", "IS 300:sedan:41:RWD AWD"),
        ),
        "Mazda": (
            *("CX-5:suv:30:AWD FWD", "Mazda3:sedan:25:FWD AWD", "MX-5 Miata:convertible:31:RWD"),
            "CX-9:suv:38:AWD FWD",
        ),
        "Tesla": (*("Model 3:sedan:43:RWD AWD", "Model Y:suv:52:AWD", "Model S:sedan:88:AWD", "Model X:suv:98:AWD"),),
        "Volvo": (*("XC60:suv:46:AWD", "XC90:suv:57:AWD", "S60:sedan:41:FWD AWD", "V60:wagon:45:AWD"),),
        "Porsche": (
            *("911:coupe:120:RWD AWD", "Cayenne:suv:80:AWD", "Macan:suv:60:AWD", "Boxster:convertible:68:RWD"),
        ),
    }
)
# How many of a hundred listings are of a make.
SHARES: Mapping[str, int] = MappingProxyType(
    {
        "Ford": 13,
        "Toyota": 13,
        "Chevrolet": 12,
        "Honda": 10,
        "Nissan": 7,
        "Jeep": 6,
        "Ram": 5,
        "GMC": 4,
        "Hyundai": 5,
        "Kia": 4,
        "Subaru": 4,
        "BMW": 3,
        "Mercedes-Benz": 3,
        "Volkswagen": 2,
        "Audi": 2,
        "Lexus": 2,
        "Mazda": 2,
        "Tesla": 2,
        "Volvo": 1,
        "Porsche": 1,
    }
)
TRIMS = ("Base", "S", "SE", "SEL", "LX", "EX", "EX-L", "LE", "XLE", "Limited", "Sport", "Touring", "Premium", "")
COLORS = (
    *("Black", "Super White", "Silver Metallic", "Magnetic Gray", "Lunar Silver", "Racing Red", "Deep Blue"),
    *("Midnight Black", "Pearl White", "Forest Green", "Burnt Orange", "Sandstone Beige", "Velocity Yellow"),
)
NOTES = (
    *("One owner, serviced at the dealer.", "Garage kept and non smoker.", "Some scratches on the rear bumper."),
    *("New tires and brakes last spring.", "Highway miles, runs strong.", "Heated leather seats and sunroof."),
    *("Tow package and bed liner.", "Small crack in the windshield.", "Both keys and all books."),
    *("Apple CarPlay, backup camera and blind spot monitor.", "Third row seating, family car."),
    "Off-road package, skid plates.",
)
BODIES = ("sedan", "suv", "pickup", "coupe", "hatchback", "wagon", "van", "convertible")
TITLES = (*("clean",) * 17, "rebuilt", "salvage", "prior salvage", "lemon")
SALES = (*("timed",) * 7, "buy_now_only", "make_offer")
STATUSES = (*("live",) * 6, "scheduled", "ended", "ended")
ELECTRIC = frozenset({"Leaf", "Bolt EV", "Ioniq 5", "e-tron", "Model 3", "Model Y", "Model S", "Model X"})
