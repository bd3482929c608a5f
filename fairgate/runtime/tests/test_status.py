"""What `fairgate status` tells, and what it keeps to itself."""

from __future__ import annotations

import pytest

from fairgate.runtime.status import without_password


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://ben:secret@one:5432/x", "postgresql://ben@one:5432/x"),
        ("postgresql://one/x", "postgresql://one/x"),
        (
            "postgresql://ben:secret@one:5432,two:5433/x?target_session_attrs=primary",
            "postgresql://ben@one:5432,two:5433/x?target_session_attrs=primary",
        ),
        (
            "postgresql://one/x?password=secret&sslmode=require&sslpassword=secret",
            "postgresql://one/x?sslmode=require",
        ),
    ],
)
def test_an_address_without_its_password(url: str, told: str) -> None:
    assert without_password(url) == told
