"""Logs tell what happened and to which request, and neither a secret nor a person."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

from fairgate.testing.waiting import wait_until
from tests.asking import Client
from tests.ben import Bought, buy, hold, order
from tests.installed import Installed
from tests.olga import Member, OnSale
from tests.security.raw import request, send


def test_no_log_holds_a_secret_or_a_person(installed: Installed, olga: Member, gail: Member, event: OnSale) -> None:
    marks: dict[str, str] = {}
    with Client(installed.port) as client:
        _buy_by_api(installed, client, event, marks)
        _buy_by_pages(installed, client, event, marks)
        _buy_by_transfer(installed, client, olga, marks)
        _stumble(installed, client, event, marks)
    _use_the_console(installed, olga, marks)
    _use_the_gate(installed, gail, marks)
    installed.drain()
    _wait_for_the_last_line(installed)

    logs = installed.logs()

    assert [(log, name) for log, text in logs.items() for name, mark in marks.items() if mark in text] == []
    assert re.findall(r"[\w.+-]+@[\w-]+\.example", "".join(logs.values())) == []


def test_a_request_can_be_followed_from_the_door_to_its_mail(installed: Installed, event: OnSale) -> None:
    with Client(installed.port) as client:
        bought = buy(client, event)
    request_id = bought.answer.headers["X-Request-Id"]

    whole_way = {"door", "web", "relay", "worker"}
    wait_until(lambda: _services(installed, request_id) >= whole_way, 30, "a line is missing")

    told = installed.running.command("logs", "--request", request_id, "--json")
    assert {line["process"] for line in json.loads(told.stdout)["lines"]} >= {"door", "web-1", "relay-1", "worker-1"}
    assert _outbox_row(installed, bought) == request_id
    assert {line.get("status") for line in _lines(installed, request_id) if line["service"] in ("door", "web")} == {201}


def test_a_hold_can_be_followed_from_the_door_to_the_stock_process(
    ben: Client, installed: Installed, event: OnSale
) -> None:
    request_id = hold(ben, event).headers["X-Request-Id"]

    wait_until(lambda: _services(installed, request_id) >= {"door", "stock"}, 30, "a line is missing")

    assert {line["status"] for line in _lines(installed, request_id) if line["event"] == "request"} == {201}


def test_what_is_slow_tells_its_statements(installed: Installed, event: OnSale) -> None:
    with Client(installed.port) as client:
        held = hold(client, event)
        bought = order(client, held.json, email=_person("slow"))
    ids = [answer.headers["X-Request-Id"] for answer in (held, bought)]
    installed.drain()

    wait_until(lambda: _slow(installed, "slow_batch", ids[0]) and _slow(installed, "slow_task", ids[1]), 30)

    (of_web,) = _slow(installed, "slow_request", ids[1])
    assert (of_web["service"], of_web["route"]) == ("web", "/api/v1/shop/holds/<uuid:hold>/order")
    assert of_web["queries"] == sum(statement["count"] for statement in of_web["statements"])
    assert "orders_place(%s, %s" in repr(of_web["statements"])
    assert "stock_hold_places" in repr(_slow(installed, "slow_batch", ids[0])[0]["statements"])
    assert "UPDATE outbox_message SET" in repr(_slow(installed, "slow_task", ids[1])[0]["statements"])


def test_nobody_chooses_the_id_of_a_request(ben: Client, event: OnSale) -> None:
    answer = ben.get(event.page, X_Request_Id="chosen")

    assert answer.headers.get_all("X-Request-Id") != ["chosen"]


def test_every_line_of_ours_is_json(installed: Installed) -> None:
    for name, log in installed.logs().items():
        if name.startswith(("web", "stock", "gate", "relay")):
            assert [line for line in log.splitlines() if line and not line.startswith("{")] == [], name


def _buy_by_api(installed: Installed, client: Client, event: OnSale, marks: dict[str, str]) -> None:
    bought = buy(client, event, email=_person("api"), name="Apinameofben")
    marks |= {
        "email": bought.email,
        "name": "Apinameofben",
        "hold secret": bought.hold_secret,
        "order secret": bought.secret,
        "ticket code": bought.tickets[0]["code"],
        "reference": bought.tickets[0]["reference"],
    }
    client.get(f"/api/v1/shop/orders/{bought.code}", Fairgate_Secret=bought.secret)
    client.get(f"{bought.page}?who={bought.email}")
    client.get(f"{bought.page}tickets.pdf")
    client.post("/api/v1/gate/scans", {"code": bought.tickets[0]["code"], "list": 1})


def _buy_by_pages(installed: Installed, client: Client, event: OnSale, marks: dict[str, str]) -> None:
    held = client.submit(f"{event.page}holds/", **{f"quantity-{event.ticket_type}": "1"})
    checkout, email = held.headers["Location"], _person("page")
    placed = client.submit(
        checkout, name="Pagenameofben", email=email, payment="free", **{"attendee-1": "Companionname"}
    )
    assert placed.status == 302
    marks |= {f"cookie {name}": value for (name, _path), value in client.cookies.items()}
    marks |= {"page email": email, "page name": "Pagenameofben", "attendee": "Companionname"}
    marks |= {"page secret": placed.headers["Location"].split("/")[3]}
    client.submit("/tickets/", email=email)


def _buy_by_transfer(installed: Installed, client: Client, olga: Member, marks: dict[str, str]) -> None:
    """To be paid, and then marked as paid."""
    event = olga.put_on_sale(places=5, price="150")
    bought = buy(client, event, email=_person("transfer"), name="Transfernameofben")
    client.get(bought.page)
    paid = olga.submit_with_token(f"{olga.order_page(bought.code)}payment/", form_page=olga.order_page(bought.code))
    assert paid.status == 302
    client.get(f"{bought.page}tickets.pdf")
    marks |= {"transfer email": bought.email, "transfer name": "Transfernameofben", "transfer secret": bought.secret}
    marks["bank"] = installed.value("SELECT bank_details FROM organizers_organizer WHERE slug = 'riverside'")


def _use_the_gate(installed: Installed, gail: Member, marks: dict[str, str]) -> None:
    """One ticket twice, a typed reference, a name that somebody typed, and what is no ticket at all."""
    opened = gail.submit_with_token("/console/gate/", organizer="riverside", device="Phoneofgail")
    assert opened.status == 302
    (grant,) = (value for (name, _path), value in gail.cookies.items() if name.endswith("fairgate_gate"))
    number = installed.value(
        "SELECT l.id FROM checkin_checkinlist l JOIN orders_ticket t USING (event_id) WHERE t.reference = %s",
        marks["reference"],
    )
    for code in (marks["ticket code"], marks["ticket code"], marks["reference"], marks["name"]):
        assert gail.submit(f"/gate/{number}/answer/", code=code).status == 200
    results = installed.rows("SELECT result FROM checkin_scan WHERE list_id = %s ORDER BY id", number)
    assert [result for (result,) in results] == ["admitted", "already", "already", "unknown"]
    gail.post("/api/v1/gate/scans", {"code": marks["ticket code"], "list": "x"}, Authorization=f"Bearer {grant}")
    marks |= {"grant": grant, "gate's secret": grant.rpartition(".")[2], "device": "Phoneofgail"}
    marks["gail's session"] = gail.session.partition("=")[2]
    gail.submit("/gate/sign-off/")


def _stumble(installed: Installed, client: Client, event: OnSale, marks: dict[str, str]) -> None:
    """Refusals and errors, which are the likeliest to say too much."""
    marks |= {"typed email": _person("typed"), "typed name": "Typednameofben", "password": "a-password-typed"}
    held = hold(client, event).json
    for payment in ("transfer", "free"):
        order(client, held, email=marks["typed email"] + "\x00", name=marks["typed name"] + "\x00", payment=payment)
    client.post(f"/api/v1/shop/holds/{held['hold']}/order", {"email": marks["typed email"]}, Fairgate_Secret="wrong")
    client.get(f"/orders/NOTHING1/{marks['order secret']}/")
    client.get(f"/checkout/{uuid4()}/?email={marks['typed email']}")
    client.get(f"/{marks['typed name']}/{marks['typed email']}/")
    client.get(f"/console/riverside/orders/?q={marks['typed email']}")
    page = client.get("/accounts/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    fields = {"login": marks["typed email"], "password": marks["password"]}
    client.submit("/accounts/login/", csrfmiddlewaretoken=token[1], **fields)
    client.submit("/accounts/login/", **fields)
    client.submit("/accounts/password/reset/", csrfmiddlewaretoken=token[1], email=marks["typed email"])
    send(installed.port, request("GET", f"/tickets/{marks['typed email']}%00", f"Cookie: {marks['typed name']}=\xff"))


def _use_the_console(installed: Installed, olga: Member, marks: dict[str, str]) -> None:
    marks["session"] = olga.session.partition("=")[2]
    olga.get(f"/console/riverside/orders/?q={marks['email']}")
    olga.get(f"/console/riverside/orders/?q={marks['name']}%00")


def _wait_for_the_last_line(installed: Installed) -> None:
    """Lines are written in order, so what was asked before is there too."""
    with Client(installed.port) as client:
        request_id = client.get("/tickets/").headers["X-Request-Id"]
    wait_until(lambda: _services(installed, request_id) >= {"door", "web"})


def _slow(installed: Installed, event: str, request_id: str) -> list[dict[str, Any]]:
    return [
        line
        for line in installed.log_lines()
        if line["event"] == event and request_id in (line.get("request_id"), *line.get("request_ids", ()))
    ]


def _services(installed: Installed, request_id: str) -> set[str]:
    return {line["service"] for line in _lines(installed, request_id)}


def _lines(installed: Installed, request_id: str) -> list[dict[str, Any]]:
    return [line for line in installed.log_lines() if line.get("request_id") == request_id]


def _outbox_row(installed: Installed, bought: Bought) -> object:
    return installed.value(
        "SELECT request_id FROM outbox_message m JOIN orders_order o ON (m.payload ->> 'order')::bigint = o.id"
        " WHERE o.code = %s AND m.topic = 'order_placed'",
        bought.code,
    )


def _person(kind: str) -> str:
    return f"{kind}-{uuid4().hex[:10]}@person.example"
