"""Who may scan, against which list, and what each scan answered."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from fairgate.accounts.models import User
from fairgate.events.models import Event, Session, TicketType
from fairgate.orders.models import Ticket
from fairgate.organizers.models import Organizer


class CheckinList(models.Model):
    """Whom one gate lets in: the tickets of an event, narrowed to a session or to some ticket types."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="checkin_lists")
    session = models.ForeignKey(Session, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    ticket_types = models.ManyToManyField(TicketType, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "name"], name="checkin_list_name_once")]

    def __str__(self) -> str:
        return self.name


class GateGrant(models.Model):
    """Leave to scan for one organizer, issued at sign-in, carried signed by the device, ended by revoking the row."""

    id = models.UUIDField(primary_key=True)
    organizer = models.ForeignKey(Organizer, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    device = models.CharField(max_length=100)
    issued_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user} at {self.device}"


class ScanResult(models.TextChoices):
    ADMITTED = "admitted"
    ALREADY = "already"
    WRONG_LIST = "wrong-list"
    CANCELED = "canceled"
    UNPAID = "unpaid"
    UNKNOWN = "unknown"
    FORGED = "forged"


class Scan(models.Model):
    """Append-only: one row for each answer that a gate gave."""

    list = models.ForeignKey(CheckinList, on_delete=models.PROTECT, related_name="scans", db_index=False)
    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.PROTECT, related_name="scans")
    grant = models.ForeignKey(GateGrant, on_delete=models.PROTECT, related_name="+", db_index=False)
    result = models.CharField(max_length=10, choices=ScanResult)
    device = models.CharField(max_length=100)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(result__in=ScanResult.values), name="checkin_scan_result"),
            # A ticket is admitted once on a list, even when two gates scan in the same millisecond. Also counts who is
            # inside.
            models.UniqueConstraint(
                fields=["list", "ticket"], condition=models.Q(result="admitted"), name="checkin_scan_admitted_once"
            ),
        ]
        indexes = [
            # Read by the latest scans of a list.
            models.Index(fields=["list", "-id"], name="checkin_scan_of_list"),
        ]

    def __str__(self) -> str:
        return self.result
