"""Events: what is said about them, and the simplest one in a single form."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from fairgate.console.forms import fields
from fairgate.console.forms.places import PlacesForm
from fairgate.console.forms.session import end_after_start
from fairgate.console.words import lazy_gettext as _
from fairgate.events.details import EventDetails, SessionDetails, TicketTypeDetails
from fairgate.events.models import Event, EventState
from fairgate.events.queries import suggest_slug, ticket_types_of
from fairgate.organizers.models import Organizer, validate_color, validate_slug


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
    max_per_buyer = forms.IntegerField(
        label=_("Most tickets for one buyer"), min_value=1, max_value=1000, required=False,
        help_text=_("All ticket types and orders of one email address together. Left empty: no limit."),
    )  # fmt: skip
    verified_only = forms.BooleanField(
        label=_("Only addresses confirmed before the sale begins may order"), required=False,
        help_text=_(
            "People confirm their address by a link in a mail while the sale has not begun. "
            "Nobody gets far with addresses made up in the rush."
        ),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, event: Event) -> None:
        self.event = event
        initial = {name: getattr(event, name) for name in self.base_fields} | {"accent": event.color}
        super().__init__(data, initial=initial)
        fields.set_choices(self, "time_zone", fields.zone_choices(event.time_zone))
        fields.set_choices(self, "currency", fields.currency_choices(event.currency))
        if event.state != EventState.DRAFT:
            for name in ("slug", "time_zone", "currency"):
                self.fields[name].disabled = True
                self.fields[name].help_text = _("Stays as it is now that the event was published.")

    def clean_max_per_buyer(self) -> int | None:
        most: int | None = self.cleaned_data["max_per_buyer"]
        if most is None:
            return None
        for ticket_type in ticket_types_of(self.event).filter(is_active=True, min_per_order__gt=most)[:1]:
            raise forms.ValidationError(
                _("“%(name)s” sells at least %(least)s in one order: choose %(least)s or more, or change it first.")
                % {"name": ticket_type.name, "least": ticket_type.min_per_order}
            )
        return most

    def details(self) -> EventDetails:
        cleaned = dict(self.cleaned_data)
        # A color that is the organizer's follows the organizer's.
        if cleaned["accent"] == self.event.organizer.accent:
            cleaned["accent"] = ""
        return EventDetails(**cleaned)


class NewEventForm(PlacesForm):
    """The simplest event in one go: one date, one ticket type, its places."""

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

    def __init__(self, data: Any = None, *, organizer: Organizer) -> None:
        self.organizer = organizer
        initial = {"time_zone": organizer.time_zone, "currency": organizer.currency, "capacity": 100}
        super().__init__(data, initial=initial)
        fields.set_choices(self, "time_zone", fields.zone_choices(organizer.time_zone))
        fields.set_choices(self, "currency", fields.currency_choices(organizer.currency))

    def clean(self) -> None:
        super().clean()
        if "time_zone" in self.cleaned_data:
            zone = ZoneInfo(self.cleaned_data["time_zone"])
            fields.instant(self, "starts_at", zone)
            fields.instant(self, "ends_at", zone)
            end_after_start(self)
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
