"""Places: how many there are, who holds them, and a ledger of every move.

Only the SQL functions in `sql/` write `taken`, holds and moves; see `sql/functions.sql` for why they cannot oversell.
The hot tables carry no foreign keys: each would cost a trigger a row while the quota is locked. What they refer to is
written by the same functions or protected from deletion, and `fairgate audit` looks for orphans.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from fairgate.events.models import Event, Session, TicketType
from fairgate.stock.seats import seat_name


class Quota(models.Model):
    """A number of places in one session. A place is taken from the hold until it is given back."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="quotas")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="quotas")
    name = models.CharField(max_length=200)
    capacity = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0, db_default=0)
    # The number of the last move, so that a recorded history can be checked in linear time.
    seq = models.BigIntegerField(default=0, db_default=0)
    # Its places are numbered: the capacity is the number of its seats that are not blocked.
    is_seated = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            # The promise itself: whatever code runs, the database refuses to oversell.
            models.CheckConstraint(
                condition=models.Q(taken__gte=0, taken__lte=models.F("capacity")), name="stock_quota_never_oversold"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def free(self) -> int:
        return self.capacity - self.taken


class Draw(models.Model):
    """A ticket type takes one place of each quota that it draws on."""

    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="draws")
    quota = models.ForeignKey(Quota, on_delete=models.PROTECT, related_name="draws")

    class Meta:
        constraints = [
            # Also how a hold finds its quotas.
            models.UniqueConstraint(fields=["ticket_type", "quota"], name="stock_draw_once"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_type} draws on {self.quota}"


class Seat(models.Model):
    """A numbered place. `rank` counts the quota's rows from the front; `place` is the column in its row, so that
    neighbors differ by one and an aisle is a gap."""

    quota = models.ForeignKey(Quota, on_delete=models.PROTECT, related_name="seats", db_index=False)
    block = models.CharField(max_length=50, blank=True)
    row = models.CharField(max_length=10)
    number = models.CharField(max_length=10)
    rank = models.PositiveIntegerField()
    place = models.PositiveIntegerField()
    is_blocked = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            # Also how a plan is read, and how the best free seats are found.
            models.UniqueConstraint(fields=["quota", "rank", "place"], name="stock_seat_place_once"),
            models.UniqueConstraint(fields=["quota", "block", "row", "number"], name="stock_seat_name_once"),
        ]

    def __str__(self) -> str:
        return seat_name(self.block, self.row, self.number)


class HoldState(models.TextChoices):
    ACTIVE = "active"
    CONVERTED = "converted"
    RELEASED = "released"
    EXPIRED = "expired"


class Hold(models.Model):
    """Places set aside for one buyer until an end. The key and the fingerprint of its request are 128-bit digests."""

    id = models.UUIDField(primary_key=True)
    event_id = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=HoldState, db_default=HoldState.ACTIVE)
    idempotency_key = models.UUIDField(null=True)
    fingerprint = models.UUIDField()
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    is_extended = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            # The same request twice is one hold. Keys are forgotten after a day.
            models.UniqueConstraint(fields=["event_id", "idempotency_key"], name="stock_hold_key_once"),
            models.CheckConstraint(condition=models.Q(state__in=HoldState.values), name="stock_hold_state"),
        ]
        indexes = [
            # Read by the hourly task that forgets old keys, and by nothing else: its words about the state keep the
            # planner from reading it from end to end for a key.
            models.Index(
                fields=["created_at"],
                condition=models.Q(idempotency_key__isnull=False) & ~models.Q(state=""),
                name="stock_hold_keys_by_age",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class HoldItem(models.Model):
    """How many of which ticket type, at the price of that moment."""

    pk = models.CompositePrimaryKey("hold_id", "ticket_type_id")
    hold = models.ForeignKey(
        Hold, on_delete=models.DO_NOTHING, related_name="items", db_constraint=False, db_index=False
    )
    ticket_type = models.ForeignKey(TicketType, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    quantity = models.PositiveIntegerField()
    unit_price = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="stock_holditem_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.ticket_type_id}"


class SeatTaken(models.Model):
    """Who has a seat, from the hold until it is given back. The key is the seat: it is taken at most once."""

    seat = models.OneToOneField(Seat, on_delete=models.PROTECT, primary_key=True, related_name="taken")
    hold_id = models.UUIDField()
    ticket_type_id = models.BigIntegerField()

    class Meta:
        indexes = [
            # Read when a hold ends, becomes an order or is asked for again.
            models.Index(fields=["hold_id"], name="stock_seattaken_by_hold"),
        ]

    def __str__(self) -> str:
        return str(self.seat)


class MinuteCount(models.Model):
    """How often somebody who wanted places was told what in one minute; see `pulse`. Kept for two days.

    No foreign key: it is written beside the rush, and an event that is gone loses nothing by it.
    """

    pk = models.CompositePrimaryKey("event_id", "minute", "what")
    event_id = models.BigIntegerField()
    # Unix time in minutes.
    minute = models.BigIntegerField()
    what = models.CharField(max_length=20)
    count = models.BigIntegerField()

    class Meta:
        indexes = [
            # Read by the hourly task that forgets.
            models.Index(fields=["minute"], name="stock_minutecount_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.count}"


class Move(models.Model):
    """One line of a quota's ledger: places taken (positive) or given back (negative), or its capacity changed (0)."""

    class Kind(models.TextChoices):
        HOLD = "hold"
        RELEASE = "release"
        EXPIRE = "expire"
        RETURN = "return"
        RESIZE = "resize"
        SWAP = "swap"

    pk = models.CompositePrimaryKey("quota_id", "seq")
    quota = models.ForeignKey(Quota, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    quantity = models.IntegerField()
    # The capacity in force, so that "never above capacity" can be checked at every line.
    capacity = models.PositiveIntegerField()
    hold_id = models.UUIDField(null=True)
    ticket_type_id = models.BigIntegerField(null=True)
    ticket_id = models.UUIDField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # A hold takes from a quota once for each ticket type; also how its places find their way back.
            models.UniqueConstraint(
                fields=["hold_id", "ticket_type_id", "quota_id"],
                condition=models.Q(kind="hold"),
                name="stock_move_hold_once",
            ),
            # It gives them back once, by release or by expiry.
            models.UniqueConstraint(
                fields=["hold_id", "ticket_type_id", "quota_id"],
                condition=models.Q(kind__in=["release", "expire"]),
                name="stock_move_end_once",
            ),
            # A canceled ticket returns its place once.
            models.UniqueConstraint(
                fields=["ticket_id", "quota_id"], condition=models.Q(kind="return"), name="stock_move_return_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity}"
