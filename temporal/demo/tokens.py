"""Bearer tokens for those of the demo who act by program, made in their own browsers."""

from collections.abc import Sequence

from temporal.demo.browser import Browser
from temporal.demo.people import PASSWORDS, DemoPerson

NAME = "demo"
LIFE_DAYS = 365


async def step_up(browser: Browser, person: DemoPerson) -> None:
    """Show once more that it is them, by the password. Raises MarketError."""
    await browser.ask("POST", "/auth/step-up", {"password": PASSWORDS[person.role]})


async def new_token(browser: Browser, scopes: Sequence[str]) -> str:
    """A token of a person who has just stepped up; the demo's earlier ones, whose secrets are lost, are revoked.

    Raises MarketError.
    """
    for token in (await browser.ask("GET", "/api/me/tokens"))["items"]:
        if token["name"] == NAME:
            await browser.ask("DELETE", f"/api/me/tokens/{token['id']}")
    wanted = {"name": NAME, "scopes": list(scopes), "expires_in_days": LIFE_DAYS}
    return str((await browser.ask("POST", "/api/me/tokens", wanted))["token"])
