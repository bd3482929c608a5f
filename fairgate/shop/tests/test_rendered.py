"""Public pages are rendered once for all who are shown the same, and for nobody who is shown something else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from fairgate.events.models import Event, TicketType
from fairgate.lib.cache import connect
from fairgate.lib.i18n import language
from fairgate.shop import rendered
from fairgate.shop.rendered import public_page
from fairgate.testing.cast import Concert, hold
from fairgate.testing.waiting import wait_until


class Printer:
    """Renders as Django does, and counts."""

    def __init__(self) -> None:
        self.pages = 0
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self._render = rendered.render_to_string

    def __call__(self, template: str, context: dict[str, Any], using: str) -> str:
        self.pages += 1
        self.may_go_on.wait()
        return self._render(template, context, using=using)


@pytest.fixture
def printer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Printer]:
    its, printer = connect("local://", "secret"), Printer()
    monkeypatch.setattr(rendered, "cache", lambda: its)
    monkeypatch.setattr(rendered, "render_to_string", printer)
    # A busy machine may take longer than a tenth of a second between two pages.
    monkeypatch.setattr(rendered, "PAGE", replace(rendered.PAGE, fresh_s=60))
    yield printer
    printer.may_go_on.set()


@pytest.mark.django_db
def test_a_page_is_rendered_once_for_all(client: Client, stalls: TicketType, printer: Printer) -> None:
    for address in ("/", "/riverside/", "/riverside/concert/", f"/riverside/concert/seats/{stalls.session_id}/"):
        before = printer.pages
        first, second = client.get(address), client.get(address)

        assert (printer.pages - before, first.status_code) == (1, 200)
        assert first.content == second.content


@pytest.mark.django_db
def test_what_has_changed_is_shown_at_once(client: Client, concert: Concert, printer: Printer) -> None:
    before = client.get("/riverside/concert/").content.decode()
    Event.objects.update(title="The Renamed")
    for _ in range(10):
        hold((concert.standard, 10))

    after = client.get("/riverside/concert/").content.decode()

    assert ("The Renamed" in before, "The Renamed" in after) == (False, True)
    assert ("Sold out" in before, "Sold out" in after) == (False, True)


@pytest.mark.django_db
def test_a_page_that_anybody_can_invent_is_rendered_each_time(
    client: Client, concert: Concert, printer: Printer
) -> None:
    for _ in range(2):
        client.get("/?after=2031-01-01T00:00~7")

    assert printer.pages == 2


def test_each_language_has_its_own(printer: Printer) -> None:
    for code in ("en", "de"):
        token = language.set(code)
        public_page("ui/404.html", {})
        language.reset(token)

    assert printer.pages == 2


def test_of_a_crowd_one_renders(printer: Printer) -> None:
    printer.may_go_on.clear()
    asked = threading.Semaphore(0)

    def ask() -> HttpResponse:
        asked.release()
        return public_page("ui/404.html", {})

    with ThreadPoolExecutor(8) as crowd:
        pages = [crowd.submit(ask) for _ in range(8)]
        for _ in range(8):
            asked.acquire()
        wait_until(lambda: printer.pages > 0)
        printer.may_go_on.set()

    assert len({page.result().content for page in pages}) == 1
    assert printer.pages == 1
