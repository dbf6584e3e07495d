"""The JSON shapes of people and of their bearer tokens."""

from typing_extensions import TypedDict

from activities.db.people import Person, Token
from domain.clock import to_text


class PersonView(TypedDict):
    """The signed-in person."""

    id: int
    email: str
    email_verified: bool
    name: str
    role: str
    can_bid: bool
    buying_limit_cents: int | None


class TokenView(TypedDict):
    """A bearer token without its secret."""

    id: int
    name: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    last_used_at: str | None


def person_view(person: Person) -> PersonView:
    """The signed-in person."""
    return {
        "id": person.id,
        "email": person.email,
        "email_verified": person.email_verified,
        "name": person.name,
        "role": person.role.value,
        "can_bid": person.can_bid,
        "buying_limit_cents": person.buying_limit_cents,
    }


def token_view(token: Token) -> TokenView:
    """A bearer token in the list of its owner."""
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "created_at": to_text(token.created_at),
        "expires_at": None if token.expires_at is None else to_text(token.expires_at),
        "last_used_at": None if token.last_used_at is None else to_text(token.last_used_at),
    }
