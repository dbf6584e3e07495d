"""Sessions and second factors for people in tests, without the time that passwords take."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, select

from activities.db import people, second_factors
from activities.db.engine import transaction
from activities.db.tables import users
from activities.one_time_codes import STEP_S, CodeSecrets, code_at
from api.database import now
from api.security import COOKIE
from api.signins import digest

HOUR = timedelta(hours=1)
STEP = timedelta(seconds=STEP_S)
APP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LONG_AGO = 0


def give_app(connection: Connection, user_id: int, secret: bytes, app: str = APP) -> None:
    """An authenticator app that has shown no code yet."""
    second_factors.set_authenticator(connection, user_id, CodeSecrets(secret).seal(user_id, app), LONG_AGO, now())


def verify_everybody(connection: Connection) -> None:
    """Let everybody have shown that mail reaches them."""
    for user_id in connection.execute(select(users.c.id)).scalars().all():
        people.note_verified(connection, user_id, now())


def session_headers(engine: Engine, user_id: int, *, shown_at: datetime | None) -> dict[str, str]:
    """A session as signing in would open it; `shown_at` is when it showed a second factor, or the password again."""
    token, csrf_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    with transaction(engine) as connection:
        people.add_session(
            connection,
            token_hash=digest(token),
            user_id=user_id,
            csrf_token=csrf_token,
            now=now(),
            expires_at=now() + HOUR,
            user_agent="a test",
            address="127.0.0.1",
            second_factor_at=shown_at,
        )
    return {"Cookie": f"{COOKIE}={token}", "X-CSRF-Token": csrf_token}


def app_code(steps: int = 0, app: str = APP) -> str:
    """The code that the app shows now, or so many half minutes later."""
    return code_at(app, now() + steps * STEP)
