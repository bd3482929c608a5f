"""Gates: whom a check-in list lets in, and what a device is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from fairgate.checkin.models import CheckinList
from fairgate.console.forms.fields import set_choices
from fairgate.console.forms.session import session_label
from fairgate.console.words import lazy_gettext as _
from fairgate.events.models import Event, Session, TicketType


class CheckInListForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=200, help_text=_("Read at the gate, such as Saturday, or Backstage.")
    )
    session = forms.TypedChoiceField(label=_("For which date"), coerce=int, required=False, empty_value=None)
    ticket_types = forms.TypedMultipleChoiceField(
        label=_("Which tickets it lets in"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Choose none, and it lets in all of them."),
    )  # fmt: skip

    def __init__(
        self, data: Any = None, *, event: Event, sessions: Sequence[Session], ticket_types: Sequence[TicketType],
        check_in_list: CheckinList | None = None,
    ) -> None:  # fmt: skip
        self.sessions = {session.pk: session for session in sessions}
        self.offered = {ticket_type.pk: ticket_type for ticket_type in ticket_types}
        super().__init__(data, initial=_initial(check_in_list) if check_in_list else {})
        dates = {session.pk: session_label(session, event) for session in sessions}
        set_choices(self, "session", [("", _("All dates")), *dates.items()])
        labels = [
            (kind.pk, kind.name if len(dates) == 1 else f"{kind.name} · {dates[kind.session_id]}")
            for kind in ticket_types
        ]
        set_choices(self, "ticket_types", labels)
        if not ticket_types:
            del self.fields["ticket_types"]

    def parts(self) -> dict[str, Any]:
        """What checkin.actions takes."""
        cleaned = self.cleaned_data
        return {
            "name": cleaned["name"],
            "session": self.sessions.get(cleaned["session"]),
            "ticket_types": [self.offered[pk] for pk in cleaned.get("ticket_types", [])],
        }


class KeyForm(forms.Form):
    device = forms.CharField(
        label=_("Name of the app or scanner"),
        max_length=100,
        help_text=_("Scans say this name, such as Scanner 3."),
    )


def _initial(check_in_list: CheckinList) -> dict[str, Any]:
    return {
        "name": check_in_list.name,
        "session": check_in_list.session_id,
        "ticket_types": [ticket_type.pk for ticket_type in check_in_list.ticket_types.all()],
    }
