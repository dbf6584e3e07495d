"""The Temporal server of the embedded profile: the development server with its UI and a database file."""

from pathlib import Path

from temporal.stack.ports import LOOPBACK

SEARCH_ATTRIBUTES = {
    "AuctionStatus": "Keyword",
    "AuctionClosesAt": "Datetime",
    "OrderStatus": "Keyword",
    "DisputeOpen": "Bool",
}
# Measured in design.md section 6: these two double the development server's throughput.
SQLITE_PRAGMAS = {"journal_mode": "WAL", "synchronous": "NORMAL"}


def temporal_command(
    binary: Path, *, database: Path, port: int, ui_port: int, namespace: str, codec_url: str
) -> tuple[str, ...]:
    """The command that serves Temporal on loopback; started again with the same database it goes on."""
    attributes = (f"--search-attribute={name}={kind}" for name, kind in SEARCH_ATTRIBUTES.items())
    pragmas = (f"--sqlite-pragma={name}={value}" for name, value in SQLITE_PRAGMAS.items())
    return (
        *(str(binary), "--disable-config-file", "server", "start-dev", "--ip", LOOPBACK),
        *("--port", str(port), "--ui-port", str(ui_port), "--ui-disable-news-fetch", "--ui-codec-endpoint", codec_url),
        *("--namespace", namespace, "--db-filename", str(database), "--log-level", "error"),
        *pragmas,
        *attributes,
    )
