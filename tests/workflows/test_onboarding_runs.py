"""What one run of an account leaves to the next one."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.workflows.accounts import LOOK_S, PATIENCE_S, Person, open_person
from tests.workflows.conftest import House
from tests.workflows.hasty import HastyOnboarding

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def person(skipping: House) -> AsyncIterator[Person]:
    async with open_person(skipping.env, kind=HastyOnboarding) as found:
        yield found


async def run_of(person: Person) -> str:
    return (await person.handle.describe()).run_id or ""


async def another_run(person: Person, than: str) -> None:
    """Wait until the account has continued as new."""
    async with asyncio.timeout(PATIENCE_S):
        while await run_of(person) == than:
            await asyncio.sleep(LOOK_S)


async def test_news_of_a_step_during_which_a_run_is_to_continue_is_read_all_the_same(person: Person) -> None:
    await person.door.start(person.user_id)
    await person.until(lambda: person.accounts.calls["look_at_account"] == 1)
    first = await run_of(person)
    await person.door.give_details(person.user_id, "sealed")
    await person.until(lambda: person.accounts.calls["read_identity"] == 1)
    await another_run(person, than=first)

    assert (await person.door.look_again(person.user_id)).outcome == "done"
    await person.until(lambda: person.accounts.calls["read_identity"] == 2 and person.accounts.calls["read_card"] == 1)
