"""Money is an integer of the currency's minor unit beside its ISO 4217 code."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from babel.core import get_global
from babel.numbers import format_currency, get_currency_precision

BASIS_POINTS = 10_000
MAX_AMOUNT = 10**12


class NotAnAmount(ValueError):
    """Typed where money belongs."""


def decimal_string(amount: int, currency: str) -> str:
    """1200 INR → "12.00", the form of the API."""
    digits = get_currency_precision(currency)
    return f"{Decimal(amount).scaleb(-digits):.{digits}f}"


def format_money(amount: int, currency: str, locale: str = "en") -> str:
    """199800 INR → "₹1,998", the form of the pages: no decimals where there are no cents."""
    digits = get_currency_precision(currency)
    value = Decimal(amount).scaleb(-digits)
    whole = value == value.to_integral_value()
    return format_currency(
        value, currency, "¤#,##0" if whole else None, locale=locale, currency_digits=not whole, group_separator=True
    )


def parse_amount(text: str, currency: str) -> int:
    """ "12.50" → 1250. Raises NotAnAmount for text that is none, is negative, or is finer than the minor unit."""
    try:
        value = Decimal(text.strip().replace(",", "")).scaleb(get_currency_precision(currency))
    except InvalidOperation as error:
        raise NotAnAmount(text) from error
    if not value.is_finite() or value != value.to_integral_value() or not 0 <= value <= MAX_AMOUNT:
        raise NotAnAmount(text)
    return int(value)


def net_of(gross: int, tax_rate_bp: int) -> int:
    """The part of a gross amount that is not tax, rounded half up to the minor unit; the rate is in basis points."""
    return (2 * gross * BASIS_POINTS + BASIS_POINTS + tax_rate_bp) // (2 * (BASIS_POINTS + tax_rate_bp))


def is_currency(code: str) -> bool:
    return code in get_global("all_currencies")
