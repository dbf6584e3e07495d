"""What one API process needs for the papers of a sale, put together once."""

from dataclasses import dataclass
from typing import Self

from sqlalchemy import Engine
from temporalio.client import Client

from activities.sealed_papers import SealedPapers
from activities.settings import Settings
from temporal.papers import Papers
from temporal.upkeep import Upkeep


@dataclass(frozen=True, slots=True)
class PaperDesk:
    """Opens documents, and reaches the workflows that render them."""

    sealed: SealedPapers
    door: Papers

    @classmethod
    def of(cls, settings: Settings, temporal: Client, secret: bytes, engine: Engine, upkeep: Upkeep) -> Self:
        """Put it together from the settings and the platform's key, with its sweep among the upkeep's jobs."""
        door = Papers(temporal, settings.temporal_accounts_queue)

        async def start_papers() -> None:
            await door.start_missing(engine)

        upkeep.also({"start_papers": start_papers})
        return cls(SealedPapers(secret), door)
