"""What `fairgate up --demo` has to show. Every step asks first whether it is done, so loading twice is harmless."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from fairgate.accounts.models import User
from fairgate.checkin.actions import ensure_default_list
from fairgate.events.models import Event, EventState, Session, TicketType
from fairgate.lib import clock
from fairgate.lib.ids import uuid7
from fairgate.orders.checkout import read_basket
from fairgate.orders.place import Buyer, place_order
from fairgate.organizers.models import Membership, Organizer, Role
from fairgate.payments.models import Method
from fairgate.stock import engine
from fairgate.stock.models import Draw, Quota
from fairgate.stock.seating import add_seated_quota

PASSWORD = "fairgate-demo"
OPERATOR = "operator@example.org"
TAX_BP = 1800
SOLD_OUT_PLACES = 40
CITIES = {"pune": "Pune", "mumbai": "Mumbai", "kolkata": "Kolkata", "jaipur": "Jaipur", "tirunelveli": "Tirunelveli"}


@dataclass(frozen=True)
class Kind:
    name: str
    price: int = 0
    description: str = ""
    max_per_order: int = 10


def load() -> None:
    with transaction.atomic():
        olga = _user("olga@example.org", "Olga Orlova")
        gail = _user("gail@example.org", "Gail Greene")
        # Sees the operator's page. May change nothing, as everybody knows the password.
        _user(OPERATOR, "Operator", is_staff=True)
        fita = _organizer("fita", "FITA Academy", "#0f766e", "Account holder: FITA Academy\nIBAN: IN00 DEMO 0001")
        riverside = _organizer(
            "riverside", "Riverside Hall", "#be185d", "Account holder: Riverside Hall\nIBAN: IN00 DEMO 0002"
        )
        for organizer in (fita, riverside):
            _member(organizer, olga, Role.OWNER)
        _member(riverside, gail, Role.GATE)
        for number, (slug, city) in enumerate(CITIES.items()):
            _course(fita, slug, city, weeks=4 + number)
        _open_day(fita)
        _rush(riverside)
        _theatre(riverside)
        _sold_out(riverside)
    _sell_out(riverside)


def _course(fita: Organizer, slug: str, city: str, weeks: int) -> None:
    event, is_new = _event(
        fita,
        f"python-{slug}",
        f"Python training in {city}",
        "Eight weeks from the first line to a web application of your own, in small groups with a trainer who builds "
        "software for a living.\n\nBring a laptop. Every batch has the same content; choose the date that suits you.",
        f"FITA Academy, {city}",
    )
    if not is_new:
        return
    for batch in range(3):
        session = _session(event, f"Batch {batch + 1}", weeks=weeks + 9 * batch, at=time(10), hours=6)
        quota = Quota.objects.create(event=event, session=session, name=f"Seats of batch {batch + 1}", capacity=24)
        _sell(
            session,
            [quota],
            Kind("Seat", 24_900_00, "The whole course, with certificate", 5),
            Kind("Student seat", 17_900_00, "Show your card on the first day", 2),
        )


def _open_day(fita: Organizer) -> None:
    event, is_new = _event(
        fita,
        "open-day",
        "Open day",
        "Meet the trainers, sit in a trial lesson and ask everything. Free for everyone.",
        "FITA Academy, Pune",
    )
    if is_new:
        session = _session(event, "", weeks=3, at=time(9), hours=9)
        quota = Quota.objects.create(event=event, session=session, name="Visitors", capacity=100_000)
        _sell(session, [quota], Kind("Visitor"))


def _rush(riverside: Organizer) -> None:
    event, is_new = _event(
        riverside,
        "rush",
        "Midnight rush",
        "One free night with everyone who plays in this town. When it is full, it is full.",
        "Riverside Hall",
    )
    if is_new:
        session = _session(event, "", weeks=2, at=time(20), hours=5)
        quota = Quota.objects.create(event=event, session=session, name="Floor", capacity=2_000)
        _sell(session, [quota], Kind("Free entry"))


def _theatre(riverside: Organizer) -> None:
    event, is_new = _event(
        riverside,
        "theatre",
        "The Tempest",
        "A ship, an island, a magician and his daughter. Two and a half hours with one interval.\n\n"
        "Every seat has a number: choose yours on the plan, or let us find the best that are together.",
        "Riverside Hall, main stage",
    )
    if is_new:
        session = _session(event, "", weeks=5, at=time(19, 30), hours=3)
        stalls = add_seated_quota(session, name="Stalls", layout="Stalls; A-H; 1-10 | 11-20", by=None)
        balcony = add_seated_quota(session, name="Balcony", layout="Balcony; 1-4; 1-10 | 11-20", by=None)
        reduced = Kind("Reduced", 600_00, "In the stalls, for students and under 18, with a card")
        _sell(session, [stalls], Kind("Adult", 900_00, "In the stalls"), reduced)
        _sell(session, [balcony], Kind("Balcony", 450_00))


def _sold_out(riverside: Organizer) -> None:
    event, is_new = _event(
        riverside,
        "soldout",
        "An evening with the Pine Trees",
        "The last concert of the season in the small room.",
        "Riverside Hall, small room",
    )
    if is_new:
        session = _session(event, "", weeks=1, at=time(19, 30), hours=3)
        quota = Quota.objects.create(event=event, session=session, name="Small room", capacity=SOLD_OUT_PLACES)
        _sell(session, [quota], Kind("Entry"))


def _sell_out(riverside: Organizer) -> None:
    """Sell every place of `soldout` as any buyer would."""
    ticket_type = TicketType.objects.get(event__organizer=riverside, event__slug="soldout")
    for number in range(1, SOLD_OUT_PLACES // 4 + 1):
        buyer = f"buyer{number}@example.org"
        key = f"demo-{ticket_type.pk}-{number:08}"
        item = engine.Item(ticket_type.pk, 4)
        wanted = engine.HoldRequest(ticket_type.event_id, (item,), engine.digest(key), engine.digest("4"), uuid7())
        with connection.cursor() as cursor:
            (answer,) = engine.hold_places(cursor, ticket_type.event_id, [wanted])
        if answer.outcome != engine.Outcome.HELD:
            return
        basket = read_basket(answer.hold)
        assert basket is not None
        place_order(
            answer.hold, key=key, buyer=Buyer(buyer, f"Buyer {number}", [""] * len(basket.tickets)), method=Method.FREE
        )


def _user(email: str, name: str, *, is_staff: bool = False) -> User:
    known = User.objects.filter(email=email).first()
    return known or User.objects.create_user(email, PASSWORD, name=name, is_staff=is_staff)


def _organizer(slug: str, name: str, accent: str, bank_details: str) -> Organizer:
    values = {
        "name": name,
        "email": f"hello@{slug}.example.org",
        "accent": accent,
        "time_zone": "Asia/Kolkata",
        "currency": "INR",
        "bank_details": bank_details,
    }
    return Organizer.objects.get_or_create(slug=slug, defaults=values)[0]


def _member(organizer: Organizer, user: User, role: Role) -> None:
    Membership.objects.get_or_create(organizer=organizer, user=user, defaults={"role": role})


def _event(organizer: Organizer, slug: str, title: str, description: str, place: str) -> tuple[Event, bool]:
    event, is_new = Event.objects.get_or_create(
        organizer=organizer,
        slug=slug,
        defaults={
            "title": title,
            "description": description,
            "place": place,
            "time_zone": organizer.time_zone,
            "currency": organizer.currency,
            "state": EventState.PUBLISHED,
        },
    )
    ensure_default_list(event)
    return event, is_new


def _session(event: Event, name: str, *, weeks: int, at: time, hours: int) -> Session:
    """A session on the Saturday so many weeks from now, at an hour of the event's zone."""
    today = clock.now().astimezone(ZoneInfo(event.time_zone)).date()
    saturday = today + timedelta(days=(5 - today.weekday()) % 7, weeks=weeks)
    starts_at = datetime.combine(saturday, at, ZoneInfo(event.time_zone)).astimezone(UTC)
    return Session.objects.create(
        event=event, name=name, starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours)
    )


def _sell(session: Session, quotas: list[Quota], *kinds: Kind) -> None:
    for position, kind in enumerate(kinds, session.ticket_types.count()):
        ticket_type = TicketType.objects.create(
            event=session.event,
            session=session,
            name=kind.name,
            description=kind.description,
            price=kind.price,
            tax_rate_bp=TAX_BP if kind.price else 0,
            max_per_order=kind.max_per_order,
            position=position,
        )
        for quota in quotas:
            Draw.objects.create(ticket_type=ticket_type, quota=quota)
