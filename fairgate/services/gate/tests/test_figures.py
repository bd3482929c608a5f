"""Scans are counted by what they were answered."""

from __future__ import annotations

from fairgate.checkin.models import CheckinList
from fairgate.lib.metrics.names import SCANS
from fairgate.lib.metrics.tests.grown import grown
from fairgate.orders.models import Ticket
from fairgate.services.gate.tests.conftest import Gate, code_of


def test_each_scan_is_counted_whoever_asks(gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
    code = code_of(ticket)

    with grown(SCANS) as scans:
        for scanned in (code, code, "hello"):
            gate.client.post("/api/v1/gate/scans", json={"code": scanned, "list": everyone.pk}, headers=gate.bearer)
        gate.client.post(f"/gate/{everyone.pk}/", data={"code": code})

    assert scans == {"admitted": 1, "already": 2, "unknown": 1}
