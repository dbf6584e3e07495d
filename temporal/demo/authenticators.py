"""The authenticator apps of the demo's staff; `python -m temporal.demo.authenticators` prints what they show now."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from sqlalchemy import Connection

from activities.db import second_factors
from activities.one_time_codes import CodeSecrets, code_at
from temporal.demo.people import DOMAIN

# As public as the demo's passwords: these accounts exist in the embedded profile only.
APPS: Mapping[str, str] = MappingProxyType(
    {
        f"admin@{DOMAIN}": "HAMMERTIMEADMINAAAAAAAAAAAAAAAAA",
        f"admin2@{DOMAIN}": "HAMMERTIMEADMINBBBBBBBBBBBBBBBBB",
        f"support@{DOMAIN}": "HAMMERTIMESUPPORTAAAAAAAAAAAAAAA",
    }
)
NO_STEP = 0


def pair(connection: Connection, codes: CodeSecrets, ids: Mapping[str, int], now: datetime) -> None:
    """Give each of the staff (`ids` by e-mail) their app, unless they have one."""
    for email, secret in APPS.items():
        user_id = ids[email]
        if not second_factors.factors(connection, user_id).any:
            second_factors.set_authenticator(connection, user_id, codes.seal(user_id, secret), NO_STEP, now)


def code_of(email: str, at: datetime) -> str:
    """What the app of somebody of the staff shows. Raises KeyError for anybody else."""
    return code_at(APPS[email], at)


def main() -> None:
    """Print the codes; each is good once, for about half a minute."""
    now = datetime.now(UTC)
    for email in APPS:
        sys.stdout.write(f"{email}  {code_of(email, now)}\n")


if __name__ == "__main__":
    main()
