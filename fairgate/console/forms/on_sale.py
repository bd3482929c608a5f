"""The buttons of the day. Each says what its page showed, so that who was quicker is not overruled unawares."""

from __future__ import annotations

from typing import Any

from django import forms

from fairgate.console.forms import fields
from fairgate.console.words import lazy_gettext as _
from fairgate.stock.models import Quota


class MessageForm(forms.Form):
    text = forms.CharField(
        label=_("Message"),
        max_length=200,
        help_text=_("One sentence, 200 characters at most, such as: “Doors open at 18:00; tickets are plenty.”"),
        error_messages={"required": _("Write the sentence, or take the message away.")},
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class CapacityForm(forms.Form):
    capacity = fields.PlacesField(label=_("Places from now on"))
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, quota: Quota) -> None:
        now = {"capacity": quota.capacity, "seen": quota.capacity}
        super().__init__(data, initial=now, prefix=None, auto_id=f"id_%s_{quota.pk}")
