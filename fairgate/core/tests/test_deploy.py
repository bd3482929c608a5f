from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.test import Client

from fairgate.lib.addresses import RESERVED
from fairgate.organizers.models import validate_organizer_slug
from fairgate.testing.cast import Concert


def test_deployment_checks_are_clean_behind_tls() -> None:
    environ = {**os.environ, "FAIRGATE_PUBLIC_URL": "https://tickets.example.org"}

    check = subprocess.run(
        [sys.executable, "-m", "fairgate", "manage", "check", "--deploy", "--fail-level", "WARNING"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert check.returncode == 0, check.stderr


def test_migrations_are_up_to_date(db: None) -> None:
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.parametrize("slug", [*sorted(RESERVED), "en", "de", "Big", "a b", "-x", "x" * 40 + "\n"])
def test_organizer_cannot_take_a_word_with_a_meaning(slug: str) -> None:
    with pytest.raises(ValidationError):
        validate_organizer_slug(slug)


def test_a_foreign_host_is_refused(client: Client, concert: Concert) -> None:
    answer = client.get("/riverside/concert/", headers={"Host": "evil.example"})

    assert (answer.status_code, answer["Cache-Control"]) == (400, "private, no-store")


@pytest.mark.parametrize(
    "address", ["/", "/riverside/concert/", "/nothing/", "/accounts/login/", "/tickets/", "/api/x"]
)
def test_every_answer_carries_the_policy(client: Client, concert: Concert, address: str) -> None:
    answer = client.get(address)

    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert (answer["X-Content-Type-Options"], answer["X-Frame-Options"]) == ("nosniff", "DENY")
    assert "Referrer-Policy" in answer


def test_an_answer_with_a_cookie_is_never_public(client: Client, concert: Concert) -> None:
    answer = client.get("/accounts/login/")

    assert answer.cookies
    assert answer["Cache-Control"].startswith("private") or "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(("address", "kind"), [("/", "text/html"), ("/api/v1/shop/a/b", "application/problem+json")])
def test_a_database_that_is_away_is_busy(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch, address: str, kind: str
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr("fairgate.shop.views.event.event_cards", away)
    monkeypatch.setattr("fairgate.stock.catalog.read_face", away)

    answer = client.get(address)

    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert answer["Content-Type"].startswith(kind)
