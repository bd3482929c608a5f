"""What is on sale: events, their dates, and the kinds of ticket."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now

from fairgate.files.models import StoredPicture
from fairgate.lib import money
from fairgate.lib.pictures import Picture
from fairgate.organizers.models import Organizer, validate_color, validate_slug


def validate_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValidationError("Use a time zone such as Asia/Kolkata.") from error


def validate_currency(code: str) -> None:
    if not money.is_currency(code):
        raise ValidationError("Use a currency code such as EUR.")


class EventState(models.TextChoices):
    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "On sale"
    CLOSED = "closed", "Closed"


class Event(models.Model):
    organizer = models.ForeignKey(Organizer, on_delete=models.PROTECT, related_name="events")
    slug = models.CharField(max_length=50, validators=[validate_slug])
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, max_length=20_000)
    place = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=300, blank=True)
    time_zone = models.CharField(max_length=64, validators=[validate_zone])
    currency = models.CharField(max_length=3, validators=[validate_currency])
    accent = models.CharField(max_length=7, blank=True, validators=[validate_color])
    payment_days = models.PositiveSmallIntegerField(
        "days to pay by bank transfer", default=7, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    max_per_buyer = models.PositiveSmallIntegerField(
        "most tickets for one buyer", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    # Only addresses that were verified before the sale began may order.
    verified_only = models.BooleanField(default=False, db_default=False)
    state = models.CharField(max_length=10, choices=EventState, default=EventState.DRAFT)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # Also how every public address finds its event.
            models.UniqueConstraint(fields=["organizer", "slug"], name="events_event_slug_once"),
            models.CheckConstraint(condition=models.Q(state__in=EventState.values), name="events_event_state"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_published(self) -> bool:
        return self.state == EventState.PUBLISHED

    @property
    def is_public(self) -> bool:
        """A closed event keeps its page, which says so; a draft has none."""
        return self.state != EventState.DRAFT

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def color(self) -> str:
        return self.accent or self.organizer.accent

    @property
    def picture(self) -> Picture | None:
        """None: its page shows a drawing."""
        shown: EventPicture | None = getattr(self, "shown_picture", None)
        if shown is None:
            return None
        stored = shown.stored
        return Picture(stored.key, stored.width, stored.height, stored.widths, shown.alt)


class Announcement(models.Model):
    """A sentence for everybody who looks at an event's page, for as long as there is one."""

    event = models.OneToOneField(Event, on_delete=models.CASCADE, primary_key=True, related_name="announcement")
    text = models.CharField(max_length=200)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.text


class EventPicture(models.Model):
    """What the organizer chose to show; there is none for a drawing."""

    event = models.OneToOneField(Event, on_delete=models.CASCADE, primary_key=True, related_name="shown_picture")
    stored = models.ForeignKey(StoredPicture, on_delete=models.PROTECT, related_name="shown_by")
    alt = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.event_id}: {self.stored_id}"


class Session(models.Model):
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="sessions")
    name = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="events_session_ends_after_start"
            ),
        ]
        indexes = [
            # Read by every page of an event, in the order of its dates.
            models.Index(fields=["event", "starts_at"], name="events_session_of_event"),
            # Read by the list of what is coming up.
            models.Index(fields=["ends_at"], name="events_session_coming_up"),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.starts_at:%Y-%m-%d %H:%M}"


class TicketType(models.Model):
    """A kind of ticket to one session. `price` is gross, in the minor unit; the tax rate is in basis points."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="ticket_types")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="ticket_types")
    name = models.CharField(max_length=200)
    description = models.CharField(max_length=500, blank=True)
    price = models.BigIntegerField(default=0, validators=[MinValueValidator(0), MaxValueValidator(money.MAX_AMOUNT)])
    tax_rate_bp = models.PositiveIntegerField(default=0, validators=[MaxValueValidator(money.BASIS_POINTS)])
    max_per_order = models.PositiveSmallIntegerField(
        default=10, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    min_per_order = models.PositiveSmallIntegerField(
        default=1, db_default=1, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    # Over all orders of one normalized address; none: no limit.
    max_per_buyer = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    sale_starts_at = models.DateTimeField(null=True, blank=True)
    sale_ends_at = models.DateTimeField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField("on sale", default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(price__gte=0), name="events_tickettype_price"),
            models.CheckConstraint(
                condition=models.Q(max_per_order__gte=1, max_per_order__lte=100), name="events_tickettype_max_per_order"
            ),
            models.CheckConstraint(
                condition=models.Q(min_per_order__gte=1, min_per_order__lte=models.F("max_per_order")),
                name="events_tickettype_min_per_order",
            ),
            models.CheckConstraint(
                condition=models.Q(tax_rate_bp__lte=money.BASIS_POINTS), name="events_tickettype_tax_rate"
            ),
        ]
        indexes = [
            # Read by every page of an event.
            models.Index(fields=["event", "position", "id"], name="events_tickettype_of_event"),
        ]

    def __str__(self) -> str:
        return self.name
