"""The addresses of the stock service, for whatever looks at them before Flask: fallback, front and event loop."""

from __future__ import annotations

import re

HOLD = re.compile(r"\A/api/v1/shop/holds/[^/]+\Z")
# Where holds are made, by programs and by people: organizer and event are the groups.
NEW_HOLD = re.compile(r"\A/api/v1/shop/([^/]+)/([^/]+)/holds\Z")
FORM = re.compile(r"\A/(?!api/)([^/]+)/([^/]+)/holds/\Z")
# The same as Flask spells it, for the request log.
NEW_HOLD_ROUTE = "/api/v1/shop/<organizer>/<event>/holds"
FORM_ROUTE = "/<organizer>/<event>/holds/"


def is_of_stock(path: str) -> bool:
    return any(address.match(path) for address in (HOLD, NEW_HOLD, FORM))
