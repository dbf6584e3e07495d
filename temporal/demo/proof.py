"""What is left of a shown auction, export, receipt and platform's audit, each checked by a process of its own."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from temporal.demo.authenticators import FILE_NAME as APPS_FILE
from temporal.demo.authenticators import Apps
from temporal.demo.browser import Browser
from temporal.demo.client import MarketError
from temporal.demo.entry import sign_in
from temporal.demo.people import ADMIN

KEY_FILE = "platform.key"
PAGE = "500"
ROOT = Path(__file__).parents[2]


class Proof:
    """Fetches what proves one auction into `folder` and has `api.verify` judge it; `say` tells what it says."""

    def __init__(self, http: httpx.AsyncClient, auction_id: int, folder: Path, say: Callable[[str], None]) -> None:
        self._http = http
        self._lot = f"/api/auctions/{auction_id}"
        self._name = f"auction-{auction_id}"
        self._folder = folder
        self._say = say

    async def ledger(self) -> list[dict[str, Any]]:
        """The pages of the public export. Raises MarketError."""
        return await self._pages("ledger")

    async def receipt(self, token: str, bid_id: str) -> Path:
        """The receipt of a bid, as a file. Raises MarketError."""
        found = await self._get(f"/api/bids/{bid_id}", {}, token)
        return self._keep("receipt", found)

    async def explain(self, token: str, bid_id: str) -> None:
        """Tell the story of one bid as its bidder reads it. Raises MarketError."""
        found = await self._get(f"/api/bids/{bid_id}/explanation", {}, token)
        self._say(f"a bidder reads: {' '.join(found['sentences'])}")

    async def hold(self, pages: Sequence[Mapping[str, Any]], receipt: Path) -> bool:
        """Whether the public export holds with the receipt, and the platform's audit. Raises MarketError."""
        key = (await self._get(f"{self._lot}/head", {}))["public_key"]
        public = self._keep("ledger", pages)
        self._say(f"the public export is {public}")
        held = await self._verify(public, "--public-key", key, "--receipt", str(receipt))
        secret = self._folder / KEY_FILE
        if not secret.exists():
            self._say(f"there is no {secret}, so the platform's own audit is left out")
            return held
        await self._sign_in()
        sealed = self._keep("audit", await self._pages("audit"))
        return await self._verify(sealed, "--public-key", key, "--platform-key", str(secret)) and held

    async def _sign_in(self) -> None:
        browser = Browser(self._http)
        apps = Apps(self._folder / APPS_FILE)
        if await sign_in(browser, ADMIN, apps, lambda: datetime.now(UTC)) is None:
            raise MarketError("the demo's admin cannot sign in: the password is another one")

    async def _pages(self, name: str) -> list[dict[str, Any]]:
        pages, cursor = list[dict[str, Any]](), None
        while not pages or cursor is not None:
            query = {"limit": PAGE, **({"cursor": cursor} if cursor else {})}
            pages.append(await self._get(f"{self._lot}/{name}", query))
            cursor = pages[-1]["next_cursor"]
        return pages

    async def _get(self, path: str, query: Mapping[str, str], token: str | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await self._http.get(path, params=query, headers=headers)
        if not answer.is_success:
            raise MarketError(f"GET {path} was answered {answer.status_code}")
        found: dict[str, Any] = answer.json()
        return found

    def _keep(self, name: str, value: object) -> Path:
        path = self._folder / f"{self._name}-{name}.json"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(value, file, indent=1)
        return path

    async def _verify(self, *arguments: str | Path) -> bool:
        command = ("-m", "api.verify", *map(str, arguments))
        self._say(f"$ python {' '.join(command)}")
        process = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT)
        return await process.wait() == 0
