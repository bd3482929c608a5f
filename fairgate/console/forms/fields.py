"""How times, prices and choices are typed. A field that needs the event's zone or currency is finished by its form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global
from babel.numbers import get_currency_name
from django import forms

from fairgate.console.words import lazy_gettext as _
from fairgate.events import times
from fairgate.lib import clock, money

REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
# 1200, 1,200.50 and 1,00,000; but not 12,50, which would be read as 1250 by one person and 12.50 by the other.
AMOUNT = re.compile(r"(?:\d+|\d{1,3}(?:,\d{2,3})*,\d{3})(?:\.\d+)?", re.ASCII)
# Narrower than ISO 8601, of which Python reads much: no zones, no weeks.
WALL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?", re.ASCII)
PERCENT = re.compile(r"\d{1,3}(?:\.\d{1,2})?", re.ASCII)
MAX_PLACES = 1_000_000


class WallTimeInput(forms.TextInput):
    input_type = "datetime-local"


class WallTimeField(forms.Field):
    """A time as the clock on the wall shows it, without a zone."""

    widget = WallTimeInput

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        text = str(value).strip()
        try:
            return datetime.fromisoformat(text if WALL.fullmatch(text) else "")
        except ValueError as error:
            raise forms.ValidationError(_("Write a date and a time, such as 2027-03-14T19:30.")) from error

    def prepare_value(self, value: Any) -> Any:
        return (
            value.isoformat(timespec="auto" if value.second or value.microsecond else "minutes")
            if isinstance(value, datetime)
            else value
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(initial != data)


class AmountField(forms.CharField):
    """A price in whole units with decimals; empty is free."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or "0"
        if not AMOUNT.fullmatch(text):
            raise forms.ValidationError(_("Write the price such as 1200 or 1200.50."))
        return text


class PercentField(forms.CharField):
    """A tax rate, kept in basis points; empty is none."""

    def to_python(self, value: Any) -> Any:
        text = (super().to_python(value) or "0").removesuffix("%").strip()
        if not PERCENT.fullmatch(text) or Decimal(text) > 100:
            raise forms.ValidationError(_("Write a percentage between 0 and 100, such as 18 or 5.5."))
        return int(Decimal(text) * 100)

    def prepare_value(self, value: Any) -> Any:
        return f"{Decimal(value).scaleb(-2).normalize():f}" if isinstance(value, int) else value


class PlacesField(forms.IntegerField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            min_value=0,
            max_value=MAX_PLACES,
            error_messages={
                "required": _("Write how many places there are."),
                "invalid": _("Write a whole number."),
                "min_value": _("There cannot be fewer than 0 places."),
                "max_value": _("That is more than Fairgate sells at once: at most 1,000,000."),
            },
            **options,
        )


class ColorInput(forms.TextInput):
    input_type = "color"


def instant(form: forms.BaseForm, name: str, zone: ZoneInfo) -> None:
    """Replace the wall time in `cleaned_data` by its instant, or say why it has none."""
    wall = form.cleaned_data.get(name)
    if wall is None:
        return
    try:
        form.cleaned_data[name] = times.to_utc(wall, zone)
    except times.TimeError as error:
        form.add_error(name, error.message)


def amount(form: forms.BaseForm, name: str, currency: str) -> None:
    """Replace the typed price by an integer of the minor unit."""
    text = form.cleaned_data.get(name)
    if text is None:
        return
    try:
        form.cleaned_data[name] = money.parse_amount(text, currency)
    except ValueError:
        form.add_error(name, _("Write the price such as %s.") % money.decimal_string(120000, currency))


def set_choices(form: forms.BaseForm, name: str, choices: Sequence[tuple[Any, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def zone_choices(current: str = "") -> list[tuple[str, str]]:
    names = {*_zones(), *([current] if current else [])}
    return [(name, name.replace("_", " ")) for name in sorted(names)]


def currency_choices(current: str = "") -> list[tuple[str, str]]:
    codes = {*_currencies(), *([current] if current else [])}
    return [(code, f"{code} · {get_currency_name(code, locale='en')}") for code in sorted(codes)]


@cache
def _zones() -> frozenset[str]:
    return frozenset(name for name in available_timezones() if name.partition("/")[0] in REGIONS or name == "UTC")


@cache
def _currencies() -> frozenset[str]:
    """What is legal tender somewhere today."""
    today = clock.now().timetuple()[:3]
    found = set()
    for entries in get_global("territory_currencies").values():
        found |= {code for code, _start, end, is_tender in entries if is_tender and (end is None or end > today)}
    return frozenset(found)
