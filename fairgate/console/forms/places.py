"""How many places there are, or which seats."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django import forms

from fairgate.console.forms import fields
from fairgate.console.forms.session import session_label
from fairgate.console.words import lazy_gettext as _
from fairgate.events.models import Event, Session
from fairgate.stock.layout import MAX_LENGTH
from fairgate.stock.models import Quota


class Kind(StrEnum):
    NUMBER = "number"
    SEATS = "seats"


KINDS = [(Kind.NUMBER.value, _("A number of places")), (Kind.SEATS.value, _("Numbered seats"))]


class LayoutField(forms.CharField):
    """Its mistakes are found where the seats are made, behind the rows that are there."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Rows and seats"), max_length=MAX_LENGTH, widget=forms.Textarea,
            help_text=_(
                "One line for each group of rows, from the front: block; rows; seats. Such as Stalls; A-H; 1-10 | 11-20"
            ),
            error_messages={"required": _("Write at least one line of rows and seats.")}, **options,
        )  # fmt: skip


class PlacesForm(forms.Form):
    """Either how many places there are, or which seats."""

    kind = forms.ChoiceField(
        label=_("Places"), required=False, choices=KINDS, initial=Kind.NUMBER, widget=forms.RadioSelect
    )
    capacity = fields.PlacesField(label=_("How many places"))
    layout = LayoutField()

    def clean(self) -> None:
        kind = self.cleaned_data["kind"] = Kind(self.cleaned_data.get("kind") or Kind.NUMBER)
        # Nobody looks at the field that was not chosen.
        self.errors.pop("capacity" if kind == Kind.SEATS else "layout", None)


class NewQuotaForm(PlacesForm):
    session = forms.TypedChoiceField(label=_("For which date"), coerce=int)
    name = forms.CharField(label=_("Name"), max_length=200, initial=_("Places"), help_text=_("Only your team sees it."))

    field_order = ("session", "name", "kind", "capacity", "layout")

    def __init__(self, data: Any = None, *, event: Event, sessions: list[Session]) -> None:
        super().__init__(data)
        fields.set_choices(self, "session", [(session.pk, session_label(session, event)) for session in sessions])


class QuotaForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("Only your team sees it."))
    capacity = fields.PlacesField(label=_("How many"))

    def __init__(self, data: Any = None, *, quota: Quota) -> None:
        super().__init__(data, initial={"name": quota.name, "capacity": quota.capacity})
        if quota.is_seated:
            del self.fields["capacity"]


class SeatsForm(forms.Form):
    layout = LayoutField()
