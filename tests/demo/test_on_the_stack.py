"""The demo's people and cars on a running stack: killed half way, they come all the same, past the vendors' doors."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from temporal.demo.accounts import FILE_NAME, Accounts, read_accounts
from temporal.demo.people import BIDDERS_LINE_CENTS
from temporal.stack.local_stack import LocalStack
from tests.stack.conftest import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
PERSONA_HEADERS = {"persona-version": "2025-12-08", "key-inflection": "kebab"}


@pytest.fixture(scope="module")
def stack(temporal_cli: Path) -> Iterator[LocalStack]:
    with LocalStack(settings={"temporal_binary": temporal_cli}) as stack:
        yield stack


def seeding(stack: LocalStack) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "temporal.demo.seed", "--once", "--url", stack.base_url]
    return subprocess.Popen(command, env=stack.environment, cwd=ROOT)


def come(stack: LocalStack) -> Accounts:
    return read_accounts(stack.data_dir / FILE_NAME) or Accounts()


def inquiries(stack: LocalStack) -> list[str]:
    """How the vendor has decided."""
    headers = {**PERSONA_HEADERS, "authorization": f"Bearer {stack.environment['PERSONA_API_KEY']}"}
    found = httpx.get(f"{stack.environment['PERSONA_URL']}/inquiries", headers=headers).json()["data"]
    return [inquiry["attributes"]["status"] for inquiry in found]


def cars(stack: LocalStack, accounts: Accounts) -> list[dict[str, Any]]:
    """What the show's seller has on the site."""
    headers = {"Authorization": f"Bearer {accounts.sellers[0].token}"}
    found: list[dict[str, Any]] = httpx.get(f"{stack.base_url}/api/me/vehicles", headers=headers).json()["items"]
    return found


def decoded(stack: LocalStack) -> list[str]:
    """What reports ClearVIN was paid for, each once."""
    spent = httpx.get(f"{stack.sandbox_urls['clearvin']}/_sandbox/credits").json()["spent"]
    assert set(spent.values()) == {1}
    return list(spent)


def mails(stack: LocalStack) -> int:
    return len(httpx.get(f"{stack.sandbox_urls['sendgrid']}/_sandbox/messages").json())


def test_the_people_and_the_car_of_a_show_come_in_whatever_is_killed(stack: LocalStack) -> None:
    killed = seeding(stack)
    wait_until(lambda: len(come(stack).arrived) > 0)
    killed.kill()
    killed.wait()
    assert len(come(stack).bidders) < 3
    assert seeding(stack).wait(120) == 0
    accounts = come(stack)
    assert (len(accounts.sellers), len(accounts.bidders)) == (1, 3)
    assert inquiries(stack) == ["approved"] * 3
    for bidder in accounts.bidders:
        headers = {"Authorization": f"Bearer {bidder.token}"}
        found = httpx.get(f"{stack.base_url}/api/me/eligibility", headers=headers).json()
        assert (found["cleared"], found["limit_cents"]) == (True, BIDDERS_LINE_CENTS)
    (car,) = cars(stack, accounts)
    assert (car["status"], car["review"]["status"]) == ("approved", "none")
    shown = httpx.get(f"{stack.base_url}/api/vehicles/{car['id']}").json()
    assert (shown["vin"], shown["doors"]) == (car["told"]["vin"], car["told"]["doors"])
    assert decoded(stack) == [car["told"]["vin"]]
    before = mails(stack)
    assert seeding(stack).wait(120) == 0
    assert (come(stack), mails(stack), cars(stack, accounts)) == (accounts, before, [car])
