"""Olga has the on-sale page in her hand while others buy."""

from __future__ import annotations

from playwright.sync_api import Locator, ViewportSize, expect

from tests.asking import Client
from tests.ben import buy, hold
from tests.installed import Installed
from tests.journeys.conftest import Visit
from tests.journeys.people import PICTURES, picture
from tests.olga import Member, OnSale

# As a thumb scrolls it: down to the charts.
TALL: ViewportSize = {"width": 390, "height": 1560}
ORDERS, HELD = 150, 40
# For the picture: as if they had come in a quarter of an hour, more and more of them.
SPREAD = """
UPDATE {table} t SET {at} = now() - interval '15 minutes' * (1 - sqrt(r.share))
  FROM (SELECT {id} AS id, percent_rank() OVER (ORDER BY {id}) AS share FROM {table} WHERE {of_event}) r
 WHERE t.{id} = r.id AND {of_event}
"""
QUOTA = "quota_id IN (SELECT q.id FROM stock_quota q JOIN events_event e ON e.id = q.event_id WHERE e.slug = %s)"
EVENT = "event_id = (SELECT id FROM events_event WHERE slug = %s)"
TOLD = """
INSERT INTO stock_minutecount (event_id, minute, what, count)
SELECT id, floor(extract(epoch FROM now()) / 60)::bigint - ago, what, n * (15 - ago)
  FROM events_event, generate_series(1, 14) ago,
       (VALUES ('views', 40), ('ms-50', 9), ('ms-100', 2), ('limit', 1)) AS told(what, n) WHERE slug = %s
"""


def test_the_figures_follow_who_buys(installed: Installed, olga: Member, visit: Visit) -> None:
    event = olga.put_on_sale(places=600, title="Night of the short film")
    path = f"/console/riverside/events/{event.slug}/"
    olga.get(path)  # Reads that the event is on sale now, which the picture need not show.
    orders, held = _rush(installed, event) if PICTURES else (0, 0)
    page = visit(f"{path}on-sale/", signed_in=olga, viewport=TALL)

    def figure(name: str) -> Locator:
        return page.locator(".stat", has_text=name)

    expect(figure("In checkouts")).to_contain_text(f"{held}")

    with Client(installed.port) as others:
        buy(others, event, 3)
        hold(others, event, 2)

    expect(figure("In checkouts")).to_contain_text(f"{held + 2}")
    expect(figure("Tickets sold")).to_contain_text(f"{orders + 1} order")
    picture(page, "on-sale-phone")


def _rush(installed: Installed, event: OnSale) -> tuple[int, int]:
    """How many orders, and places in checkouts."""
    with Client(installed.port) as others:
        for number in range(ORDERS):
            buy(others, event, 1 + number % 4)
        for _ in range(HELD // 10):
            hold(others, event, 10)
    installed.run(SPREAD.format(table="orders_order", at="placed_at", id="id", of_event=EVENT), event.slug, event.slug)
    installed.run(SPREAD.format(table="stock_move", at="at", id="seq", of_event=QUOTA), event.slug, event.slug)
    installed.run(TOLD, event.slug)
    return ORDERS, HELD
