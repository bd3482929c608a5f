"""Two doors, one ticket, the same moment."""

from __future__ import annotations

import threading

from flask import Flask

from fairgate.accounts.models import User
from fairgate.checkin.models import CheckinList, Scan
from fairgate.organizers.models import Organizer
from fairgate.services.gate.tests.conftest import Gate, code_of, open_gate
from fairgate.testing.cast import Concert, buy

ROUNDS = 50


def test_a_ticket_is_admitted_once_by_two_gates(
    app: Flask, gail: User, riverside: Organizer, everyone: CheckinList, concert: Concert
) -> None:
    gates = [open_gate(app, gail, riverside, name) for name in ("Main entrance", "Side door")]
    tickets = [ticket for _ in range(5) for ticket in buy((concert.free, 10)).tickets.all()]
    codes = [code_of(ticket) for ticket in tickets]
    together = threading.Barrier(len(gates))
    answers: list[list[str]] = [[] for _ in gates]

    def work(number: int, gate: Gate) -> None:
        for code in codes:
            together.wait()
            response = gate.client.post(
                "/api/v1/gate/scans", json={"code": code, "list": everyone.pk}, headers=gate.bearer
            )
            answers[number].append(response.get_json()["result"])

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(gates)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(codes) == ROUNDS
    assert {tuple(sorted(pair)) for pair in zip(*answers, strict=True)} == {("admitted", "already")}
    assert Scan.objects.filter(result="admitted").count() == ROUNDS


def test_one_ticket_scanned_by_twenty_gates_is_admitted_once(
    app: Flask, gail: User, riverside: Organizer, everyone: CheckinList, concert: Concert
) -> None:
    code = code_of(buy((concert.free, 1)).tickets.get())
    gates = [open_gate(app, gail, riverside, f"Gate {number}") for number in range(20)]
    together = threading.Barrier(len(gates))
    answers: list[str] = []

    def work(gate: Gate) -> None:
        together.wait()
        response = gate.client.post("/api/v1/gate/scans", json={"code": code, "list": everyone.pk}, headers=gate.bearer)
        answers.append(response.get_json()["result"])

    threads = [threading.Thread(target=work, args=(gate,)) for gate in gates]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == ["admitted"] + ["already"] * 19
