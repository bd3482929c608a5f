"""What is sold: its price, how many of it, and from which places."""

from __future__ import annotations

from typing import Any

from django import forms

from fairgate.console.forms import fields
from fairgate.console.forms.session import session_label
from fairgate.console.words import lazy_gettext as _
from fairgate.events.details import TicketTypeDetails
from fairgate.events.models import Event, TicketType
from fairgate.events.times import to_wall
from fairgate.lib import money
from fairgate.stock.errors import SeveralSeats
from fairgate.stock.models import Quota
from fairgate.ui import formats

# What is typed as it is kept.
DETAILS = (
    "name", "description", "price", "min_per_order", "max_per_order", "max_per_buyer", "sale_starts_at", "sale_ends_at",
)  # fmt: skip


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
    min_per_order = forms.IntegerField(label=_("At least in one order"), min_value=1, max_value=100, initial=1)
    max_per_order = forms.IntegerField(label=_("At most in one order"), min_value=1, max_value=100, initial=10)
    max_per_buyer = forms.IntegerField(
        label=_("At most for one buyer"), min_value=1, max_value=1000, required=False,
        help_text=_("Over all orders of one email address. Left empty: no limit."),
    )  # fmt: skip
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
        fields.set_choices(self, "quotas", [(quota.pk, _quota_label(quota, event)) for quota in quotas])
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
        self._check_limits()
        chosen = self.chosen_quotas()
        if len({quota.session_id for quota in chosen}) > 1:
            self.add_error("quotas", _("Choose places of one date only. Add a ticket type for each date."))
        elif sum(quota.is_seated for quota in chosen) > 1:
            self.add_error("quotas", SeveralSeats().message)

    def _check_limits(self) -> None:
        """What nobody could order is no limit but a mistake."""
        cleaned = self.cleaned_data
        least, most, most_ever = (cleaned.get(name) for name in ("min_per_order", "max_per_order", "max_per_buyer"))
        if least is None:
            return
        for_event = self.event.max_per_buyer
        if most and least > most:
            sentence = _("At least %(least)s, but at most %(most)s in one order: choose %(most)s or less.")
            self.add_error("min_per_order", sentence % {"least": least, "most": most})
        elif for_event and least > for_event:
            sentence = _("One buyer may have at most %(most)s tickets for this event: choose %(most)s or less.")
            self.add_error("min_per_order", sentence % {"most": for_event})
        if most_ever and most_ever < least:
            sentence = _("Everyone orders at least %(least)s at once: choose %(least)s or more, or nothing.")
            self.add_error("max_per_buyer", sentence % {"least": least})

    def chosen_quotas(self) -> list[Quota]:
        return [self.offered[pk] for pk in map(int, self.cleaned_data.get("quotas", [])) if pk in self.offered]

    def details(self) -> TicketTypeDetails:
        cleaned = self.cleaned_data
        return TicketTypeDetails(**{name: cleaned[name] for name in DETAILS}, tax_rate_bp=cleaned["tax_rate"])


def _ticket_type_initial(ticket_type: TicketType, event: Event) -> dict[str, Any]:
    starts_at, ends_at = ticket_type.sale_starts_at, ticket_type.sale_ends_at
    return {
        "name": ticket_type.name,
        "description": ticket_type.description,
        "price": money.decimal_string(ticket_type.price, event.currency),
        "tax_rate": ticket_type.tax_rate_bp,
        "min_per_order": ticket_type.min_per_order,
        "max_per_order": ticket_type.max_per_order,
        "max_per_buyer": ticket_type.max_per_buyer,
        "sale_starts_at": starts_at and to_wall(starts_at, event.zone),
        "sale_ends_at": ends_at and to_wall(ends_at, event.zone),
    }


def _quota_label(quota: Quota, event: Event) -> str:
    number = formats.number(quota.capacity)
    places = _("%s numbered seats") % number if quota.is_seated else number
    return f"{quota.name} ({places}) · {session_label(quota.session, event)}"
