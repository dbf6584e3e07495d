"""Ledger exports as they lie in files or are served at a URL: read into what `domain.audit` checks."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from domain.audit_lot import PublicEntry

PAGE = "500"
TIMEOUT = httpx.Timeout(20.0, connect=5.0)
LOT_ADDRESS = re.compile(r"(?P<site>https?://[^?#]+?)(?:/api)?/auctions/(?P<id>\d{1,19})(?:/ledger)?/?")
TEXTS = ("prev_hash", "hash", "commitment")


class UnreadableError(ValueError):
    """The input is no ledger export, or no such other thing as it should be; the message is one line."""


@dataclass(frozen=True, slots=True)
class Export:
    """One auction's ledger with its signed head; `sealed` are the private parts of an audit export by `seq`."""

    auction_id: int
    public_key: str
    entries: tuple[PublicEntry, ...]
    sealed: Mapping[int, str] | None
    head: Mapping[str, Any]


def load(source: str) -> Export:
    """Read a file with one page or a list of pages, or all pages of a URL. Raises UnreadableError."""
    if source.startswith(("http://", "https://")):
        return assemble(_fetch(source))
    document = read_json(source)
    return assemble(document if isinstance(document, list) else [document])


def read_json(name: str) -> Any:
    """The JSON value in a file. Raises UnreadableError."""
    try:
        return json.loads(Path(name).read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise UnreadableError(f"{name}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{name}: is not UTF-8 text") from error
    except RecursionError as error:
        raise UnreadableError(f"{name}: is nested too deeply") from error
    except ValueError as error:
        raise UnreadableError(f"{name}: is not JSON: {error}") from error


def assemble(pages: list[Any]) -> Export:
    """One export from its pages, in the order in which they were served. Raises UnreadableError."""
    if not pages or not all(isinstance(page, dict) and isinstance(page.get("items"), list) for page in pages):
        raise UnreadableError("this is no ledger export: a page is a JSON object with a list of `items`")
    last = pages[-1]
    auction_id, key, head = last.get("auction_id"), last.get("public_key"), last.get("head")
    if not isinstance(auction_id, int) or not isinstance(key, str) or not isinstance(head, dict):
        raise UnreadableError("a page of a ledger export has an auction_id, a public_key and a head")
    if any((page.get("auction_id"), page.get("public_key")) != (auction_id, key) for page in pages):
        raise UnreadableError("the pages are of different auctions or keys")
    if last.get("next_cursor") is not None:
        raise UnreadableError("the export is not whole: its last page says that there are more")
    items = [item for page in pages for item in page["items"]]
    entries = tuple(entry_of(item) for item in items)
    sealed = {item["seq"]: item["sealed"] for item in items if isinstance(item.get("sealed"), str)}
    return Export(auction_id, key, entries, sealed or None, head)


def entry_of(item: Any) -> PublicEntry:
    """One entry of an export. Raises UnreadableError."""
    if not isinstance(item, dict) or not isinstance(item.get("public"), dict) or not _is_seq(item.get("seq")):
        raise UnreadableError("an entry is a JSON object with a seq and a public part")
    if not all(isinstance(item.get(name), str) for name in TEXTS):
        raise UnreadableError(f"entry {item['seq']} lacks one of {', '.join(TEXTS)}")
    return PublicEntry(item["seq"], item["prev_hash"], item["hash"], item["commitment"], item["public"])


def _is_seq(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _fetch(url: str) -> list[Any]:
    found = LOT_ADDRESS.fullmatch(url)
    if found is None:
        raise UnreadableError(f"{url}: is not the address of an auction or of its ledger (…/api/auctions/7/ledger)")
    try:
        with httpx.Client(timeout=TIMEOUT, follow_redirects=True) as client:
            return list(_pages(client, f"{found['site']}/api/auctions/{found['id']}/ledger"))
    except httpx.HTTPError as error:
        raise UnreadableError(f"{url}: {str(error) or type(error).__name__}") from error


def _pages(client: httpx.Client, address: str) -> Iterator[Any]:
    cursor: str | None = None
    while True:
        answer = client.get(address, params={"limit": PAGE, **({"cursor": cursor} if cursor else {})})
        page = _page(answer)
        yield page
        following = page.get("next_cursor")
        if following is None:
            return
        if not isinstance(following, str) or following == cursor:
            raise UnreadableError(f"{address}: its pages go round in circles")
        cursor = following


def _page(answer: httpx.Response) -> dict[str, Any]:
    try:
        page = answer.json()
    except ValueError:
        page = None
    if not isinstance(page, dict):
        raise UnreadableError(f"{answer.url}: answered {answer.status_code} without a JSON object")
    if not answer.is_success:
        raise UnreadableError(
            f"{answer.url}: answered {answer.status_code}: {page.get('detail', page.get('code', ''))}"
        )
    return page
