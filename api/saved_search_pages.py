"""The page of saved searches: kept from the inventory's form, renamed, told of more or less often, and deleted."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form
from pydantic import ValidationError
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from activities.db import saved_searches
from activities.db.people import Person
from api import my_searches
from api.buyer_pages import draw
from api.database import now
from api.frames import frame
from api.identifiers import Id
from api.my_searches import NewSearch, query_of
from api.problems import fail
from api.routes import about
from api.search_forms import SearchForm, SearchQuery, filters_of
from api.security import CSRF_FIELD, Audience, SignedIn
from api.state import services_of
from domain.errors import DomainError
from domain.saved_searches import MOST_SEARCHES, Frequency
from web.finder_views import SavedSearches
from web.saved_search_words import LONGEST_NAME, name_of
from web.search_views import Pairs, address
from web.views import Notice

HOME = "/me/searches"
ONE = f"{HOME}/{{search_id}}"
SEE_OTHER = 303
LISTS = frozenset(name for name, field in SearchForm.model_fields.items() if field.default == [])
# What a page of results is asked for besides: of no use to a search that is kept.
PASSING = frozenset(SearchQuery.model_fields) - frozenset(SearchForm.model_fields)
OWN = frozenset({CSRF_FIELD, "name", "alerts", *PASSING})
UNREADABLE = "Something in this search could not be read. Look at it again, then save it."
NAME_WANTED = f"Give it a name of at most {LONGEST_NAME} letters."
DONE: Mapping[str, str] = {
    "saved": "The search is saved.",
    "changed": "The search is changed.",
    "deleted": "The search is deleted; we write no more of it.",
}
router = APIRouter(include_in_schema=False)
Line = Annotated[str, Form(max_length=200)]


@router.get(HOME, response_class=HTMLResponse, **about(Audience.SIGNED_IN))
async def searches(request: Request, person: SignedIn, done: str = "") -> HTMLResponse:
    """The saved searches of its reader."""
    return await _page(request, person, notice=Notice("success", DONE[done]) if done in DONE else None)


@router.post(HOME, response_class=HTMLResponse, **about(Audience.SIGNED_IN, "TOO_MANY_SEARCHES"))
async def keep(request: Request, person: SignedIn, name: Line = "", alerts: Line = "") -> Response:
    """Keep the search of the inventory's form. Without a name it is called by what it asks for."""
    pairs = [(key, text) for key, text in (await request.form()).multi_items() if isinstance(text, str)]
    wanted = [(key, text.strip()) for key, text in pairs if key not in OWN and text.strip()]
    try:
        form = _form(wanted)
        called = name.strip() or name_of(query_of(filters_of(form)))
        await my_searches.save_search(request, person, _search(called, form, alerts))
    except DomainError as error:
        return await _page(request, person, error=error, wanted=address(wanted))
    return RedirectResponse(f"{HOME}?done=saved", SEE_OTHER)


@router.post(ONE, response_class=HTMLResponse, **about(Audience.SIGNED_IN, "SEARCH_NOT_FOUND"))
async def change(request: Request, person: SignedIn, search_id: Id, name: Line = "", alerts: Line = "") -> Response:
    """Give a search another name, or have its owner told more or less often."""
    database = services_of(request).database
    try:
        called, mode = _name(name), _mode(alerts)
        await database.write(_change, person.id, search_id, called, mode)
    except DomainError as error:
        if error.code == "SEARCH_NOT_FOUND":
            raise
        return await _page(request, person, error=error)
    return RedirectResponse(f"{HOME}?done=changed", SEE_OTHER)


@router.post(f"{ONE}/delete", response_class=RedirectResponse, **about(Audience.SIGNED_IN, "SEARCH_NOT_FOUND"))
async def delete(request: Request, person: SignedIn, search_id: Id) -> Response:
    """Delete a search."""
    await my_searches.forget_search(request, person, search_id)
    return RedirectResponse(f"{HOME}?done=deleted", SEE_OTHER)


async def _page(
    request: Request,
    person: Person,
    *,
    notice: Notice | None = None,
    error: DomainError | None = None,
    wanted: str | None = None,
) -> HTMLResponse:
    found = await my_searches.list_searches(request, person)
    modes = [each.value for each in Frequency]
    detail = None if error is None else _sentence(error)
    view = SavedSearches(frame(request, notice), found["items"], MOST_SEARCHES, modes, detail, wanted)
    return draw(request, view, error)


def _form(pairs: Pairs) -> SearchForm:
    """The query fields as they were sent. Raises INVALID_INPUT."""
    found: dict[str, Any] = {}
    for name, text in pairs:
        if name in LISTS:
            found.setdefault(name, []).append(text)
        else:
            found[name] = text
    try:
        return SearchForm.model_validate(found)
    except ValidationError:
        raise fail("INVALID_INPUT", UNREADABLE) from None


def _search(name: str, form: SearchForm, alerts: str) -> NewSearch:
    # A search of everything has no words that could be its name; that it is refused is said elsewhere.
    called = _name(name) if name else NAME_WANTED
    return NewSearch(name=called, filters=form, frequency=_mode(alerts))


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME:
        raise fail("INVALID_INPUT", NAME_WANTED)
    return name


def _mode(text: str) -> Frequency:
    if not text:
        return Frequency.DAILY
    if text not in {each.value for each in Frequency}:
        raise fail("INVALID_INPUT")
    return Frequency(text)


def _change(connection: Connection, user_id: int, search_id: int, name: str, mode: Frequency) -> None:
    try:
        kept = saved_searches.one(connection, user_id, search_id)
    except LookupError:
        raise fail("SEARCH_NOT_FOUND") from None
    # The same filters again change name and frequency.
    saved_searches.save(connection, user_id, name, kept.filters, mode, now())


def _sentence(error: DomainError) -> str:
    """The error with what is wrong by field in its words."""
    told: Any = error.data.get("errors", ())
    wrong = " ".join(f"{each['message'][:1].upper()}{each['message'][1:].removesuffix('.')}." for each in told)
    return wrong or error.detail
