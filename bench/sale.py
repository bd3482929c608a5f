"""An event with places for every buyer of a bench, made in the installation as its own code would."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Protocol

ORGANIZER = "bench"
PLACES = 10_000_000
# Runs inside the installation: `fairgate manage shell`.
MAKE = """
import json
from datetime import timedelta
from fairgate.events.models import Event, EventState, Session, TicketType
from fairgate.lib import clock
from fairgate.organizers.models import Organizer
from fairgate.stock.models import Draw, Quota

organizer, _ = Organizer.objects.get_or_create(
    slug={organizer!r},
    defaults=dict(name="Bench Hall", email="hello@bench.example.org", time_zone="Europe/Berlin", currency="EUR"),
)
event = Event.objects.create(
    organizer=organizer, slug={slug!r}, title="A night of measuring", place="Bench Hall", currency="EUR",
    description="As many places as it takes.", time_zone="Europe/Berlin", state=EventState.PUBLISHED,
)
starts_at = clock.now().replace(microsecond=0) + timedelta(days=30)
session = Session.objects.create(event=event, starts_at=starts_at, ends_at=starts_at + timedelta(hours=3))
quota = Quota.objects.create(event=event, session=session, name="Hall", capacity={places})
made = []
for number in range({ticket_types}):
    made.append(TicketType.objects.create(
        event=event, session=session, name=f"Entry {{number + 1}}", price=0, position=number))
    Draw.objects.create(ticket_type=made[-1], quota=quota)
print(json.dumps([event.pk, quota.pk, [ticket_type.pk for ticket_type in made]]))
"""


class Django(Protocol):
    """Whatever can run code beside the models: an installation, or a database alone."""

    def run_in_django(self, code: str) -> str: ...


@dataclass(frozen=True)
class Sale:
    slug: str
    event: int
    quota: int
    ticket_types: tuple[int, ...]

    @property
    def page(self) -> str:
        return f"/{ORGANIZER}/{self.slug}/"

    @property
    def holds_api(self) -> str:
        return f"/api/v1/shop/{ORGANIZER}/{self.slug}/holds"

    @property
    def holds_form(self) -> str:
        return f"{self.page}holds/"


def open_sale(target: Django, ticket_types: int = 1, places: int = PLACES) -> Sale:
    slug = f"night-{secrets.token_hex(4)}"
    code = MAKE.format(organizer=ORGANIZER, slug=slug, places=places, ticket_types=ticket_types)
    event, quota, types = json.loads(target.run_in_django(code).splitlines()[-1])
    return Sale(slug, event, quota, tuple(types))
