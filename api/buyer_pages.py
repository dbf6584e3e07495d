"""How the pages of saved searches, of the watchlist and of offers are drawn and answered."""

from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.account_forms import form_page
from api.state import services_of
from domain.errors import DomainError
from web.finder_views import FinderView
from web.offer_views import Offers


def draw(request: Request, view: FinderView | Offers, error: DomainError | None = None) -> HTMLResponse:
    """The page of a view, as the answer to `error` where there is one."""
    return form_page(services_of(request).pages.buying(view), error)
