"""Sending to addresses that sellers have given us: to the public internet only, once, quickly, and to nowhere else."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ssl import SSLContext

import httpx

from domain.seller_feed import Reach, may_reach, wrong_with

TOTAL_S = 10.0
# A seller's name servers may hang as well; they get threads of their own.
RESOLVERS = 16
MOST_ADDRESSES = 3
AGENT = "Hammertime-Webhooks/1"
# Each delivery has a connection of its own: a kept one was checked for another name.
ALONE = httpx.Limits(max_keepalive_connections=0)

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent, and where."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """The HTTP status; without one, `error` says in a few words why there is none."""

    status: int | None
    error: str = ""


class EndpointPost:
    """The way out of one process.

    A name is resolved once, every address of it is judged, and the connection goes to the judged address itself: what
    the name means a moment later does not matter. Redirects are answers like any other, and no proxy is used.
    """

    def __init__(
        self,
        reach: Reach,
        *,
        tls: SSLContext | None = None,
        resolve: Resolve | None = None,
        total_s: float = TOTAL_S,
    ) -> None:
        self._reach = reach
        self._tls = tls or httpx.create_ssl_context(trust_env=False)
        self._threads = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="resolver")
        self._resolve = resolve or self._look_up
        self._total_s = total_s

    def close(self) -> None:
        """Wait for no name server."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def send(self, parcel: Parcel) -> Answer:
        """Send once, within the time limit in all; never raises for what is at the other end."""
        if wrong_with(parcel.url, self._reach) is not None:
            return Answer(None, "address not allowed")
        try:
            async with asyncio.timeout(self._total_s):
                return await self._send(parcel, httpx.URL(parcel.url))
        except TimeoutError:
            return Answer(None, "no answer in time")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            return Answer(None, type(error).__name__)

    async def _send(self, parcel: Parcel, target: httpx.URL) -> Answer:
        port = target.port or (443 if target.scheme == "https" else 80)
        try:
            addresses = await self._resolve(target.raw_host.decode().strip("[]"), port)
        except OSError:
            return Answer(None, "no such host")
        if not addresses or not all(may_reach(address, self._reach) for address in addresses):
            return Answer(None, "address not public")
        for address in addresses[:MOST_ADDRESSES]:
            try:
                return await self._post(parcel, target, address)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return Answer(None, "no connection")

    async def _post(self, parcel: Parcel, target: httpx.URL, address: str) -> Answer:
        name = target.raw_host.decode().strip("[]")
        headers = {**parcel.headers, "host": target.netloc.decode(), "user-agent": AGENT, "accept-encoding": "identity"}
        async with httpx.AsyncClient(
            verify=self._tls, trust_env=False, follow_redirects=False, timeout=self._total_s, limits=ALONE
        ) as client:
            there = target.copy_with(host=address)
            # The certificate must be that of the name, though the connection is to an address.
            request = client.build_request(
                "POST", there, content=parcel.body, headers=headers, extensions={"sni_hostname": name}
            )
            answer = await client.send(request, stream=True)
            # The status says it all. The body is not waited for: it may be endless.
            await answer.aclose()
            return Answer(answer.status_code, "" if answer.is_success else f"status {answer.status_code}")

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _addresses, host, port)
        return list(dict.fromkeys(found))


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # IPv4 first: not every machine has a way into the other.
    found.sort(key=lambda each: each[0] != socket.AF_INET)
    return [str(each[4][0]) for each in found]
