"""Events, their dates, ticket types and places."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from fairgate.console.forms import fields
from fairgate.console.words import lazy_gettext as _
from fairgate.events.details import EventDetails, SessionDetails, TicketTypeDetails
from fairgate.events.models import Event, EventState, Session, TicketType
from fairgate.events.queries import suggest_slug
from fairgate.events.times import to_wall
from fairgate.lib import money
from fairgate.organizers.models import Organizer, validate_color, validate_slug
from fairgate.stock.models import Quota
from fairgate.ui import formats

USUAL_LENGTH = timedelta(hours=2)


class EventForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=200)
    slug = forms.CharField(
        label=_("Address"),
        max_length=50,
        validators=[validate_slug],
        help_text=_("The last part of the event's address."),
    )
    place = forms.CharField(
        label=_("Place"), max_length=200, required=False, help_text=_("A name people know, such as Town Hall.")
    )
    address = forms.CharField(label=_("Street and city"), max_length=300, required=False)
    description = forms.CharField(
        label=_("Description"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    time_zone = forms.ChoiceField(label=_("Time zone"))
    currency = forms.ChoiceField(label=_("Currency"))
    accent = forms.CharField(
        label=_("Color"), required=False, validators=[validate_color], widget=fields.ColorInput, empty_value=""
    )
    payment_days = forms.IntegerField(
        label=_("Days to pay by bank transfer"),
        min_value=1,
        max_value=60,
    )

    def __init__(self, data: Any = None, *, event: Event) -> None:
        self.event = event
        initial = {name: getattr(event, name) for name in self.base_fields} | {"accent": event.color}
        super().__init__(data, initial=initial)
        set_choices(self, "time_zone", fields.zone_choices(event.time_zone))
        set_choices(self, "currency", fields.currency_choices(event.currency))
        if event.state != EventState.DRAFT:
            for name in ("slug", "time_zone", "currency"):
                self.fields[name].disabled = True
                self.fields[name].help_text = _("Stays as it is now that the event was published.")

    def details(self) -> EventDetails:
        cleaned = dict(self.cleaned_data)
        # A color that is the organizer's follows the organizer's.
        if cleaned["accent"] == self.event.organizer.accent:
            cleaned["accent"] = ""
        return EventDetails(**cleaned)


class NewEventForm(forms.Form):
    """The simplest event in one go: one date, one ticket type, one number of places."""

    title = forms.CharField(label=_("Title"), max_length=200)
    slug = forms.CharField(
        label=_("Address"), max_length=50, required=False, validators=[validate_slug],
        help_text=_("The last part of the event's address. Left empty, it is made from the title."),
    )  # fmt: skip
    place = forms.CharField(label=_("Place"), max_length=200, required=False)
    starts_at = fields.WallTimeField(label=_("Starts"))
    ends_at = fields.WallTimeField(label=_("Ends"), required=False, help_text=_("Left empty: two hours later."))
    time_zone = forms.ChoiceField(label=_("Time zone"))
    ticket_name = forms.CharField(label=_("Ticket name"), max_length=200, initial=_("Standard"))
    price = fields.AmountField(
        label=_("Price with tax"), required=False, initial="0", help_text=_("0 for a free ticket."),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    currency = forms.ChoiceField(label=_("Currency"))
    tax_rate = fields.PercentField(
        label=_("Tax included, in percent"),
        required=False,
        initial="0",
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    capacity = fields.PlacesField(label=_("Places"), initial=100, help_text=_("How many tickets there are."))

    def __init__(self, data: Any = None, *, organizer: Organizer) -> None:
        self.organizer = organizer
        super().__init__(data, initial={"time_zone": organizer.time_zone, "currency": organizer.currency})
        set_choices(self, "time_zone", fields.zone_choices(organizer.time_zone))
        set_choices(self, "currency", fields.currency_choices(organizer.currency))

    def clean(self) -> None:
        if "time_zone" in self.cleaned_data:
            zone = ZoneInfo(self.cleaned_data["time_zone"])
            fields.instant(self, "starts_at", zone)
            fields.instant(self, "ends_at", zone)
            _end_after_start(self)
        if "currency" in self.cleaned_data:
            fields.amount(self, "price", self.cleaned_data["currency"])

    def event_details(self) -> EventDetails:
        cleaned = self.cleaned_data
        slug = cleaned["slug"] or suggest_slug(self.organizer, cleaned["title"])
        return EventDetails(
            title=cleaned["title"], slug=slug, place=cleaned["place"],
            time_zone=cleaned["time_zone"], currency=cleaned["currency"],
        )  # fmt: skip

    def session_details(self) -> SessionDetails:
        return SessionDetails(starts_at=self.cleaned_data["starts_at"], ends_at=self.cleaned_data["ends_at"])

    def ticket_type_details(self) -> TicketTypeDetails:
        cleaned = self.cleaned_data
        return TicketTypeDetails(name=cleaned["ticket_name"], price=cleaned["price"], tax_rate_bp=cleaned["tax_rate"])


class SessionForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        required=False,
        help_text=_("Only if it has a name of its own, such as Matinee or Day 1."),
    )
    starts_at = fields.WallTimeField(label=_("Starts"))
    ends_at = fields.WallTimeField(label=_("Ends"), required=False, help_text=_("Left empty: two hours later."))

    def __init__(self, data: Any = None, *, event: Event, session: Session | None = None) -> None:
        self.event = event
        super().__init__(data, initial=_session_initial(session, event.zone) if session else {})

    def clean(self) -> None:
        fields.instant(self, "starts_at", self.event.zone)
        fields.instant(self, "ends_at", self.event.zone)
        _end_after_start(self)

    def details(self) -> SessionDetails:
        return SessionDetails(**{name: self.cleaned_data[name] for name in ("name", "starts_at", "ends_at")})


class NewSessionForm(SessionForm):
    """A further date usually sells what the others sell."""

    copy_from = forms.TypedChoiceField(label=_("Places and tickets"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Any = None, *, event: Event, sessions: list[Session]) -> None:
        super().__init__(data, event=event)
        as_on = [(session.pk, _("The same as on %s") % session_label(session, event)) for session in reversed(sessions)]
        set_choices(self, "copy_from", [*as_on, ("", _("I will add them myself"))])
        self.fields["copy_from"].initial = as_on[0][0] if as_on else ""


class TicketTypeForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("Such as Standard, Student or Early bird."))
    description = forms.CharField(
        label=_("Description"), max_length=500, required=False, help_text=_("One line below the name.")
    )
    price = fields.AmountField(
        label=_("Price with tax"), required=False, initial="0", help_text=_("0 for a free ticket."),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    tax_rate = fields.PercentField(
        label=_("Tax included, in percent"),
        required=False,
        initial="0",
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    max_per_order = forms.IntegerField(label=_("At most in one order"), min_value=1, max_value=100, initial=10)
    sale_starts_at = fields.WallTimeField(label=_("On sale from"), required=False, help_text=_("Left empty: at once."))
    sale_ends_at = fields.WallTimeField(
        label=_("On sale until"), required=False, help_text=_("Left empty: until the date is over.")
    )
    quotas = forms.TypedMultipleChoiceField(
        label=_("Places that a ticket takes"), coerce=int, widget=forms.CheckboxSelectMultiple,
        help_text=_("Ticket types that share places never sell more than there are together."),
        error_messages={"required": _("Choose the places that a ticket takes.")},
    )  # fmt: skip

    def __init__(
        self, data: Any = None, *, event: Event, quotas: list[Quota], chosen: list[int],
        ticket_type: TicketType | None = None, are_draws_fixed: bool = False,
    ) -> None:  # fmt: skip
        self.event = event
        self.offered = {quota.pk: quota for quota in quotas}
        initial = {**(_ticket_type_initial(ticket_type, event) if ticket_type else {}), "quotas": chosen}
        super().__init__(data, initial=initial)
        self.fields["price"].label = _("Price with tax, in %s") % event.currency
        set_choices(self, "quotas", [(quota.pk, _quota_label(quota, event)) for quota in quotas])
        if are_draws_fixed:
            self.fields["quotas"].disabled = True
            self.fields["quotas"].help_text = _(
                "Stays as it is while the ticket is on sale and once tickets were held or sold."
            )

    def clean(self) -> None:
        fields.amount(self, "price", self.event.currency)
        fields.instant(self, "sale_starts_at", self.event.zone)
        fields.instant(self, "sale_ends_at", self.event.zone)
        starts_at, ends_at = self.cleaned_data.get("sale_starts_at"), self.cleaned_data.get("sale_ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("sale_ends_at", _("The sale must end after it starts."))
        if len({quota.session_id for quota in self.chosen_quotas()}) > 1:
            self.add_error("quotas", _("Choose places of one date only. Add a ticket type for each date."))

    def chosen_quotas(self) -> list[Quota]:
        return [self.offered[pk] for pk in map(int, self.cleaned_data.get("quotas", [])) if pk in self.offered]

    def details(self) -> TicketTypeDetails:
        cleaned = self.cleaned_data
        names = ("name", "description", "price", "max_per_order", "sale_starts_at", "sale_ends_at")
        return TicketTypeDetails(**{name: cleaned[name] for name in names}, tax_rate_bp=cleaned["tax_rate"])


class QuotaForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200, initial=_("Places"), help_text=_("Only your team sees it."))
    capacity = fields.PlacesField(label=_("How many"))

    def __init__(self, data: Any = None, *, quota: Quota | None = None) -> None:
        super().__init__(data, initial={"name": quota.name, "capacity": quota.capacity} if quota else {})


class NewQuotaForm(QuotaForm):
    session = forms.TypedChoiceField(label=_("For which date"), coerce=int)

    field_order = ("session", "name", "capacity")

    def __init__(self, data: Any = None, *, event: Event, sessions: list[Session]) -> None:
        super().__init__(data)
        set_choices(self, "session", [(session.pk, session_label(session, event)) for session in sessions])


def _end_after_start(form: forms.Form) -> None:
    starts_at, ends_at = form.cleaned_data.get("starts_at"), form.cleaned_data.get("ends_at")
    if not starts_at or "ends_at" in form.errors:
        return
    if ends_at is None:
        form.cleaned_data["ends_at"] = starts_at + USUAL_LENGTH
    elif ends_at <= starts_at:
        form.add_error("ends_at", _("It must end after it starts."))


def set_choices(form: forms.Form, name: str, choices: list[tuple[Any, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def _session_initial(session: Session, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "name": session.name,
        "starts_at": to_wall(session.starts_at, zone),
        "ends_at": to_wall(session.ends_at, zone),
    }


def _ticket_type_initial(ticket_type: TicketType, event: Event) -> dict[str, Any]:
    starts_at, ends_at = ticket_type.sale_starts_at, ticket_type.sale_ends_at
    return {
        "name": ticket_type.name,
        "description": ticket_type.description,
        "price": money.decimal_string(ticket_type.price, event.currency),
        "tax_rate": ticket_type.tax_rate_bp,
        "max_per_order": ticket_type.max_per_order,
        "sale_starts_at": starts_at and to_wall(starts_at, event.zone),
        "sale_ends_at": ends_at and to_wall(ends_at, event.zone),
    }


def session_label(session: Session, event: Event) -> str:
    when = formats.moment(session.starts_at, event.time_zone)
    return f"{when} · {session.name}" if session.name else when


def _quota_label(quota: Quota, event: Event) -> str:
    return f"{quota.name} ({formats.number(quota.capacity)}) · {session_label(quota.session, event)}"
