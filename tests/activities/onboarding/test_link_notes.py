"""What legal details and cards say of who belongs together: noted where they are opened, and found among accounts."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from activities.contracts import GiveDetails
from activities.db import links
from activities.db.account_tables import fingerprints
from activities.db.engine import reading, transaction
from activities.db.links import Link
from activities.sealed_forms import LegalDetails
from domain.links import Decision, Evidence
from tests.activities.onboarding.stage import DETAILS, FORMS, Scene
from tests.db.market import add_person


def newcomer(scene: Scene) -> Scene:
    """Somebody else between the same vendors."""
    with transaction(scene.engine) as connection:
        return replace(scene, user_id=add_person(connection, "bob@example.com", can_bid=False))


def link(one: Scene, other: Scene) -> Link | None:
    with reading(one.engine) as connection:
        return links.link(connection, one.user_id, other.user_id)


def noted(scene: Scene) -> int:
    with reading(scene.engine) as connection:
        return connection.execute(select(func.count()).select_from(fingerprints)).scalar_one()


async def evidence(one: Scene, other: Scene, theirs: LegalDetails) -> frozenset[Evidence]:
    """What links two people of whom one gives the usual details."""
    await one.give()
    await other.give(theirs)
    found = link(one, other)
    return frozenset() if found is None else found.evidence


@pytest.mark.parametrize(
    ("theirs", "shared"),
    [
        ({"first_name": "Bob"}, {Evidence.ADDRESS, Evidence.HOUSEHOLD}),
        ({"last_name": "Miller", "street": "1 MAIN ST."}, {Evidence.ADDRESS}),
        ({"city": "Hermantown"}, {Evidence.HOUSEHOLD}),
        ({"zip": "55801-1234"}, {Evidence.ADDRESS, Evidence.HOUSEHOLD}),
        ({"zip": "55802"}, set()),
        ({"street": "2 Main St"}, set()),
    ],
)
async def test_legal_details_link_who_lives_together(
    scene: Scene, theirs: dict[str, str], shared: set[Evidence]
) -> None:
    assert await evidence(scene, newcomer(scene), replace(DETAILS, **theirs)) == shared


async def test_the_same_card_suggests_a_link_and_bars_nobody(scene: Scene) -> None:
    bob = newcomer(scene)
    for each in (scene, bob):
        assert (await each.keep(each.card())).outcome == "stored"
    found = link(scene, bob)

    assert found is not None
    assert (found.evidence, found.decision) == (frozenset({Evidence.CARD}), Decision.OPEN)
    with reading(scene.engine) as connection:
        assert links.barred_with(connection, [bob.user_id]) == {bob.user_id: ()}


@pytest.mark.parametrize("other", [{"zip_code": "55802"}, {"expires": "2032-01"}])
async def test_another_card_links_nobody(scene: Scene, other: dict[str, Any]) -> None:
    bob = newcomer(scene)
    await scene.keep(scene.card())
    await bob.keep(bob.card(**other))

    assert link(scene, bob) is None


async def test_a_step_that_is_repeated_notes_nothing_more(scene: Scene) -> None:
    work = GiveDetails(scene.user_id, FORMS.seal(scene.user_id, DETAILS))
    await scene.run(scene.work.give_details, work)
    before = noted(scene)
    await scene.run(scene.work.give_details, work)

    assert (before, noted(scene)) == (2, 2)


async def test_what_is_only_punctuation_is_left_out_and_stops_nobody(scene: Scene) -> None:
    status = await scene.give(replace(DETAILS, last_name="-"))

    assert not status.gone
    assert noted(scene) == 1


async def test_of_somebody_who_was_erased_nothing_is_noted(scene: Scene) -> None:
    scene.erase()
    await scene.give()

    assert noted(scene) == 0
