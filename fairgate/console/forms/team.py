"""The team, and what an organizer says about itself."""

from __future__ import annotations

from typing import Any

from django import forms

from fairgate.console.forms import fields
from fairgate.console.words import lazy_gettext as _
from fairgate.organizers.models import Organizer, Role, validate_color


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("Email"), max_length=254)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.MANAGER)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class OrganizerForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("Contact for buyers"), max_length=254)
    accent = forms.CharField(
        label=_("Color"),
        validators=[validate_color],
        widget=fields.ColorInput,
        help_text=_("For buttons and links on your pages. Where it would be hard to read, we shade it."),
    )
    bank_details = forms.CharField(
        label=_("Bank account for transfers"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Buyers of paid tickets read this: account holder, number, bank."),
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Suggested for new events."))
    currency = forms.ChoiceField(label=_("Currency"), help_text=_("Suggested for new events."))

    def __init__(self, data: Any = None, *, organizer: Organizer) -> None:
        super().__init__(data, initial={name: getattr(organizer, name) for name in self.base_fields})
        for name, choices in (
            ("time_zone", fields.zone_choices(organizer.time_zone)),
            ("currency", fields.currency_choices(organizer.currency)),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices


class GateForm(forms.Form):
    organizer = forms.ChoiceField(label=_("For whom"))
    device = forms.CharField(
        label=_("Where you stand"), max_length=100, initial=_("Main entrance"),
        help_text=_("Scans say this name, such as Main entrance or Door 2."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, organizers: list[Organizer]) -> None:
        super().__init__(data)
        field = self.fields["organizer"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(organizer.slug, organizer.name) for organizer in organizers]
