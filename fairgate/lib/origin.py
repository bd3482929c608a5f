"""Guards public forms without a token, so that their pages can be cached: browsers say where a request comes from.

After the OWASP cheat sheet on cross-site request forgery, "Fetch Metadata headers": Sec-Fetch-Site where the browser
sends it, else Origin. A request with neither comes from no browser page of today and carries no ambient authority here.
"""

from __future__ import annotations

from urllib.parse import urlsplit


def is_cross_site(sec_fetch_site: str | None, origin: str | None, host: str | None) -> bool:
    """Whether another site's page made this request."""
    if sec_fetch_site:
        return sec_fetch_site not in ("same-origin", "none")
    if not origin:
        return False
    return urlsplit(origin).netloc != host
