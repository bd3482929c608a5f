from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

from fairgate.testing.browser import chromium
from fairgate.ui import accent, assets, cover
from fairgate.ui.preview import rendered

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ends with the module: while it runs, Django would take this thread for an asynchronous one."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a sample page under the real content policy. What the policy or a script complains of fails the test."""
    complaints: list[str] = []
    pages = dict(rendered())

    def open_page(name: str, **options: Any) -> Page:
        page = browser.new_context(viewport={"width": 390, "height": 844}, **options).new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.route("**/*", lambda route: _answer(route, pages))
        page.goto(f"http://fairgate.test/{name}")
        return page

    yield open_page
    for context in browser.contexts:
        context.close()
    assert complaints == []


def _answer(route: Route, pages: dict[str, str]) -> None:
    path = urlsplit(route.request.url).path.removeprefix("/")
    folder, _, rest = path.partition("/")
    if path in pages:
        route.fulfill(body=pages[path], content_type="text/html", headers={"Content-Security-Policy": POLICY})
    elif folder == "static":
        route.fulfill(body=assets.find(rest).read_text("utf-8"), content_type=TYPES[rest.rpartition(".")[2]])
    elif folder == "accent":
        route.fulfill(body=accent.stylesheet(rest.removesuffix(".css")), content_type="text/css")
    elif folder == "cover":
        route.fulfill(body=cover.svg(rest, rest[:6]), content_type="image/svg+xml")
    else:
        route.fulfill(status=404, body="")
