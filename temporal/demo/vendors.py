"""What people do at the vendors' sandboxes: read their mail, show their passport, type their card."""

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from activities.vendor_settings import VendorSettings
from temporal.demo.client import Json, MarketError

HERE = frozenset({"127.0.0.1", "localhost"})
LINK = re.compile(r"/verify-email#([\w-]+)")
SESSION = re.compile(r'name="session" value="([\w-]+)"')
# A card of the payment vendor's testing guide, with the code that its bank knows.
TEST_CARD = {"cardNumber": "4111 1111 1111 1111", "expiry": "12/39", "cvv": "900"}


@dataclass(frozen=True, slots=True)
class Holder:
    """Who a card belongs to, before the law too, and where they live."""

    first_name: str
    last_name: str
    street: str
    city: str = "Saint Paul"
    state: str = "MN"
    zip: str = "55102"


def are_sandboxes(settings: VendorSettings) -> bool:
    """Whether every vendor that people and cars pass is on this machine, where our sandboxes are.

    No program is sent to a real one: its mails arrive, and its checks and reports are paid for.
    """
    ways_in = (settings.sendgrid_url, settings.persona_url, settings.authorize_net_url, settings.accept_js_url)
    return all(urlsplit(url).hostname in HERE for url in (*ways_in, settings.clearvin_url))


class Vendors:
    """The sandboxes of these settings, over one client. Every call raises MarketError where one does not answer."""

    def __init__(self, http: httpx.AsyncClient, settings: VendorSettings) -> None:
        self._http = http
        self._settings = settings

    async def mailed_tokens(self, email: str) -> list[str]:
        """What the links in somebody's mails hold that show whose the address is, the newest first."""
        url = f"{self._settings.sendgrid_url}/_sandbox/messages"
        mails = (await self._asked("GET", url, params={"to": email})).json()
        return [found[1] for mail in mails if (found := LINK.search(mail["text"])) is not None]

    async def pass_check(self, link: str) -> None:
        """Go through a one-time link into the identity check and pass it; one that is used up changes nothing."""
        page = await self._asked("GET", link)
        session = SESSION.search(page.text)
        if session is not None:
            await self._asked("POST", urljoin(link, "/verify"), data={"session": session[1], "ending": "pass"})

    async def opaque_card(self, holder: Holder) -> Json:
        """The test card as the hosted form gives it to the site: a descriptor and a nonce."""
        parts = urlsplit(self._settings.accept_js_url)
        merchant = {
            "apiLoginID": self._settings.authorize_net_login_id,
            "clientKey": self._settings.authorize_net_client_key,
        }
        typed = {"firstName": holder.first_name, "lastName": holder.last_name, "zip": holder.zip}
        url = f"{parts.scheme}://{parts.netloc}/hosted/nonce"
        answer = (await self._asked("POST", url, json={**merchant, **TEST_CARD, **typed})).json()
        if "opaqueData" not in answer:
            raise MarketError("the card form refused the test card")
        opaque = answer["opaqueData"]
        return {"data_descriptor": opaque["dataDescriptor"], "data_value": opaque["dataValue"]}

    async def _asked(self, method: str, url: str, **content: object) -> httpx.Response:
        try:
            answer = await self._http.request(method, url, **content)  # type: ignore[arg-type] # handed on as it is
        except httpx.TransportError as error:
            raise MarketError(f"a vendor's sandbox did not answer: {type(error).__name__}") from None
        if answer.is_error and answer.status_code != httpx.codes.GONE:
            raise MarketError(f"a vendor's sandbox answered {answer.status_code}")
        return answer
