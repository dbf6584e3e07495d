"""The door into Paper workflows without any: it remembers what it was asked to have rendered."""

from typing import cast

from temporalio.client import Client

from temporal.papers import Papers


class PapersDouble(Papers):
    """Nothing is rendered."""

    def __init__(self) -> None:
        super().__init__(cast("Client", None), "nowhere")
        self.begun: list[str] = []

    async def begin(self, number: str) -> None:
        """Remember it."""
        self.begun.append(number)
