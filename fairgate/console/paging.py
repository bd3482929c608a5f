"""Pages by key: the newest first, the next one from the id at the edge, so that page 900 costs what page 1 costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import QueryDict

PAGE_SIZE = 50

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: list[Row]
    # The addresses of the neighbors with the filters kept, empty where there are none.
    previous: str
    next: str


def page_of(rows: QuerySet[Row], params: QueryDict, size: int = PAGE_SIZE) -> Page[Row]:
    """`?before=ID` shows what is older, `?after=ID` what is newer; anything else is the first page."""
    before, after = _id(params, "before"), _id(params, "after")
    if after and not before:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        has_newer, has_older = len(found) > size, True
        found = found[:size][::-1]
    else:
        if before:
            rows = rows.filter(pk__lt=before)
        found = list(rows.order_by("-pk")[: size + 1])
        has_newer, has_older = bool(before), len(found) > size
        found = found[:size]
    return Page(
        found,
        previous=_address(params, "after", found[0].pk) if found and has_newer else "",
        next=_address(params, "before", found[-1].pk) if found and has_older else "",
    )


def _id(params: QueryDict, name: str) -> int:
    text = params.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _address(params: QueryDict, name: str, key: object) -> str:
    kept = params.copy()
    for other in ("before", "after"):
        kept.pop(other, None)
    kept[name] = str(key)
    return f"?{kept.urlencode()}"
