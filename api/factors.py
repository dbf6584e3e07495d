"""Second factors at work: judges one-time and recovery codes, and keeps what an account sets up."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from activities.db import second_factors
from activities.db.people import Person
from activities.one_time_codes import CodeSecrets, step_of
from api.database import Database, now
from api.guesses import Guesses
from api.mails import Mails, Post
from api.problems import fail

ONE_TIME_CODE = re.compile(r"\d{6}", re.ASCII)
RECOVERY_USED = "recovery_code_used"
NO_OUTBOX_ID = ""


@dataclass(frozen=True, slots=True)
class Factors:
    """What codes are judged with, in one process."""

    database: Database
    codes: CodeSecrets
    guesses: Guesses
    mails: Mails
    post: Post

    async def take_code(self, person: Person, code: str, subject: str) -> None:
        """Use a one-time or recovery code up; tries count by `subject`. Raises WRONG_CODE or TOO_MANY_CODES."""
        await self.guesses.may_try_code(subject)
        outbox_id = await self.database.write(self._take, person, code.strip(), now())
        if outbox_id is None:
            raise fail("WRONG_CODE")
        await self.guesses.right_code(subject)
        self.post.send(outbox_id)

    def _take(self, connection: Connection, person: Person, code: str, moment: datetime) -> str | None:
        """None for a wrong code, else the mail it was worth telling of."""
        plain = code.replace(" ", "")
        if ONE_TIME_CODE.fullmatch(plain):
            return NO_OUTBOX_ID if self._take_one_time(connection, person.id, plain, moment) else None
        code_hash = self.codes.recovery_hash(person.id, code)
        if not second_factors.use_recovery_code(connection, person.id, code_hash, moment):
            return None
        return self.mails.factor_changed(connection, person, RECOVERY_USED, moment)

    def _take_one_time(self, connection: Connection, user_id: int, code: str, moment: datetime) -> bool:
        found = second_factors.authenticator(connection, user_id)
        if found is None:
            return False
        step = step_of(self.codes.unseal(user_id, found.secret_sealed), code, moment)
        return step is not None and second_factors.use_step(connection, user_id, step)

    def new_recovery_codes(self, connection: Connection, user_id: int) -> list[str]:
        """Replace the recovery codes of an account; these texts are kept nowhere."""
        codes = self.codes.recovery_codes()
        second_factors.set_recovery_codes(connection, user_id, [self.codes.recovery_hash(user_id, c) for c in codes])
        return codes
