"""Orders and their tickets. Amounts are integers of the minor unit of the order's currency."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models.functions import Lower, Now

from fairgate.accounts.models import User
from fairgate.events.models import Event, Session, TicketType
from fairgate.lib import clock
from fairgate.organizers.models import Organizer
from fairgate.stock.models import Hold, Seat


class OrderState(models.TextChoices):
    PENDING = "pending", "Awaiting payment"
    PAID = "paid", "Paid"
    CANCELED = "canceled", "Canceled"


class Order(models.Model):
    """What a hold became. Its totals are those of its tickets that are not canceled."""

    code = models.CharField(max_length=10, unique=True)
    organizer = models.ForeignKey(Organizer, on_delete=models.PROTECT, related_name="orders", db_index=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="orders", db_index=False)
    # A hold becomes at most one order.
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, db_constraint=False)
    state = models.CharField(max_length=10, choices=OrderState)
    email = models.EmailField(max_length=254)
    # A digest of the normalized address: whom a limit per buyer counts as one.
    buyer = models.UUIDField()
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    gross = models.BigIntegerField()
    net = models.BigIntegerField()
    tax = models.BigIntegerField()
    placed_at = models.DateTimeField(db_default=Now())
    pay_by = models.DateTimeField(null=True)
    idempotency_key = models.UUIDField()
    fingerprint = models.UUIDField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=OrderState.values), name="orders_order_state"),
            models.CheckConstraint(
                condition=models.Q(gross=models.F("net") + models.F("tax"), gross__gte=0, net__gte=0, tax__gte=0),
                name="orders_order_amounts",
            ),
        ]
        indexes = [
            # Read by the organizer's list of all orders, newest first, a page at a time.
            models.Index(fields=["organizer", "-id"], name="orders_order_of_organizer"),
            # Read by the list of one event's orders and its sales at a glance.
            models.Index(fields=["event", "-id"], name="orders_order_of_event"),
            # Read by the sums of an event's sales, which need nothing else of an order.
            models.Index(fields=["event", "state"], include=["gross", "net", "tax"], name="orders_order_sums_of_event"),
            # Read where an event limits what one buyer may have.
            models.Index(fields=["event", "buyer"], name="orders_order_of_buyer"),
            # Read by "find my tickets".
            models.Index(Lower("email"), name="orders_order_by_email"),
            # Read by the search box, which looks at the beginning of an address or a name.
            models.Index("organizer", Lower("email").asc(), name="orders_order_search_email"),
            models.Index("organizer", Lower("name").asc(), name="orders_order_search_name"),
            # Read by the console's "awaiting payment".
            models.Index(
                fields=["organizer", "pay_by"],
                condition=models.Q(state="pending"),
                name="orders_order_awaiting_payment",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_paid(self) -> bool:
        return self.state == OrderState.PAID

    @property
    def is_pending(self) -> bool:
        return self.state == OrderState.PENDING

    @property
    def is_canceled(self) -> bool:
        return self.state == OrderState.CANCELED

    def is_overdue(self, now: datetime | None = None) -> bool:
        return self.is_pending and self.pay_by is not None and self.pay_by < (now or clock.now())


class VerifiedAddress(models.Model):
    """A buyer who proved to read an address's mail. An event may sell to those alone who did so before its sale."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+", db_index=False)
    buyer = models.UUIDField()
    verified_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # Also how an order finds its buyer's.
            models.UniqueConstraint(fields=["event", "buyer"], name="orders_verifiedaddress_once"),
        ]

    def __str__(self) -> str:
        return str(self.buyer)


class MailAsked(models.Model):
    """That anyone asked for a mail to an address, so that nobody is sent one after the other; for a few minutes.

    The key is a digest of what was asked for and of the address.
    """

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            # Read by the hourly task that forgets.
            models.Index(fields=["at"], name="orders_mailasked_by_age"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Ticket(models.Model):
    id = models.UUIDField(primary_key=True)
    # What a person can read out or type at the gate, where the code cannot be scanned.
    reference = models.CharField(max_length=12, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="tickets")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+", db_index=False)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    # Kept when the ticket is canceled and its seat is sold again: it says which it was.
    seat = models.ForeignKey(Seat, null=True, on_delete=models.PROTECT, related_name="tickets")
    position = models.PositiveSmallIntegerField()
    attendee_name = models.CharField(max_length=200)
    gross = models.BigIntegerField()
    net = models.BigIntegerField()
    tax = models.BigIntegerField()
    tax_rate_bp = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(gross=models.F("net") + models.F("tax")), name="orders_ticket_amounts"
            ),
        ]
        indexes = [
            # Read by the number of tickets sold, less those that are canceled, and needs nothing else of them.
            models.Index(fields=["ticket_type"], include=["id"], name="orders_ticket_of_ticket_type"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_canceled(self) -> bool:
        return hasattr(self, "cancellation")


class Cancellation(models.Model):
    """A canceled ticket: by whom, when, why. Its place went back on sale in the same transaction."""

    ticket = models.OneToOneField(Ticket, on_delete=models.PROTECT, related_name="cancellation", primary_key=True)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"cancellation of {self.ticket_id}"
