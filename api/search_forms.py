"""What a search asks for, as a query string or as JSON, and how it becomes filters."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from activities import zips
from activities.search_index.index import Wanted
from activities.search_index.snapshot import After
from api.paging import ID_MAX
from api.problems import fail
from domain.auction import Status
from domain.clock import truncate
from domain.search import LONGEST_TEXT, MOST_CHOICES, MOST_HOURS, MOST_MILES, Filters, Near, Sort, Span, Wrong, faults
from domain.vehicles import TOP_GRADE, BodyType, Drivetrain, FuelType, TitleStatus

MILES = 50
PAGE = 20
PAGE_MOST = 100
NO_PLACE = Wrong("sort", "NO_PLACE", "say near which `zip`, to sort by distance")
UNKNOWN_ZIP = Wrong("zip", "UNKNOWN_ZIP", "this is no ZIP code of the United States")
NO_ZIP = Wrong("miles", "NO_ZIP", "say near which `zip`")

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Names = Annotated[list[Name], Field(max_length=MOST_CHOICES)]
Year = Annotated[int, Field(ge=1886, le=2100)]
Cents = Annotated[int, Field(ge=0, le=ID_MAX)]
Miles = Annotated[int, Field(ge=0, le=2_000_000)]
Grade = Annotated[int, Field(ge=0, le=TOP_GRADE)]


class SearchForm(BaseModel):
    """What is looked for: any one of the values of each list, and all of the rest; from and to are included.

    Mileage in miles, money in cents, condition in tenths of the grade from 0 to 50.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"make": ["Honda"], "year_from": 2018, "zip": "55101", "miles": 100}]},
    )

    make: Names = []
    model: Names = []
    trim: Names = []
    body_type: list[BodyType] = []
    fuel_type: list[FuelType] = []
    drivetrain: list[Drivetrain] = []
    transmission: list[Literal["automatic", "manual", "cvt", "other"]] = []
    exterior_color: Names = []
    title_status: list[TitleStatus] = []
    state: Names = []
    sale_type: Names = []
    year_from: Year | None = None
    year_to: Year | None = None
    price_from_cents: Cents | None = None
    price_to_cents: Cents | None = None
    mileage_from: Miles | None = None
    mileage_to: Miles | None = None
    condition_from: Grade | None = None
    condition_to: Grade | None = None
    zip: Annotated[str, StringConstraints(strip_whitespace=True, max_length=10)] | None = None
    miles: Annotated[int, Field(ge=1, le=MOST_MILES)] | None = None
    no_reserve: bool = False
    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT)] = ""


class PageQuery(SearchForm):
    """A search with the end of the auction, and which page of it."""

    ending_within_h: Annotated[int, Field(ge=1, le=MOST_HOURS)] | None = None
    closing_before: AwareDatetime | None = None
    sort: Sort | None = None
    facets: bool = True
    limit: Annotated[int, Field(ge=1, le=PAGE_MOST, description="How many items a page has.")] = PAGE
    cursor: Annotated[str, Field(max_length=80, description="The `next_cursor` of the page before.")] | None = None


class SearchQuery(PageQuery):
    """A page of vehicles, also of those that are in no auction."""

    status: list[Status | Literal["listed"]] = []


class AuctionQuery(PageQuery):
    """A page of auctions."""

    status: list[Status] = []


def filters_of(form: SearchForm) -> Filters:
    """The filters of a form. Raises INVALID_INPUT with a sentence for each field that cannot be used."""
    query = form if isinstance(form, PageQuery) else PageQuery(**form.model_dump())
    filters = Filters(
        make=tuple(query.make),
        model=tuple(query.model),
        trim=tuple(query.trim),
        body_type=tuple(query.body_type),
        fuel_type=tuple(query.fuel_type),
        drivetrain=tuple(query.drivetrain),
        transmission=tuple(query.transmission),
        exterior_color=tuple(query.exterior_color),
        title_status=tuple(query.title_status),
        state=tuple(query.state),
        sale_type=tuple(query.sale_type),
        status=tuple(query.status) if isinstance(query, SearchQuery | AuctionQuery) else (),
        year=Span(query.year_from, query.year_to),
        price_cents=Span(query.price_from_cents, query.price_to_cents),
        mileage=Span(query.mileage_from, query.mileage_to),
        condition_grade=Span(query.condition_from, query.condition_to),
        near=_near(query),
        ending_within_h=query.ending_within_h,
        ends_before=None if query.closing_before is None else truncate(query.closing_before),
        no_reserve=query.no_reserve,
        text=query.q,
    )
    if wrong := faults(filters):
        raise refused(*wrong)
    return filters


def usual_sort(filters: Filters) -> Sort:
    """The order of auctions where none is asked for: what ends soonest; ended ones alone from the latest end back."""
    return Sort.ENDED_LATEST if filters.status == (Status.ENDED,) else Sort.ENDING_SOON


def wanted_of(query: PageQuery, filters: Filters, usual: Sort) -> Wanted:
    """The page of a query. Raises INVALID_INPUT, or INVALID_CURSOR for one that is not of this order."""
    sort = query.sort or usual
    if sort is Sort.DISTANCE and filters.near is None:
        raise refused(NO_PLACE)
    return Wanted(filters, sort, query.limit, _after(query.cursor, sort), query.facets)


def cursor_of(sort: Sort, after: After | None) -> str | None:
    """The cursor after a page."""
    return None if after is None else f"{sort.value}-{after.place}-{after.vehicle_id}"


def refused(*wrong: Wrong) -> Exception:
    """The error of wrong fields, to be raised."""
    errors = [{"field": each.field, "rule": each.rule, "message": each.message} for each in wrong]
    return fail("INVALID_INPUT", errors=errors)


def _near(query: SearchForm) -> Near | None:
    if query.zip is None:
        if query.miles is not None:
            raise refused(NO_ZIP)
        return None
    place = zips.find(query.zip)
    if place is None:
        raise refused(UNKNOWN_ZIP)
    return Near(place.zip, place.lat, place.lng, query.miles or MILES)


def _after(cursor: str | None, sort: Sort) -> After | None:
    if cursor is None:
        return None
    name, _, rest = cursor.partition("-")
    place, _, key = rest.partition("-")
    if name != sort.value or not all(
        each.isascii() and each.isdigit() and int(each) <= ID_MAX for each in (place, key)
    ):
        raise fail(
            "INVALID_CURSOR", errors=[{"field": "cursor", "rule": "cursor", "message": fail("INVALID_CURSOR").detail}]
        )
    return After(int(place), int(key))
