"""Several servers, really: four hosts and one network between them; one is cut off in the middle of a sale."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg
import pytest

from fairgate.testing.load import Load, Question
from fairgate.testing.waiting import wait_until
from tests.asking import Client
from tests.ben import buy
from tests.hosts import network
from tests.hosts.buyers import Buyers
from tests.hosts.site import DOOR_PORT, Site
from tests.olga import Member, OnSale

pytestmark = pytest.mark.skipif(not network.is_possible(), reason=network.NEEDED)
PLACES, READERS, BUYERS = 5000, 4, 4
FEW, PATIENCE_S = 20, 90


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("hosts")
    # PostgreSQL may run as another user and must be able to walk to its part.
    folder.chmod(0o755)
    with Site(folder) as site:
        yield site
    assert network.namespaces() == set()


@pytest.fixture(scope="module")
def event(site: Site) -> OnSale:
    with site.network.street.entered():
        olga = Member(DOOR_PORT, host=site.door.address)
        with olga:
            return olga.put_on_sale(places=PLACES)


@pytest.fixture
def ben(site: Site) -> Iterator[Client]:
    with site.network.street.entered(), Client(DOOR_PORT, site.door.address) as ben:
        yield ben


def test_an_order_by_the_api_is_mailed_by_another_host(site: Site, ben: Client, event: OnSale) -> None:
    bought = buy(ben, event, 2)

    assert len(bought.tickets) == 2
    assert ben.get(bought.page).status == 200
    wait_until(lambda: bought.email in site.mailed(), 60, "no mail came")


def test_places_are_held_by_the_form(ben: Client, event: OnSale) -> None:
    held = ben.submit(f"{event.page}holds/", **{f"quantity-{event.ticket_type}": "1"})

    assert held.status == 303
    assert "Your details" in ben.follow(held).text


def test_selling_goes_on_while_a_host_is_cut_off_and_it_serves_again_when_healed(site: Site, event: OnSale) -> None:
    # Pages with a question mark come from web each time, not from the door's cache.
    questions = [Question("GET", f"{event.page}?from={number}") for number in range(READERS)]
    door = site.door.address
    with (
        site.network.street.entered(),
        Load(DOOR_PORT, questions, READERS, 0.1, host=door) as readers,
        Buyers(door, DOOR_PORT, event, BUYERS) as buyers,
    ):
        # The door counts its servers by kind: the second host has the second web and the only stock.
        wait_until(lambda: {"web1", "web2", "stock1"} <= set(site.served()), PATIENCE_S)
        wait_until(lambda: len(buyers.sold) >= FEW, PATIENCE_S)

        site.network.cut_off(site.second)
        cut = time.monotonic()
        wait_until(lambda: buyers.sold_since(cut) >= FEW, PATIENCE_S, f"nothing was sold: {buyers.repeated}")

        lost, so_far = len(buyers.repeated), len(site.served())
        healed = time.monotonic()
        site.network.heal(site.second)
        wait_until(lambda: {"web2", "stock1"} <= set(site.served()[so_far:]), PATIENCE_S, "it does not serve again")

    # What was on its way to the host is lost to who wanted a change; what only reads was asked elsewhere by the door.
    assert lost <= BUYERS
    assert [asked for asked in readers.failed if asked.began < healed] == []
    wait_until(lambda: {sold.email for sold in buyers.sold} <= site.mailed(), PATIENCE_S, "mails are missing")
    assert len({sold.code for sold in buyers.sold}) == len(buyers.sold)


def test_what_a_host_locked_is_free_again_after_it_was_cut_off(site: Site) -> None:
    """Long before `idle_in_transaction_session_timeout`, which leaves 60 s."""
    take = "SELECT pg_advisory_xact_lock(1)"
    with site.second.entered():
        lost = psycopg.connect(site.database_url)
    lost.execute(take)

    site.network.cut_off(site.second)
    with site.first.entered(), psycopg.connect(site.database_url, options="-c lock_timeout=45s") as other:
        taken = other.execute(take).rowcount

    site.network.heal(site.second)
    lost.close()
    assert taken == 1


def test_the_books_are_right(site: Site) -> None:
    assert site.audit() == {"differences": 0, "found": []}


def test_every_process_ends_when_it_is_asked(site: Site) -> None:
    codes = site.stop()

    assert codes == dict.fromkeys(codes, 0)
    assert [host.name for host in site.network.hosts if host.processes()] == []
