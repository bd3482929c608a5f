"""What a ticket is changed to."""

from __future__ import annotations

from typing import Any

from django import forms

from fairgate.console.words import lazy_gettext as _
from fairgate.events.models import TicketType
from fairgate.orders.checkout import MAX_NAME
from fairgate.orders.choices import choices, free_seats, keeps_seat
from fairgate.orders.models import Ticket
from fairgate.stock.catalog import Left
from fairgate.ui import formats


class NameForm(forms.Form):
    name = forms.CharField(label=_("Name on the ticket"), max_length=MAX_NAME)


class SwapForm(forms.Form):
    """To which ticket type; the own one, where only the seat changes."""

    to = forms.TypedChoiceField(
        label=_("Change to"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what to change it to."),
            "invalid_choice": _("A ticket cannot be changed to that now. Choose something else."),
        },
    )

    def __init__(self, data: Any, *, ticket: Ticket, zone: str) -> None:
        super().__init__(data)
        self._ticket = ticket
        offered = choices(ticket, is_team=True)
        self.sold_out = [one for one in offered if one.left == Left.NONE]
        options = [
            (one.id, f"{formats.period(one.starts_at, one.ends_at, zone)}, {one.name}")
            for one in offered
            if one.left != Left.NONE
        ]
        if ticket.seat_id:
            options.append((ticket.ticket_type_id, _("Another seat with the same ticket")))
        self.has_choices = bool(options)
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = options

    def target(self) -> TicketType:
        return TicketType.objects.select_related("session").get(event=self._ticket.event_id, pk=self.cleaned_data["to"])


class SeatForm(forms.Form):
    """Which seat, where the places are numbered; none: the best one, or the present one if it fits there."""

    seat = forms.TypedChoiceField(
        label=_("Seat"),
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": _("Somebody else has this seat. Nothing has changed; choose another.")},
    )

    def __init__(self, data: Any, *, ticket: Ticket, target: TicketType) -> None:
        super().__init__(data)
        self.target = target
        is_own = target.pk == ticket.ticket_type_id
        seats = [(seat.pk, str(seat)) for seat in free_seats(target.pk)]
        self.has_seats = bool(seats)
        field = self.fields["seat"]
        assert isinstance(field, forms.ChoiceField)
        best = _("The seat it has") if keeps_seat(ticket, target) else _("The best that is free")
        field.choices = seats if is_own else [("", best), *seats]
        field.required = is_own
