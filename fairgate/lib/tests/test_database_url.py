"""Of one server or of several: what is in it, and what is told of it."""

from __future__ import annotations

import pytest

from fairgate.lib.database_url import parse, without_password

SEVERAL = "postgresql://ben:se%40cret@one:5432,[::1],two:5433/x?target_session_attrs=primary"


@pytest.mark.parametrize("url", [SEVERAL, "postgresql:///x", "postgresql://[::1]:5432/x", "postgres://one?password=a"])
def test_an_address_is_written_as_it_was_read(url: str) -> None:
    assert str(parse(url)) == url


def test_the_parts_of_an_address_of_several_servers() -> None:
    parts = parse(SEVERAL)

    assert (parts.ports, parts.password) == (["5432", "", "5433"], "se@cret")
    assert parts.option("target_session_attrs") == "primary"


@pytest.mark.parametrize(
    ("url", "password"),
    [
        ("postgresql://one/x", None),
        ("postgresql://ben@one/x", None),
        ("postgresql://ben:@one/x", ""),
        ("postgresql://one/x?password=a&password=s%26cret", "s&cret"),
    ],
)
def test_a_password_is_found_wherever_it_stands(url: str, password: str | None) -> None:
    assert parse(url).password == password


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://ben:secret@one:5432/x", "postgresql://ben@one:5432/x"),
        ("postgresql://one/x", "postgresql://one/x"),
        (
            "postgresql://ben:secret@one:5432,two:5433/x?target_session_attrs=primary",
            "postgresql://ben@one:5432,two:5433/x?target_session_attrs=primary",
        ),
        (SEVERAL, "postgresql://ben@one:5432,[::1],two:5433/x?target_session_attrs=primary"),
        (
            "postgresql://one/x?password=secret&sslmode=require&sslpassword=secret",
            "postgresql://one/x?sslmode=require",
        ),
    ],
)
def test_an_address_without_its_password(url: str, told: str) -> None:
    assert without_password(url) == told
