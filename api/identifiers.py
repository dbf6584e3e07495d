"""Ids in paths; one that cannot be an id of ours is an address with nothing behind it (404), not bad input."""

from typing import Annotated

from fastapi import Path

from api.paging import ID_MAX

Id = Annotated[int, Path(ge=1, le=ID_MAX)]
BidId = Annotated[str, Path(pattern=r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")]
