"""An event's own color and cover, as files: the content policy lets no page carry style of its own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from fairgate.shop.access import read_only
from fairgate.ui import accent, cover

# The address says it all, so the answer never changes until the software does.
KEPT = "public, max-age=86400"


@read_only
def accent_css(request: HttpRequest, color: str) -> HttpResponse:
    return HttpResponse(accent.stylesheet(color), content_type="text/css", headers={"Cache-Control": KEPT})


@read_only
def cover_svg(request: HttpRequest, color: str, seed: str) -> HttpResponse:
    return HttpResponse(cover.svg(seed, color), content_type="image/svg+xml", headers={"Cache-Control": KEPT})
