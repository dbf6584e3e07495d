"""vPIC, the NHTSA's catalogue of what VINs stand for: free, without a key, and asked where ClearVIN does not tell."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType, TracebackType
from typing import Any, Self

import httpx
import msgspec

from activities.providers.decoder_answers import Fetched, number, text
from activities.providers.failures import RejectedError, UnavailableError
from domain.decoding import Decoded, Source, Specification

VENDOR = "vpic"
CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 3.0
FIRST_YEAR, LAST_YEAR = 1900, 2100
# Its traffic control answers with either.
TRAFFIC = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.FORBIDDEN})
CLEAN = "0"
NOTES: Mapping[str, str] = MappingProxyType(
    {
        "1": "The check digit is wrong.",
        "2": "One character was corrected.",
        "3": "One character was corrected, taking the check digit for right.",
        "4": "One character is wrong, and several would fit.",
        "5": "Several characters are wrong.",
        "6": "The VIN is incomplete.",
        "7": "The maker is not registered for vehicles of the United States.",
        "8": "There are no detailed facts.",
        "11": "The model year does not fit.",
        "14": "Some characters could not be decoded.",
        "400": "There are characters that no VIN has.",
    }
)
OTHER_NOTE = "The catalogue has doubts about this VIN."
SHAPES: Mapping[str, str] = MappingProxyType({"in-line": "I", "v-shaped": "V", "horizontally opposed (boxer)": "H"})


class Vpic:
    """vPIC at `url` (with `/api`). Close it, or use it as `async with`.

    `decode` raises UnavailableError when it may be asked again, RejectedError when it refuses what we send."""

    def __init__(self, url: str, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self._url = url.rstrip("/")
        self._client = httpx.AsyncClient(
            headers={"accept": "application/json"},
            timeout=httpx.Timeout(read_timeout_s, connect=CONNECT_TIMEOUT_S),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def decode(self, vin: str, now: datetime) -> Fetched:
        """What the catalogue says of a checked VIN; it answers with HTTP 200 whatever it thinks of it."""
        try:
            # Without a format it would answer in XML.
            answer = await self._client.get(f"{self._url}/vehicles/DecodeVinValues/{vin}", params={"format": "json"})
        except httpx.UnsupportedProtocol:
            raise RejectedError(VENDOR, "url") from None
        except httpx.TimeoutException:
            raise UnavailableError(VENDOR, "timeout") from None
        except httpx.RequestError:
            raise UnavailableError(VENDOR, "unreachable") from None
        _check(answer)
        return Fetched(_decoded(vin, _result(answer), now), answer.content.decode(errors="replace"))


def _check(answer: httpx.Response) -> None:
    code = answer.status_code
    if code in TRAFFIC:
        wait = answer.headers.get("retry-after", "")
        raise UnavailableError(VENDOR, f"http_{code}", float(wait) if wait.isascii() and wait.isdecimal() else None)
    if answer.is_client_error and code != httpx.codes.REQUEST_TIMEOUT:
        raise RejectedError(VENDOR, f"http_{code}")
    if not answer.is_success:
        raise UnavailableError(VENDOR, f"http_{code}")


def _result(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # `from None`: the cause may quote the answer.
        raise UnavailableError(VENDOR, "unreadable") from None
    results = body.get("Results") if isinstance(body, dict) else None
    if not isinstance(results, list) or not results or not isinstance(results[0], dict):
        raise UnavailableError(VENDOR, "unreadable")
    return results[0]


def _decoded(vin: str, result: dict[str, Any], now: datetime) -> Decoded | None:
    specification = _specification(result)
    if not specification.names_vehicle:
        return None
    codes = [code.strip() for code in text(result.get("ErrorCode")).split(",") if code.strip() not in {"", CLEAN}]
    suggested = text(result.get("SuggestedVIN"), 17).upper()
    return Decoded(
        vin=vin,
        source=Source.VPIC,
        fetched_at=now,
        specification=specification,
        notes=tuple(dict.fromkeys(NOTES.get(code, OTHER_NOTE) for code in codes)),
        suggested_vin=suggested if suggested != vin else "",
    )


def _specification(result: dict[str, Any]) -> Specification:
    fuels = (text(result.get("FuelTypePrimary")), text(result.get("FuelTypeSecondary")))
    return Specification(
        year=number(result.get("ModelYear"), FIRST_YEAR, LAST_YEAR),
        make=text(result.get("Make"), 60),
        model=text(result.get("Model"), 60),
        trim=text(result.get("Trim"), 60) or text(result.get("Series"), 60),
        body=text(result.get("BodyClass")),
        engine=_engine(result),
        cylinders=number(result.get("EngineCylinders"), 1, 16),
        drive=text(result.get("DriveType")),
        fuel=" / ".join(filter(None, fuels)),
        electrification=text(result.get("ElectrificationLevel")),
        transmission=_transmission(result),
        doors=number(result.get("Doors"), 1, 9),
    )


def _engine(result: dict[str, Any]) -> str:
    """`1.5L I4, 174 hp`, of what is there."""
    litres, cylinders = text(result.get("DisplacementL"), 6), text(result.get("EngineCylinders"), 2)
    shape = SHAPES.get(text(result.get("EngineConfiguration")).casefold(), "")
    counted = f"{shape}{cylinders}" if shape else f"{cylinders}-cylinder"
    block = " ".join(filter(None, (litres and f"{litres}L", cylinders and counted)))
    power = number(result.get("EngineHP"), 1, 3_000)
    return ", ".join(filter(None, (block, f"{power} hp" if power else "")))


def _transmission(result: dict[str, Any]) -> str:
    speeds, style = text(result.get("TransmissionSpeeds"), 2), text(result.get("TransmissionStyle"))
    return " ".join(filter(None, (speeds and style and f"{speeds}-speed", style)))
