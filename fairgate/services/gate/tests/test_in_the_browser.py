"""The gate's page with scripts: the next code is typed at once, and no answer outlives its own ticket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, Response
from playwright.sync_api import BrowserContext
from werkzeug.serving import make_server

from fairgate.checkin.models import CheckinList
from fairgate.services.gate.tests.conftest import Gate, code_of
from fairgate.testing.browser import chromium
from fairgate.testing.cast import Concert, buy
from fairgate.testing.waiting import free_port
from fairgate.ui import assets

TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The service on a port, with the files that the web process serves behind the door."""
    app.add_url_rule("/static/<path:name>", "static", _static)
    server = make_server("127.0.0.1", free_port(), app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_codes_follow_each_other_without_waiting(
    address: str, gate: Gate, everyone: CheckinList, concert: Concert
) -> None:
    codes = [code_of(ticket) for ticket in buy((concert.free, 3)).tickets.all()]

    with _phone(address, gate) as phone:
        page = phone.new_page()
        page.goto(f"{address}/gate/{everyone.pk}/")
        for code in codes:
            page.keyboard.insert_text(code)
            page.keyboard.press("Enter")
        page.get_by_text("3 of 3 inside").wait_for()

        assert page.locator("[data-verdict]").get_attribute("data-verdict") == "admitted"
        assert page.evaluate("document.activeElement.id") == "code"
        assert page.locator("#code").input_value() == ""
        assert Axe().run(page).response["violations"] == []


def test_without_a_network_no_earlier_welcome_is_left_standing(
    address: str, gate: Gate, everyone: CheckinList, concert: Concert
) -> None:
    first, second = (code_of(ticket) for ticket in buy((concert.free, 2)).tickets.all())

    with _phone(address, gate) as phone:
        page = phone.new_page()
        page.goto(f"{address}/gate/{everyone.pk}/")
        page.keyboard.insert_text(first)
        page.keyboard.press("Enter")
        page.get_by_text("Welcome").wait_for()
        phone.set_offline(True)
        page.keyboard.insert_text(second)
        page.keyboard.press("Enter")
        page.get_by_text("No answer.").wait_for()

        assert page.locator("[data-verdict]").count() == 0


@contextmanager
def _phone(address: str, gate: Gate) -> Iterator[BrowserContext]:
    with chromium() as browser:
        phone = browser.new_context(viewport={"width": 390, "height": 844})
        phone.add_cookies([{"name": "fairgate_gate", "value": gate.token, "url": address}])
        yield phone


def _static(name: str) -> Response:
    return Response(assets.find(name).read_bytes(), mimetype=TYPES[name.rpartition(".")[2]])
