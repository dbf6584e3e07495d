"""How a demo seller brings a car onto the site: its VIN is decoded, a draft written and a photo sent for the review."""

import asyncio
from dataclasses import asdict
from typing import Any

import structlog

from domain.vehicles import VehicleSpec
from temporal.demo.accounts import SellerAccount
from temporal.demo.catalogue import Offering
from temporal.demo.client import Json, MarketClient, MarketError, Sleep
from temporal.demo.desk import Desk
from temporal.demo.photo import CONTENT_TYPE, photo_of

PATH = "/api/vehicles"
OWN = "/api/me/vehicles"
ACCEPTED = 202
DECODE_TRIES, DECODE_PAUSE_S = 5, 2.0
PHOTO_TRIES, PHOTO_PAUSE_S = 150, 0.2
SOUND = 40
CLAIMED = (
    *("year", "make", "model", "trim", "body_type", "engine", "drivetrain", "fuel_type", "transmission"),
    *("mileage", "title_status"),
)
# What the decoder says beyond the catalogue.
DECODED = ("cylinders", "doors")

log = structlog.get_logger("market")


class Lister:
    """Lists cars by the sellers' tokens, and has them approved at the admin's `desk`; `sleep` is how it waits."""

    def __init__(self, client: MarketClient, desk: Desk, *, sleep: Sleep = asyncio.sleep) -> None:
        self._client = client
        self._desk = desk
        self._sleep = sleep

    async def bring(self, seller: SellerAccount, offering: Offering) -> int:
        """The vehicle's id, once the public sees it; a listing that was begun before goes on where it stands.

        Raises MarketError, also for one that somebody else has made something else of.
        """
        view = await self._begun(seller.token, offering)
        number = int(view["id"])
        if _standing(view) == ("draft", "draft"):
            await self._show(seller.token, number, offering.spec)
            view = await self._ask("POST", f"{PATH}/{number}/submit", seller.token, tag=f'"{view["version"]}"')
        if _standing(view) == ("draft", "submitted"):
            await self._desk.approve_listing(number)
        elif not is_saleable(view):
            raise MarketError(f"a listing of the demo is {' and '.join(_standing(view))}")
        return number

    async def _begun(self, token: str, offering: Offering) -> Json:
        facts = await self._decoded(token, offering.spec)
        answer = await self._client.send("POST", PATH, token, _body(offering, facts))
        known = answer.body.get("vehicle_id")
        if answer.code == "VIN_LISTED" and known is not None:
            return await self._ask("GET", f"{OWN}/{known}", token)
        if not answer.accepted:
            raise MarketError(f"POST {PATH} answered {answer.code}")
        return answer.body

    async def _decoded(self, token: str, spec: VehicleSpec) -> Json:
        """What the decoder says of how it was built; nothing where it does not say, which keeps nobody from listing."""
        said = asdict(spec)
        asked = {"vin": spec.vin, "claimed": {name: said[name] for name in CLAIMED}}
        for _ in range(DECODE_TRIES):
            answer = await self._client.send("POST", f"{PATH}/decode-vin", token, asked)
            if answer.status != ACCEPTED:
                break
            await self._sleep(answer.retry_after_s or DECODE_PAUSE_S)
        conflicts = answer.body.get("conflicts")
        if not answer.accepted or conflicts:
            fields = [conflict["field"] for conflict in conflicts or ()]
            log.warning("vin_not_as_said", code=answer.code, fields=fields)
        return answer.body.get("facts") or {}

    async def _show(self, token: str, number: int, spec: VehicleSpec) -> None:
        """Send a photo, and wait until it was checked; one that is there is enough."""
        path = f"{PATH}/{number}/photos"
        if "ready" in await self._states(token, path):
            return
        wanted = {"content_type": CONTENT_TYPE, "alt_text": f"{spec.title} in {spec.exterior_color}, from the side"}
        (photo,) = (await self._ask("POST", path, token, {"photos": [wanted]}))["items"]
        file = await asyncio.to_thread(photo_of, spec.body_type, spec.exterior_color)
        sent = await self._client.upload(photo["upload"]["url"], photo["upload"]["fields"], file)
        if not sent.accepted:
            raise MarketError(f"the store answered a photo with {sent.code}")
        await self._ask("POST", f"{path}/{photo['id']}/uploaded", token)
        for _ in range(PHOTO_TRIES):
            states = await self._states(token, path)
            if "ready" in states:
                return
            if states == {"refused"}:
                break
            await self._sleep(PHOTO_PAUSE_S)
        raise MarketError("a photo of the demo was not taken")

    async def _states(self, token: str, path: str) -> set[str]:
        return {photo["state"] for photo in (await self._ask("GET", path, token))["items"]}

    async def _ask(self, method: str, path: str, token: str, body: Json | None = None, tag: str | None = None) -> Json:
        answer = await self._client.send(method, path, token, body, tag)
        if not answer.accepted:
            raise MarketError(f"{method} {path} answered {answer.code}")
        return answer.body


def is_saleable(view: Json) -> bool:
    """Whether a listing was approved, is not over, and nobody is about to change it."""
    status, review = _standing(view)
    return status in {"approved", "scheduled", "unsold"} and review == "none"


def _standing(view: Json) -> tuple[str, str]:
    return view["status"], view["review"]["status"]


def _body(offering: Offering, facts: Json) -> dict[str, Any]:
    """What the seller writes: the catalogue's facts, with what the decoder knows beyond them."""
    spec = offering.spec
    return {
        **asdict(spec),
        **{name: facts.get(name) for name in DECODED},
        "stock_number": spec.vin[-6:],
        "title_state": spec.state,
        "zip": offering.zip,
        "lights": ["green" if spec.condition_grade >= SOUND and spec.title_status == "clean" else "yellow"],
        "start_cents": offering.start_cents,
        "reserve_cents": offering.reserve_cents,
    }
