"""The activities of papers by name: a document of a sale becomes a PDF. Only its number travels through here."""

from abc import ABC, abstractmethod

from temporalio import activity


class PaperActivities(ABC):
    """Making PDFs. It may be repeated at any point: the same document is the same file."""

    @abstractmethod
    @activity.defn(name="render_paper")
    async def render_paper(self, number: str) -> str:
        """Render a document, keep the file and note it; returns its SHA-256 as hex. One that is kept already stays."""
