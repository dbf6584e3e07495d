"""How routes are declared: what OpenAPI says of each, and the walk that refuses to start with an undeclared one."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from api.problems import documented
from api.security import GUARDS, REFUSALS, Audience

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
AUDIENCE_NAME = "x-audience"
_DECLARED = "declared_audience"


class UndeclaredRoute(RuntimeError):
    """A route does not say for whom it is, or its guard is for somebody else."""


def about(audience: Audience, *codes: str, example: object = None, success: int = 200) -> dict[str, Any]:
    """Keyword arguments of a route decorator: its audience, all its refusals, and an example of its `success`."""
    responses = documented(*REFUSALS[audience], *codes, "INVALID_INPUT", "DATABASE_UNAVAILABLE")
    extra: dict[str, Any] = {AUDIENCE_NAME: audience.value}
    if example is not None:
        responses[success] = {"content": {"application/json": {"example": _plain(example)}}}
    return {"responses": responses, "openapi_extra": extra}


def _plain(example: object) -> object:
    """An example that may be copied, whatever read-only parts it was put together from."""
    if isinstance(example, Mapping):
        return {name: _plain(value) for name, value in example.items()}
    return [_plain(each) for each in example] if isinstance(example, list) else example


def declares(audience: Audience) -> Callable[[Endpoint], Endpoint]:
    """Declare the audience of an endpoint that is no FastAPI route and calls `security.admit` itself."""

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _DECLARED, audience)
        return endpoint

    return mark


def audiences(app: FastAPI) -> Iterator[tuple[frozenset[str], str, Audience]]:
    """Every route with its methods, path and audience. Raises UndeclaredRoute for one without."""
    for route in iter_route_contexts(app.routes):
        yield frozenset(getattr(route, "methods", None) or ()), str(route.path), _audience_of(route)


def check_audiences(app: FastAPI) -> None:
    """Raise UndeclaredRoute unless every route of the application says for whom it is."""
    for _ in audiences(app):
        pass


def _audience_of(route: Any) -> Audience:
    endpoint = getattr(route, "endpoint", None) or getattr(route, "app", None)
    declared: Audience | None = getattr(endpoint, _DECLARED, None)
    if declared is not None:
        return declared
    dependant = getattr(route, "dependant", None)
    named = (getattr(route, "openapi_extra", None) or {}).get(AUDIENCE_NAME)
    guards = set(_guards(dependant)) if dependant is not None else set()
    if len(guards) != 1 or {named} != {guard.value for guard in guards}:
        raise UndeclaredRoute(f"{route.path}: declared {named}, guarded for {sorted(guards)}")
    return guards.pop()


def _guards(dependant: Dependant) -> Iterator[Audience]:
    if dependant.call is not None and dependant.call in GUARDS:
        yield GUARDS[dependant.call]
    for inner in dependant.dependencies:
        yield from _guards(inner)
