"""The dates of an event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from fairgate.console.forms import fields
from fairgate.console.words import lazy_gettext as _
from fairgate.events.details import SessionDetails
from fairgate.events.models import Event, Session
from fairgate.events.times import to_wall
from fairgate.ui import formats

USUAL_LENGTH = timedelta(hours=2)


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
        end_after_start(self)

    def details(self) -> SessionDetails:
        return SessionDetails(**{name: self.cleaned_data[name] for name in ("name", "starts_at", "ends_at")})


class NewSessionForm(SessionForm):
    """A further date usually sells what the others sell."""

    copy_from = forms.TypedChoiceField(label=_("Places and tickets"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Any = None, *, event: Event, sessions: list[Session]) -> None:
        super().__init__(data, event=event)
        as_on = [(session.pk, _("The same as on %s") % session_label(session, event)) for session in reversed(sessions)]
        fields.set_choices(self, "copy_from", [*as_on, ("", _("I will add them myself"))])
        self.fields["copy_from"].initial = as_on[0][0] if as_on else ""


def end_after_start(form: forms.Form) -> None:
    starts_at, ends_at = form.cleaned_data.get("starts_at"), form.cleaned_data.get("ends_at")
    if not starts_at or "ends_at" in form.errors:
        return
    if ends_at is None:
        form.cleaned_data["ends_at"] = starts_at + USUAL_LENGTH
    elif ends_at <= starts_at:
        form.add_error("ends_at", _("It must end after it starts."))


def _session_initial(session: Session, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "name": session.name,
        "starts_at": to_wall(session.starts_at, zone),
        "ends_at": to_wall(session.ends_at, zone),
    }


def session_label(session: Session, event: Event) -> str:
    when = formats.moment(session.starts_at, event.time_zone)
    return f"{when} · {session.name}" if session.name else when
