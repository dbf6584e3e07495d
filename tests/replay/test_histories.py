"""What runs goes on after a deploy: committed histories replay, and their commands are the committed ones."""

import getpass
import json
import re
import socket
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.workflow import _Definition as Definition

from activities import contracts
from activities.listing_contracts import VinActivities
from activities.offer_contracts import OfferActivities
from activities.order_contracts import OrderActivities
from activities.paper_contracts import PaperActivities
from activities.reconcile_contracts import ReconcileActivities
from activities.review_contracts import ListingActivities
from activities.talks_contracts import NegotiationActivities, SecondChanceActivities
from temporal.codec import EncryptionCodec
from temporal.replay import WORKFLOWS, replay
from tests.doubles.mail import ADDRESS
from tests.replay.record import HISTORIES, commands, commands_file, load
from tests.replay.scenes import SCENES
from tests.replay.stage import SECRET

WHERE = re.compile(r"/(work|home|root|usr|tmp)/|[0-9]+@")
ACTIVITIES = (
    contracts.LedgerActivities,
    contracts.NoticeActivities,
    contracts.OnboardingActivities,
    contracts.PaymentActivities,
    contracts.SellerActivities,
    VinActivities,
    OfferActivities,
    OrderActivities,
    PaperActivities,
    ReconcileActivities,
    NegotiationActivities,
    SecondChanceActivities,
    ListingActivities,
)


@pytest.mark.parametrize("name", SCENES)
async def test_a_committed_history_replays_with_the_committed_commands(name: str) -> None:
    assert await commands(name) == commands_file(name).read_text(encoding="utf-8")


def test_every_scene_has_its_history_and_there_is_no_other() -> None:
    kept = {path.name for path in HISTORIES.iterdir()}

    assert kept == {f"{name}{ending}" for name in SCENES for ending in (".json", ".commands.txt")}


@pytest.mark.parametrize("name", SCENES)
def test_a_history_names_no_machine_no_person_and_no_path(name: str) -> None:
    words = "\n".join(_words(json.loads((HISTORIES / f"{name}.json").read_text(encoding="utf-8"))))

    assert WHERE.findall(words) == []
    assert ADDRESS not in words
    assert socket.gethostname() not in words
    assert getpass.getuser() not in words


def _words(value: Any) -> Iterator[str]:
    """Every text of a history; the key is known to everybody, so what is encrypted is opened."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)
    elif isinstance(value, dict) and {"data", "metadata"} <= value.keys():
        metadata = {key: b64decode(item) for key, item in value["metadata"].items()}
        payload = Payload(metadata=metadata, data=b64decode(value["data"]))
        yield EncryptionCodec(SECRET).open(payload).data.decode(errors="replace")
    elif isinstance(value, dict):
        for item in value.values():
            yield from _words(item)


def test_every_workflow_has_histories_that_use_all_its_messages() -> None:
    said = {(workflow, name) for workflow, name in _named() if name}
    expected = {
        (definition.name, name)
        for definition in map(Definition.must_from_class, WORKFLOWS)
        for name in ("started", *definition.updates, *definition.signals)
        if name
    }

    assert expected - said == set()


def test_the_histories_use_every_activity() -> None:
    used = {name for _, name in _named()}

    assert {name for contract in ACTIVITIES for name in contract.__abstractmethods__} - used == set()


def _named() -> Iterator[tuple[str | None, str]]:
    """What happened in the histories, each with its workflow's type."""
    for run in (run for name in SCENES for run in load(name)):
        workflow = run.events[0].workflow_execution_started_event_attributes.workflow_type.name
        yield workflow, "started"
        for event in run.events:
            yield workflow, event.workflow_execution_signaled_event_attributes.signal_name
            yield workflow, event.workflow_execution_update_accepted_event_attributes.accepted_request.input.name
            yield workflow, event.activity_task_scheduled_event_attributes.activity_type.name


@pytest.mark.parametrize("name", [name for name in SCENES if name.endswith("continued")])
def test_a_continued_workflow_has_more_than_one_run(name: str) -> None:
    assert len(load(name)) > 1


@pytest.mark.parametrize("name", ["steered", "notice_sent", "onboarding_in_trouble", "payment_found", "seller_lapsed"])
async def test_a_history_of_other_activities_does_not_replay(name: str) -> None:
    (run,) = load(name)
    scheduled = [e for e in run.events if e.HasField("activity_task_scheduled_event_attributes")]
    scheduled[0].activity_task_scheduled_event_attributes.activity_type.name = "another_activity"

    with pytest.raises(Exception, match=r"(?i)nondeterminism"):
        await replay(run, SECRET)
