"""The refusals around negotiations and second chances by their stable code, as `api.problems` has all others."""

from collections.abc import Mapping
from types import MappingProxyType

from domain.errors import DomainError, NotAllowedError, NotFoundError, RefusedError
from domain.negotiation import WORDS as TALKS_WORDS
from domain.negotiation import NegotiationCode
from domain.second_chance import WORDS as CHANCE_WORDS
from domain.second_chance import ChanceCode

# Known everywhere already, with the same meaning.
ELSEWHERE = frozenset({NegotiationCode.ON_SUNDAY, NegotiationCode.NOT_WHOLE_DOLLARS, ChanceCode.ON_SUNDAY})
FORBIDDEN = frozenset({NegotiationCode.NOT_YOURS, ChanceCode.NOT_YOURS})

TALKS: Mapping[str, tuple[type[DomainError], str]] = MappingProxyType(
    {
        **{
            code.value: (NotAllowedError if code in FORBIDDEN else RefusedError, words)
            for code, words in (*TALKS_WORDS.items(), *CHANCE_WORDS.items())
            if code not in ELSEWHERE
        },
        "NEGOTIATION_NOT_FOUND": (NotFoundError, "There is no such negotiation that you have a part in."),
        "SECOND_CHANCE_NOT_FOUND": (NotFoundError, "There is no such offer to you, nor on a vehicle of yours."),
    }
)
