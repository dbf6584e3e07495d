"""Secrets of sellers' endpoints: sealed for one endpoint each, and signed with as the documentation says."""

import pytest
from cryptography.exceptions import InvalidTag

from activities.endpoint_secrets import EndpointSecrets, new_secret, signature
from activities.keys import Sealer

KEY = b"k" * 32


def test_a_secret_is_opened_for_its_endpoint_only() -> None:
    secrets = EndpointSecrets(KEY)
    sealed = secrets.seal(4, "whsec_mine")
    assert secrets.open(4, sealed) == "whsec_mine"
    assert b"whsec_mine".hex() not in sealed
    with pytest.raises(InvalidTag):
        secrets.open(5, sealed)


def test_its_key_opens_nothing_else_and_no_other_key_opens_it() -> None:
    sealed = EndpointSecrets(KEY).seal(4, "whsec_mine")
    with pytest.raises(InvalidTag):
        Sealer(KEY).open(sealed, "endpoint 4")
    with pytest.raises(InvalidTag):
        EndpointSecrets(b"x" * 32).open(4, sealed)


def test_two_secrets_are_never_the_same_and_nobody_guesses_one() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(secret.startswith("whsec_") and len(secret) >= 49 for secret in made)


def test_a_signature_covers_the_time_and_the_very_bytes() -> None:
    # printf '1777982400.{"id":1}' | openssl dgst -sha256 -hmac whsec_example
    wanted = "t=1777982400,v1=6aa737f7e8defa3f0f19e90eeba9981eb654ad6e945206709c6040b59928e5d0"
    found = signature(["whsec_example"], 1_777_982_400, b'{"id":1}')
    both = signature(["whsec_new", "whsec_example"], 1_777_982_400, b'{"id":1}')
    assert found == wanted
    assert both.endswith(wanted.partition(",")[2])
    assert both.count("v1=") == 2
    assert signature(["whsec_example"], 1_777_982_401, b'{"id":1}')[13:] != wanted[13:]
