from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from fairgate.lib.money import MAX_AMOUNT, NotAnAmount, decimal_string, format_money, net_of, parse_amount

AMOUNTS = st.integers(0, MAX_AMOUNT)


@given(AMOUNTS, st.sampled_from(["INR", "EUR", "JPY", "KWD"]))
def test_what_the_api_writes_can_be_read_back(amount: int, currency: str) -> None:
    assert parse_amount(decimal_string(amount, currency), currency) == amount


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (199800, "INR", "₹1,998"),
        (1250, "EUR", "€12.50"),
        (500, "JPY", "¥500"),
        (1500, "KWD", "KWD1.500"),
        (0, "EUR", "€0"),
    ],
)
def test_pages_show_no_decimals_that_say_nothing(amount: int, currency: str, shown: str) -> None:
    assert format_money(amount, currency).replace("\xa0", " ") == shown


@pytest.mark.parametrize("text", ["", "x", "-1", "1.234", "1e3x", "NaN", "Infinity", "10000000000000", "1 000", "\x00"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_amount(text, "EUR")


@given(AMOUNTS, st.integers(0, 10_000))
def test_net_is_the_nearest_that_taxes_to_the_gross(gross: int, rate: int) -> None:
    net = net_of(gross, rate)

    assert 0 <= net <= gross
    assert abs(net * (10_000 + rate) - gross * 10_000) * 2 <= 10_000 + rate


@pytest.mark.django_db
def test_the_database_rounds_as_python_does() -> None:
    cases = [(gross, rate) for gross in (0, 1, 5, 99, 99_900, 10**12) for rate in (0, 1, 550, 1800, 1900, 10_000)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT orders_net(gross, rate)"
            " FROM unnest(%s::bigint[], %s::bigint[]) WITH ORDINALITY c(gross, rate, n) ORDER BY n",
            ([gross for gross, _ in cases], [rate for _, rate in cases]),
        )
        computed = [row[0] for row in cursor.fetchall()]

    assert computed == [net_of(gross, rate) for gross, rate in cases]
