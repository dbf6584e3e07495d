"""Codes of authenticator apps against the standard's own values, and recovery codes."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidTag

from activities.one_time_codes import (
    RECOVERY_CODES,
    CodeSecrets,
    address_of,
    code_at,
    new_secret,
    picture_of,
    step_of,
)

SECRET = b"s" * 32
# RFC 6238, appendix B: its SHA-1 key, and the last six of the eight digits at these seconds.
RFC_KEY = base64.b32encode(b"12345678901234567890").decode()
RFC_CODES = ((59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130"))
NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
STEP = timedelta(seconds=30)


@pytest.fixture
def secrets() -> CodeSecrets:
    return CodeSecrets(SECRET)


@pytest.mark.parametrize(("second", "code"), RFC_CODES)
def test_the_codes_are_those_of_the_standard(second: int, code: str) -> None:
    at = datetime.fromtimestamp(second, UTC)
    assert code_at(RFC_KEY, at) == code
    assert step_of(RFC_KEY, code, at) == second // 30


@pytest.mark.parametrize(("steps", "expected"), [(-2, None), (-1, -1), (0, 0), (1, 1), (2, None)])
def test_a_code_counts_for_one_step_around_its_own(steps: int, expected: int | None) -> None:
    now_step = int(NOON.timestamp()) // 30
    found = step_of(RFC_KEY, code_at(RFC_KEY, NOON + steps * STEP), NOON)
    assert found == (None if expected is None else now_step + expected)


@pytest.mark.parametrize("code", ["", "000000", "1", "ü23456", "1234567"])
def test_anything_else_is_no_code(code: str) -> None:
    assert step_of(RFC_KEY, code, NOON) is None


def test_an_app_gets_an_address_and_its_picture() -> None:
    secret = new_secret()
    address = address_of(secret, "ada@example.com")
    assert address == f"otpauth://totp/Hammertime:ada%40example.com?secret={secret}&issuer=Hammertime"
    assert picture_of(address).startswith("data:image/svg+xml;charset=utf-8,%3Csvg")
    assert secret != new_secret()


def test_a_sealed_secret_opens_for_its_account_only(secrets: CodeSecrets) -> None:
    sealed = secrets.seal(7, RFC_KEY)
    assert RFC_KEY not in sealed
    assert secrets.unseal(7, sealed) == RFC_KEY
    with pytest.raises(InvalidTag):
        secrets.unseal(8, sealed)
    with pytest.raises(InvalidTag):
        CodeSecrets(b"t" * 32).unseal(7, sealed)


def test_recovery_codes_differ_and_are_kept_by_account_and_key(secrets: CodeSecrets) -> None:
    codes = secrets.recovery_codes()
    assert len(set(codes)) == RECOVERY_CODES
    code = codes[0]
    kept = secrets.recovery_hash(7, code)
    assert kept == secrets.recovery_hash(7, f" {code.upper().replace('-', ' ')}")
    assert kept != secrets.recovery_hash(8, code)
    assert kept != CodeSecrets(b"t" * 32).recovery_hash(7, code)
