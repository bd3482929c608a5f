"""Public pages, rendered once for all who are shown the same.

When the door's second is over, whoever comes until it has the page anew is let through: at 2,000 requests a second some
fifty, and rendering them all at once makes the first one late, so that even more come. One renders; the others get its
page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string

from fairgate.lib.cache import Kept, cache
from fairgate.lib.headers import PUBLIC
from fairgate.lib.i18n import language

# Freshness: what it shows is the address under which it is kept, so it is as fresh as that; a tenth of a second for the
# present year, which is all that a page tells besides. Near alone: what a page is made of is shared already.
PAGE = Kept("page", str, fresh_s=0.1, is_shared=False)


def public_page(template: str, context: Mapping[str, Any], *, is_kept: bool = True) -> HttpResponse:
    """Without the request, so that nothing of a visitor is in it. The context is plain values, told apart by `repr`."""

    def render() -> str:
        return render_to_string(template, dict(context), using="jinja2")

    parts = template, language.get(), repr(context)
    page = cache().fetch(PAGE, parts, render) if is_kept else render()
    return HttpResponse(page or "", headers={"Cache-Control": PUBLIC})
