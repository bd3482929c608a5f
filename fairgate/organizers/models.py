"""Tenants, their teams, and the trace of who changed what."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from fairgate.accounts.models import User
from fairgate.lib import addresses

DEFAULT_ACCENT = "#4f46e5"

validate_slug = RegexValidator(
    r"\A[a-z0-9]+(?:-[a-z0-9]+)*\Z", "Use lower-case letters, digits and single dashes, such as spring-concert."
)


def validate_organizer_slug(slug: str) -> None:
    """An organizer's name is the first part of an address, where some words have a meaning already."""
    validate_slug(slug)
    if addresses.is_reserved(slug):
        raise ValidationError("This word is reserved; choose another, such as %(slug)s-events.", params={"slug": slug})


validate_color = RegexValidator(r"\A#[0-9a-f]{6}\Z", "Use a color such as #4f46e5.")


class Organizer(models.Model):
    slug = models.CharField(max_length=50, unique=True, validators=[validate_organizer_slug])
    name = models.CharField(max_length=200)
    email = models.EmailField("contact for buyers")
    accent = models.CharField(max_length=7, default=DEFAULT_ACCENT, validators=[validate_color])
    time_zone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="EUR")
    bank_details = models.TextField("bank account for transfers", blank=True, max_length=1000)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    MANAGER = "manager", "Manager"
    FINANCE = "finance", "Finance"
    GATE = "gate", "Gate"


class Membership(models.Model):
    organizer = models.ForeignKey(Organizer, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organizer", "user"], name="organizers_membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="organizers_membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.organizer}"


class AuditEntry(models.Model):
    """Append-only: what was done, by whom, to which row. The one writer is `audit.record`, beside SQL that says so."""

    organizer = models.ForeignKey(Organizer, on_delete=models.CASCADE)
    action = models.CharField(max_length=50)
    subject_type = models.CharField(max_length=20)
    subject_id = models.CharField(max_length=40)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField(db_default=Now())
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            # Read by the history on the page of one order or one event.
            models.Index(fields=["subject_type", "subject_id", "id"], name="organizers_audit_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"
