"""Turns views into HTML: one Jinja environment, one method per page, and addresses of static files by content."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from domain.clock import to_text
from domain.saved_searches import Frequency
from web import formats, listing_fields, listing_words, onboarding_words, order_words, views, words
from web.account_views import AccountView
from web.art import paint_of, shape_of
from web.filters import CLOSING_HOURS, TABS
from web.finder_views import FinderView
from web.listing_views import SellingView
from web.lots import NOBODY, Lot, history_fields
from web.offer_views import Offers
from web.onboarding_views import OnboardingView
from web.order_views import DisputePage, OrderPage, Orders
from web.photo_views import VehiclePhotos
from web.saved_search_words import ALERTS
from web.search_views import Inventory
from web.terms_views import Terms

HERE = Path(__file__).parent
STATIC = HERE / "static"
STATIC_PREFIX = "/static/"
VERSION_LENGTH = 12
FILTERS = (formats.money, formats.when, formats.clock_time, formats.short_time, formats.counted, paint_of, shape_of)
ERRORS: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        401: ("Please sign in", "This page is for people who are signed in."),
        403: ("Not allowed", "Your account may not see or do this."),
        404: ("Nothing here", "The page or auction does not exist, or its address has a slip in it."),
        405: ("Not possible here", "This address does not take that kind of request."),
        409: ("Not possible now", "The auction's rules do not allow this at the moment."),
        413: ("Too large", "What was sent is larger than we take."),
        422: ("Please check your entry", "Something in the form could not be read."),
        429: ("A little slower, please", "Too many requests came from you at once. Wait a moment, then go on."),
        500: ("Our mistake", "Something went wrong on our side, and we have a record of it. Your bids are safe."),
        503: ("Back in a moment", "We cannot serve this right now. Bids that were answered are safe."),
    }
)


def static_versions(folder: Path) -> dict[str, str]:
    """The short content hash of every file below a folder, by its relative path."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()[:VERSION_LENGTH]
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class Pages:
    """The site's pages. Static files are read once, to name their versions; an instance serves a whole process."""

    def __init__(self) -> None:
        self._versions = static_versions(STATIC)
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update({each.__name__: each for each in FILTERS})
        self._environment.globals.update(
            static_url=self.static_url,
            words=words,
            fee=formats.BUYER_FEE,
            history_fields=history_fields,
            listing_words=listing_words,
            listing_fields=listing_fields,
        )

    def static_url(self, path: str) -> str:
        """`/static/css/site.css?v=<content hash>`; so asked for, a file may be cached for ever. KeyError if absent."""
        return f"{STATIC_PREFIX}{path}?v={self._versions[path]}"

    def auction_list(self, view: views.AuctionList) -> str:
        """The home page: one tab of the market, filtered."""
        lots = [Lot(item, view.mine.get(item["id"], NOBODY), view.frame.server_now) for item in view.items]
        return self._page("auction_list", view, lots=lots, tabs=TABS, closing_hours=CLOSING_HOURS)

    def inventory(self, view: Inventory) -> str:
        """Everything for sale, by whatever a buyer looks for."""
        lots = {key: Lot(item, view.mine.get(key, NOBODY), view.frame.server_now) for key, item in view.lots.items()}
        alerts = {each.value: ALERTS[each.value] for each in Frequency}
        return self._page("inventory", view, lots=lots, closing_hours=CLOSING_HOURS, alerts=alerts)

    def auction(self, view: views.Auction) -> str:
        """An auction to watch and bid on."""
        return self._page("auction", view, lot=Lot(view.auction, view.mine or NOBODY, view.frame.server_now))

    def sign_in(self, view: views.SignIn) -> str:
        """The sign-in form."""
        return self._page("sign_in", view)

    def account(self, view: AccountView) -> str:
        """A page about signing up, signing in or an account's security."""
        return self._page(view.template, view)

    def onboarding(self, view: OnboardingView) -> str:
        """A page about being cleared to bid."""
        return self._page(view.template, view, states=onboarding_words.STATE)

    def selling(self, view: SellingView) -> str:
        """A page about listing a car, or about the review of one."""
        return self._page(view.template, view, label_of=listing_fields.label_of)

    def buying(self, view: FinderView | Offers) -> str:
        """A page of what a buyer keeps: searches, a watchlist, offers."""
        return self._page(view.template, view)

    def ordering(self, view: Orders | OrderPage | DisputePage) -> str:
        """A page of somebody's orders and their disputes."""
        return self._page(view.template, view, order_words=order_words)

    def photos(self, view: VehiclePhotos) -> str:
        """The photos of a vehicle, for its seller."""
        return self._page(view.template, view)

    def vehicle(self, view: views.Vehicle) -> str:
        """A vehicle's facts and its auctions."""
        lots = [Lot(auction, NOBODY, view.frame.server_now) for auction in view.auctions]
        return self._page("vehicle", view, lots=lots)

    def my_bids(self, view: views.MyBids) -> str:
        """What its reader has bid on."""
        lots = [(Lot(item.auction, item.mine, view.frame.server_now), item.bids) for item in view.items]
        return self._page("my_bids", view, lots=lots)

    def docs(self, view: views.Docs) -> str:
        """The API's description for people."""
        return self._page("docs", view)

    def terms(self, view: Terms) -> str:
        """A version of the terms."""
        return self._page(view.template, view)

    def error(self, view: views.Error) -> str:
        """A page that could not be served, for any HTTP status."""
        title, usual = ERRORS.get(view.status) or (HTTPStatus(view.status).phrase, ERRORS[500][1])
        return self._page("error", view, title=title, sentence=view.detail or usual)

    def _page(self, name: str, view: Any, **more: Any) -> str:
        template = self._environment.get_template(f"{name}.html")
        now: datetime = view.frame.server_now
        return template.render(view=view, frame=view.frame, server_now=to_text(now), **more)
