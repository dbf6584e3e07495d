"""The worked sequences of the auction rules, as they stand."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain.rehearsal import play

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "bidding.json").read_text())


@pytest.mark.parametrize("sequence", GOLDEN["sequences"], ids=lambda sequence: str(sequence["name"]))
def test_a_worked_sequence_plays_as_written(sequence: dict[str, Any]) -> None:
    played = play({"sequences": [sequence]})

    assert [{"name": sequence["name"], "results": [step["expect"] for step in sequence["steps"]]}] == played
