"""The way out to sellers' systems, against a real server: quickly, once, and nowhere but to the public internet."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from activities.providers.seller_endpoint import Answer, EndpointPost, Parcel, Resolve
from domain.seller_feed import Reach
from temporal.stack.ports import free_port
from tests.doubles.receiver import CUT, HANG, LORIS_BODY, LORIS_HEAD, Receiver, receiver

AT_HOME = Reach(plain=True, loopback=True)
PRODUCTION = Reach()
NAME = "hooks.dealer.example"
BODY = b'{"id":1,"kind":"auction_ended"}'
IN_TIME_S = 0.5
SOON_S = 5.0


@pytest.fixture
async def there() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


@contextmanager
def post(
    reach: Reach = AT_HOME, resolve: Resolve | None = None, tls: ssl.SSLContext | None = None, total_s: float = SOON_S
) -> Iterator[EndpointPost]:
    made = EndpointPost(reach, tls=tls, resolve=resolve, total_s=total_s)
    yield made
    made.close()


def parcel(url: str) -> Parcel:
    return Parcel(url, BODY, {"content-type": "application/json", "hammertime-event-id": "1"})


async def sent(url: str, **more: object) -> Answer:
    with post(**more) as way:  # type: ignore[arg-type]
        async with asyncio.timeout(SOON_S):
            return await way.send(parcel(url))


class Names:
    """Name servers whose answer may change from one question to the next."""

    def __init__(self, *answers: Sequence[str] | OSError) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, OSError):
            raise answer
        return answer


async def test_a_parcel_arrives_as_it_is_with_its_headers(there: Receiver) -> None:
    assert await sent(there.url) == Answer(200)
    assert [(each.path, each.body) for each in there.taken] == [("/hooks", BODY)]
    headers = there.taken[0].headers
    assert (headers["hammertime-event-id"], headers["host"]) == ("1", f"127.0.0.1:{there.port}")


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
async def test_another_status_is_an_answer_and_no_error(there: Receiver, status: int) -> None:
    there.behave = lambda _: status
    assert await sent(there.url) == Answer(status, f"status {status}")


@pytest.mark.parametrize("behaviour", [HANG, LORIS_HEAD])
async def test_who_answers_too_slowly_is_left_in_time(there: Receiver, behaviour: str) -> None:
    there.behave = lambda _: behaviour
    assert await sent(there.url, total_s=IN_TIME_S) == Answer(None, "no answer in time")


async def test_a_body_that_never_ends_is_not_waited_for(there: Receiver) -> None:
    there.behave = lambda _: LORIS_BODY
    assert await sent(there.url) == Answer(200)


async def test_a_cut_connection_and_a_closed_port_are_answers_too(there: Receiver) -> None:
    there.behave = lambda _: CUT
    assert await sent(there.url) == Answer(None, "RemoteProtocolError")
    assert await sent(f"http://127.0.0.1:{free_port()}/") == Answer(None, "no connection")


@pytest.mark.parametrize("to", ["http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "own"])
async def test_a_redirect_is_not_followed_wherever_it_leads(there: Receiver, to: str) -> None:
    there.behave = lambda _: 302
    there.location = there.url if to == "own" else to
    assert await sent(there.url) == Answer(302, "status 302")
    assert len(there.received) == 1


async def test_a_name_that_nobody_knows_is_an_answer() -> None:
    assert await sent(f"http://{NAME}/", resolve=Names(OSError("unknown"))) == Answer(None, "no such host")


async def test_a_name_server_that_hangs_costs_no_more_than_the_time() -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    assert await sent(f"http://{NAME}/", resolve=never, total_s=IN_TIME_S) == Answer(None, "no answer in time")


async def test_the_machines_own_name_service_is_asked(there: Receiver) -> None:
    assert await sent(f"http://localhost:{there.port}/hooks") == Answer(200)


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["10.0.0.7"], ["1.1.1.1", "10.0.0.7"], ["::ffff:127.0.0.1"], []])
async def test_a_name_of_a_private_address_is_never_connected_to(there: Receiver, addresses: list[str]) -> None:
    names = Names(addresses)
    url = f"https://{NAME}:{there.port}/hooks"
    assert await sent(url, reach=PRODUCTION, resolve=names) == Answer(None, "address not public")
    assert there.received == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0x7f.1", "2130706433"])
async def test_loopback_is_refused_in_production_however_it_is_written(there: Receiver, host: str) -> None:
    answer = await sent(f"https://{host}:{there.port}/hooks", reach=PRODUCTION)
    assert answer.status is None
    assert answer.error in {"address not allowed", "address not public", "no such host"}
    assert there.received == []


async def test_plain_http_is_refused_in_production() -> None:
    assert await sent("http://dealer.example/", reach=PRODUCTION) == Answer(None, "address not allowed")


async def test_a_name_that_changes_its_address_is_connected_to_where_it_was_judged(there: Receiver) -> None:
    names = Names(["127.0.0.1"], ["10.0.0.7"])
    assert await sent(f"http://{NAME}:{there.port}/hooks", resolve=names) == Answer(200)
    assert names.asked == [(NAME, there.port)]
    assert there.taken[0].headers["host"] == f"{NAME}:{there.port}"


async def test_the_next_address_is_tried_where_one_does_not_listen(there: Receiver) -> None:
    names = Names(["::1", "127.0.0.1"])
    assert await sent(f"http://{NAME}:{there.port}/hooks", resolve=names) == Answer(200)


async def test_a_certificate_is_that_of_the_name_though_the_connection_is_to_an_address(tmp_path: Path) -> None:
    server, client = certificates(tmp_path)
    async with receiver(server) as there:
        good, other = f"https://{NAME}:{there.port}/", f"https://other.example:{there.port}/"
        names = Names(["127.0.0.1"])
        assert await sent(good, resolve=names, tls=client) == Answer(200)
        assert await sent(other, resolve=names, tls=client) == Answer(None, "no connection")
        assert await sent(good, resolve=names) == Answer(None, "no connection")
        assert len(there.received) == 1


def certificates(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server with a certificate of NAME, and a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(secret + made.public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=made.public_bytes(pem).decode())
