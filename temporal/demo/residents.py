"""Moves the demo's people, vehicles and tokens into the database; done twice, it changes nothing."""

import hashlib
import secrets
from dataclasses import asdict
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from activities.db import people, sellers
from activities.db.engine import transaction
from activities.db.people import Scope
from activities.db.vehicles import ANY_VEHICLE, add_vehicle, vehicle_page
from activities.passwords import hash_password
from domain.sellers import Licence, LicenceClass
from temporal.demo.accounts import Accounts, BidderAccount, SellerAccount, read_accounts, write_accounts
from temporal.demo.catalogue import catalogue
from temporal.demo.clearing import Clearing
from temporal.demo.people import BIDDERS, EVERYBODY, NEWCOMERS, PASSWORDS, SELLERS, DemoPerson

TOKEN_NAME = "demo"  # noqa: S105 - a token's name, not its secret
TOKEN_PREFIX = "ht_"  # noqa: S105 - the public prefix of every bearer token
BIDDER_SCOPES = frozenset({Scope.READ, Scope.BID})
SELLER_SCOPES = frozenset({Scope.READ, Scope.SELL})
VEHICLES_MOST = 10_000


def move_in(engine: Engine, accounts_path: Path, now: datetime, clearing: Clearing) -> Accounts:
    """Add whoever and whatever is missing; returns the accounts, whose tokens are made anew where they are lost."""
    hashes = {role: hash_password(password) for role, password in PASSWORDS.items()}
    with transaction(engine) as connection:
        ids = {person.email: _settle(connection, person, hashes[person.role], now) for person in EVERYBODY}
        clearing.settle(connection, ids, now)
        clearing.buyers(connection, (*NEWCOMERS, *BIDDERS), ids, now)
        _license_sellers(connection, ids, now)
        garage = _park(connection, ids, now)
        known = _tokens_in(connection, read_accounts(accounts_path), ids, now)
        accounts = Accounts(
            tuple(_bidder(connection, person, ids, known, now) for person in BIDDERS),
            tuple(_seller(connection, person, ids, known, garage, now) for person in SELLERS),
        )
        # Inside the transaction: a token in the database without its secret in the file would be lost for ever.
        write_accounts(accounts_path, accounts)
    return accounts


def _settle(connection: Connection, person: DemoPerson, password_hash: str, now: datetime) -> int:
    found = people.credentials(connection, person.email)
    if found is not None:
        return found.person.id
    return people.add_user(
        connection,
        email=person.email,
        name=person.name,
        password_hash=password_hash,
        role=person.role,
        can_bid=person.can_bid,
        buying_limit_cents=person.buying_limit_cents,
        created_at=now,
    )


def _license_sellers(connection: Connection, ids: dict[str, int], now: datetime) -> None:
    """Approve the sellers as dealers, whose licences are renewed whenever the demo is started; reviewing is for users.

    One whom somebody has reviewed or who has written a profile of their own is left as they are.
    """
    for person in SELLERS:
        known = sellers.seller(connection, ids[person.email])
        if known is None or (known.reviewed_by is None and known.submitted_at is None):
            number = f"DLR{ids[person.email]:05}"
            licence = Licence(number, LicenceClass.USED, "MN", date(now.year + 1, 12, 31))
            sellers.add_approved(connection, ids[person.email], person.name, licence, now)


def _park(connection: Connection, ids: dict[str, int], now: datetime) -> dict[str, int]:
    """The ids of the catalogue's vehicles by VIN, added where missing."""
    page = vehicle_page(connection, ANY_VEHICLE, after_id=None, limit=VEHICLES_MOST)
    parked = {vehicle.vin: vehicle.id for vehicle in page}
    owners = {person.seller: ids[person.email] for person in SELLERS}
    for offering in catalogue():
        if offering.spec.vin not in parked:
            values: dict[str, Any] = {
                name: value.value if isinstance(value, StrEnum) else value
                for name, value in asdict(offering.spec).items()
            }
            vehicle_id = add_vehicle(connection, **values, seller_id=owners[offering.seller], created_at=now)
            parked[offering.spec.vin] = vehicle_id
    return {offering.spec.vin: parked[offering.spec.vin] for offering in catalogue()}


def _tokens_in(connection: Connection, accounts: Accounts | None, ids: dict[str, int], now: datetime) -> dict[str, str]:
    """The tokens of an earlier file by e-mail, as far as this database knows them for the same person."""
    if accounts is None:
        return {}
    tokens: dict[str, str] = {}
    everybody: tuple[BidderAccount | SellerAccount, ...] = (*accounts.bidders, *accounts.sellers)
    for account in everybody:
        owner = people.token_owner(connection, _digest(account.token), now)
        if owner is not None and owner.person.id == ids.get(account.email):
            tokens[account.email] = account.token
    return tokens


def _bidder(
    connection: Connection, person: DemoPerson, ids: dict[str, int], known: dict[str, str], now: datetime
) -> BidderAccount:
    if person.habit is None:
        message = f"{person.email} has no habit"
        raise ValueError(message)
    user_id = ids[person.email]
    token = known.get(person.email) or _new_token(connection, user_id, BIDDER_SCOPES, now)
    return BidderAccount(user_id, person.email, person.name, token, person.habit, seed=user_id)


def _seller(
    connection: Connection,
    person: DemoPerson,
    ids: dict[str, int],
    known: dict[str, str],
    garage: dict[str, int],
    now: datetime,
) -> SellerAccount:
    user_id = ids[person.email]
    token = known.get(person.email) or _new_token(connection, user_id, SELLER_SCOPES, now)
    own = {offering.spec.vin for offering in catalogue() if offering.seller == person.seller}
    vehicles = {vin: vehicle_id for vin, vehicle_id in garage.items() if vin in own}
    return SellerAccount(user_id, person.email, person.name, token, vehicles)


def _new_token(connection: Connection, user_id: int, scopes: frozenset[Scope], now: datetime) -> str:
    """A new token; earlier ones of the demo, whose secrets are lost, are revoked."""
    for token in people.tokens(connection, user_id):
        if token.name == TOKEN_NAME:
            people.revoke_token(connection, user_id=user_id, token_id=token.id, now=now)
    secret = f"{TOKEN_PREFIX}{secrets.token_urlsafe(32)}"
    people.add_token(
        connection,
        user_id=user_id,
        name=TOKEN_NAME,
        token_hash=_digest(secret),
        scopes=scopes,
        now=now,
        expires_at=None,
    )
    return secret


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
