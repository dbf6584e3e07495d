"""Documents of sales at rest: they name people, so their text is sealed, each for its own number."""

import secrets

from activities.db.invoices import Issued, Written
from activities.keys import Sealer, derive
from domain.invoices import Document, digest, from_text, to_text

NONCE_BYTES = 12


class SealedPapers:
    """Seals and opens documents under a key that seals nothing else."""

    def __init__(self, secret: bytes) -> None:
        self._sealer = Sealer(derive(secret, "papers"))

    def written(self, document: Document) -> Written:
        """What is kept of a document: for `invoices.issue`, whose number it has."""
        text = to_text(document)
        return Written(
            self._sealer.seal(text.encode(), secrets.token_bytes(NONCE_BYTES), document.head.number),
            digest(text),
            document.template,
            document.total_cents,
            document.rates_version,
            document.of_number,
        )

    def open(self, issued: Issued) -> Document:
        """The document. Raises InvalidTag or ValueError where it is not the text that was issued under this number."""
        text = self._sealer.open(issued.written.sealed, issued.number).decode()
        if digest(text) != issued.written.sha256:
            raise ValueError(f"{issued.number} is not as it was issued")
        return from_text(text)
