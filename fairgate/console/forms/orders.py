"""Finding and canceling orders."""

from __future__ import annotations

from typing import Any

from django import forms

from fairgate.console.words import lazy_gettext as _
from fairgate.orders.models import Order, OrderState, Ticket
from fairgate.organizers.models import Organizer


class SearchForm(forms.Form):
    q = forms.CharField(label=_("Code, email or name"), max_length=254, required=False)
    state = forms.ChoiceField(label=_("State"), required=False)
    event = forms.ChoiceField(label=_("Event"), required=False)

    def __init__(self, data: Any, *, organizer: Organizer) -> None:
        super().__init__(data)
        events = organizer.events.order_by("-id").values_list("slug", "title")
        for name, choices in (("state", OrderState.choices), ("event", list(events))):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("All")), *choices]


class CancellationForm(forms.Form):
    """Which tickets, by reference; checked against the order's good tickets."""

    ticket = forms.MultipleChoiceField(error_messages={"required": _("Choose at least one ticket.")})
    reason = forms.CharField(
        label=_("Reason"), max_length=500, required=False, help_text=_("For your team; the buyer does not see it.")
    )

    def __init__(self, data: Any, *, tickets: list[Ticket]) -> None:
        super().__init__(data)
        field = self.fields["ticket"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(ticket.reference, ticket.reference) for ticket in tickets]
        field.error_messages["invalid_choice"] = _("One of these tickets was canceled meanwhile. Look again.")


def good_tickets(order: Order) -> list[Ticket]:
    return [ticket for ticket in order.tickets.all() if not ticket.is_canceled]
