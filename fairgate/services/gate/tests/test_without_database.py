"""What the gate does without PostgreSQL: it says so, and recovers by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.conf import settings
from django.db import connection
from flask import Flask

from fairgate.checkin.models import CheckinList, Scan
from fairgate.lib import env, secrets
from fairgate.lib.ids import uuid7
from fairgate.orders.models import Ticket
from fairgate.services.gate import create_app, store
from fairgate.services.gate.tests.conftest import Gate, code_of


def test_without_a_database_people_and_programs_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "TIMEOUT_S", 0.3)
    app = create_app(replace(env.settings(), database_url="postgresql://nobody@127.0.0.1:1/none"))
    grant = str(uuid7())
    token = f"{grant}.{secrets.derive(settings.SECRET_KEY, 'gate', grant)}"
    client = app.test_client()
    client.set_cookie("fairgate_gate", token, domain="localhost")

    page = client.get("/gate/")
    problem = client.post("/api/v1/gate/scans", json={"code": "x", "list": 1})
    app.config["STORE"].close()

    assert (page.status_code, page.headers["Retry-After"]) == (503, "1")
    assert (problem.status_code, problem.get_json()["type"].rpartition("/")[2]) == (503, "busy")


def test_nobody_notices_broken_connections(app: Flask, gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
    gate.client.get(f"/gate/{everyone.pk}/")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fairgate gate'"
        )

    statuses = [gate.client.post(f"/gate/{everyone.pk}/", data={"code": code_of(ticket)}).status_code for _ in range(3)]

    assert statuses == [200, 200, 200]
    assert Scan.objects.filter(result="admitted").count() == 1
