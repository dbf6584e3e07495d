"""What a description must not say by itself: claims that no fact bears out, prices, and assurances of any kind."""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from domain.vehicle_words import words_of


class Claim(StrEnum):
    """What kind of claim a text makes."""

    CLEAN_TITLE = "clean_title"
    HISTORY = "history"
    OWNERS = "owners"
    CONDITION = "condition"
    ODOMETER = "odometer"
    PRICE = "price"
    ASSURANCE = "assurance"


SOME = r"(?:\w+ ){0,2}"
WRONGS = (
    r"(?:accidents?|damages?|collisions?|crash(?:es)?|wrecks?|rust|leaks?|issues?|problems?|faults?|defects?|dents?"
    r"|scratch(?:es)?|liens?|salvage|recalls?)"
)
WELL = r"(?:great|well|good|strong|perfect\w*|smooth\w*|like|excellent\w*|fine|flawless\w*)"
# Read against the words of a text, in lower case with one blank between them.
PATTERNS: Mapping[Claim, re.Pattern[str]] = MappingProxyType(
    {
        kind: re.compile(rf"\b(?:{pattern})\b")
        for kind, pattern in {
            Claim.CLEAN_TITLE: (
                rf"clean {SOME}titles?|titles? {SOME}clean|clear {SOME}titles?|titles? {SOME}clear|unbranded"
                rf"|(?:no|not|never|without) {SOME}(?:brands?|branded)|(?:brand|title) free|free of {SOME}brands?"
            ),
            Claim.HISTORY: (
                rf"(?:no|zero|never|not|without|free of|free from) {SOME}(?:\w+ )?{WRONGS}|{WRONGS} free"
                rf"|never {SOME}(?:crashed|wrecked|hit|damaged|smoked\w*|raced|repainted)"
                rf"|clean {SOME}(?:carfax|autocheck|history|record|report)|nothing (?:is )?wrong|non smoker|smoke free"
            ),
            Claim.OWNERS: r"owner\w*|owned|(?:one|same|single) family",
            Claim.CONDITION: (
                r"mint|flawless\w*|pristine|immaculate\w*|perfect\w*|like new|as new|brand new|showroom|spotless"
                r"|concours|excellent\w*|exceptional\w*|superb\w*|outstanding"
                r"|(?:great|good|nice|fine) (?:condition|shape)"
                r"|well (?:kept|maintained|cared|serviced|looked)|meticulous\w*|garage kept|garaged|babied|pampered"
                rf"|needs nothing|(?:runs|drives|handles|shifts) {SOME}{WELL}|turn ?key|reliab\w+|dependable"
                r"|all original|matching numbers|low (?:mile\w*|kilomet\w+)|fully (?:serviced|loaded|maintained)"
                r"|service (?:history|records?)|serviced|maintained|inspected|certified|roadworthy"
            ),
            Claim.ODOMETER: (
                r"(?:actual|true|genuine|verified|accurate|original|correct) (?:mile\w*|kilomet\w+|odometer\w*)"
                rf"|(?:mile\w*|kilomet\w+|odometer) {SOME}(?:actual|true|genuine|accurate|verified|original|correct)"
            ),
            Claim.PRICE: (
                r"price\w*|pricing|dollars?|usd|bucks|cheap\w*|bargains?|discount\w*|negotiab\w*|obo|kbb|blue book"
                r"|(?:great|good|best|real|fair) (?:deal|value|buy)"
                r"|(?:below|under|above) (?:market|book|retail|wholesale)"
                r"|worth|investment|financ\w+|payments?|no reserve|reserve (?:is|was|will|met|price)"
            ),
            Claim.ASSURANCE: r"guarant\w+|warrant\w+|refund\w*|returnable|money back|promis\w+|assur\w+",
        }.items()
    }
)


def claims(text: str) -> frozenset[Claim]:
    """What a text claims, whether it is true or not."""
    words = words_of(text)
    return frozenset(kind for kind, pattern in PATTERNS.items() if pattern.search(words))
