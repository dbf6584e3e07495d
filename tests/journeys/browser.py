"""Chromium as bidders use it: each person in a context of their own, and whatever a page complains of is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

from tests.journeys.town import PASSWORD, Citizen, Town

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
PATIENCE_MS = 15_000
VIEWPORT: ViewportSize = {"width": 1280, "height": 900}


@dataclass
class Visitor:
    """One person's tab. `complaints` are console errors and warnings (violations of the CSP among them) and crashes."""

    page: Page
    site: str
    shots: Path
    complaints: list[str] = field(default_factory=list)

    def sign_in(self, citizen: Citizen) -> None:
        """Through the form, as people do."""
        self.page.goto(f"{self.site}/sign-in")
        self.page.get_by_label("E-mail").fill(citizen.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("main").get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"{self.site}/")

    def open_lot(self, auction_id: int) -> None:
        """Go to the lot's page."""
        self.page.goto(f"{self.site}/auctions/{auction_id}")

    def bid(self, dollars: int) -> None:
        """Type an amount and send it."""
        self.page.locator("#amount").fill(f"{dollars:,}")
        self.page.locator("form[data-bid-form=bid] .bid-input button").click()

    def sees(self, field_name: str, text: str) -> None:
        """Wait until a part of the lot reads so."""
        expect(self.page.locator(f"[data-field={field_name}]").first).to_have_text(text)

    def is_live(self, state: str = "live") -> None:
        """Wait until the page says so of its connection."""
        expect(self.page.locator("[data-connection]")).to_have_attribute("data-connection", state)

    def shoot(self, name: str) -> None:
        """Keep a picture of the whole page."""
        self.page.screenshot(path=self.shots / f"{name}.png", full_page=True)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; its loop runs in this thread, so that nothing asynchronous may be started inside the block."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def visitor(browser: Browser, town: Town, shots: Path, *, scripts: bool = True) -> Visitor:
    """A tab in a fresh context."""
    context = browser.new_context(java_script_enabled=scripts, viewport=VIEWPORT)
    context.set_default_timeout(PATIENCE_MS)
    found = Visitor(context.new_page(), town.stack.site_url, shots)
    found.page.on("console", found._hear)
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    return found
