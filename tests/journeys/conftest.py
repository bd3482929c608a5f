"""Headless Chromium. Whatever a page complains of in its console fails the test that visited it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response

from fairgate.testing.browser import chromium
from tests.installed import Installed
from tests.journeys.people import PHONE, SCALE
from tests.olga import Member

# Each step waits for what it needs; on a busy machine that may take a while.
PATIENCE_MS = 15_000

Visit = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Ends with these tests: while it runs, Django would take this thread for an asynchronous one."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser, installed: Installed) -> Iterator[Visit]:
    """Opens a new person's browser at an address."""
    complaints: list[str] = []

    def visit(path: str = "/", *, signed_in: Member | None = None, **options: Any) -> Page:
        context = browser.new_context(
            base_url=installed.url, **{"viewport": PHONE, "device_scale_factor": SCALE, **options}
        )
        context.set_default_timeout(PATIENCE_MS)
        if signed_in:
            _sign_in(context, installed, signed_in)
        page = context.new_page()
        _listen(page, complaints)
        page.goto(path)
        return page

    yield visit
    for context in browser.contexts:
        context.close()
    assert complaints == []


def _sign_in(context: BrowserContext, installed: Installed, member: Member) -> None:
    """By the cookie of a session that is there already; sign-ins are counted."""
    for (name, path), value in member.cookies.items():
        if name.endswith("session"):
            context.add_cookies([{"name": name, "value": value, "domain": "127.0.0.1", "path": path}])


def _listen(page: Page, complaints: list[str]) -> None:
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on("console", lambda said: _note(page, said.type, said.text, complaints))
    page.on("response", lambda response: _note_missing(response, complaints))


def _note(page: Page, kind: str, text: str, complaints: list[str]) -> None:
    # The browser names each refused request here; which of them are wrong is told by _note_missing.
    if kind in ("error", "warning") and not text.startswith("Failed to load resource: the server responded"):
        complaints.append(f"{page.url}: {text}")


def _note_missing(response: Response, complaints: list[str]) -> None:
    """A page may refuse with 4xx; a file that a page needs may not, and nothing may fail."""
    is_answer = response.request.resource_type in ("document", "xhr", "fetch")
    if response.status >= (500 if is_answer else 400):
        complaints.append(f"{response.status} {response.url}")
