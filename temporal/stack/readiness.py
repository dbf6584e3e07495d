"""Whether a program serves, asked the way its users would: each check answers once, at once, without raising."""

import asyncio
import json
import re
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import httpx

from temporal.deployment import DEPLOYMENT
from temporal.stack.child import Check
from temporal.stack.ports import LOOPBACK

CHECK_S = 5.0


def redis_answers(port: int) -> Check:
    """A PING that is answered."""

    async def check(_pid: int) -> bool:
        return await _exchange(port, b"*1\r\n$4\r\nPING\r\n") == b"+PONG\r\n"

    return check


def http_answers(url: str) -> Check:
    """A GET that is answered with 200; a proxy from the environment is not asked."""

    async def check(_pid: int) -> bool:
        with suppress(httpx.HTTPError):
            async with httpx.AsyncClient(timeout=CHECK_S, trust_env=False) as client:
                return (await client.get(url)).status_code == httpx.codes.OK
        return False

    return check


def temporal_serves(binary: Path, address: str, environment: Mapping[str, str]) -> Check:
    """The gRPC health check of a Temporal server.

    It is asked through the CLI: the SDK's core would bring its threads into the process that spawns the children.
    """

    async def check(_pid: int) -> bool:
        answer = await _ask_temporal(binary, address, environment, "operator", "cluster", "health")
        return b"SERVING" in answer

    return check


def worker_serves(binary: Path, address: str, environment: Mapping[str, str], queue: str, build_id: str) -> Check:
    """Temporal sees a poller on the task queue whose identity names the worker's process id, and its build is current.

    Until it is, an auction that is started waits.
    """

    async def check(pid: int) -> bool:
        # The legacy mode lists the pollers of every worker version; the other one only those without a version.
        question = ("task-queue", "describe", "--task-queue", queue, "--legacy-mode", "--output", "json")
        pollers = _pollers(await _ask_temporal(binary, address, environment, *question))
        if not any(re.search(rf"(?<!\d){pid}(?!\d)", identity) for identity in pollers):
            return False
        question = ("worker", "deployment", "describe", "--name", DEPLOYMENT, "--output", "json")
        return _current(await _ask_temporal(binary, address, environment, *question)) == build_id

    return check


async def _ask_temporal(binary: Path, address: str, environment: Mapping[str, str], *words: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(str(binary), "--disable-config-file", *words, "--address", address),
        env=dict(environment),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=DEVNULL,
    )
    try:
        async with asyncio.timeout(CHECK_S):
            answer, _ = await process.communicate()
    except TimeoutError:
        return b""
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    return answer if process.returncode == 0 else b""


def _pollers(answer: bytes) -> list[str]:
    with suppress(ValueError, AttributeError):
        return [str(poller.get("identity", "")) for poller in json.loads(answer).get("pollers") or []]
    return []


def _current(answer: bytes) -> str | None:
    with suppress(ValueError, AttributeError):
        return str(json.loads(answer).get("routingConfig", {}).get("currentVersionBuildID"))
    return None


async def _exchange(port: int, question: bytes) -> bytes:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(CHECK_S):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                writer.write(question)
                return await reader.readline()
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
    return b""
