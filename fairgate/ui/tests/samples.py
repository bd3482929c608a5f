"""The pages with real words in them, once for each state a reader can meet, for `python -m fairgate.ui.preview`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Row
from typing import Any

import django
from django import forms
from django.conf import settings
from markupsafe import Markup

from fairgate.lib import addresses
from fairgate.lib.pictures import Picture

Context = dict[str, Any]
ZONE = "Asia/Kolkata"
NOON = datetime.now(UTC).replace(hour=14, minute=0, second=0, microsecond=0)
ACCENT = "0f766e"
SQUARE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'%3E%3Cpath d='M0 0h3v3H0zM6 0h3v3H6z"
    "M0 6h3v3H0zM4 1h1v2H4zM4 4h2v1H4zM7 4h1v2H7zM5 6h1v2H5zM7 7h2v1H7z'/%3E%3C/svg%3E"
)

ORGANIZER = Row(
    name="First Institute of Training and Advancement",
    url="/fita/",
    accent=ACCENT,
    description="Evening and weekend courses in five cities.\n\nSmall groups, real projects, teachers from the trade.",
)
PICTURE = Picture("0" * 32, 1600, 1067, [400, 800, 1200, 1600], "Twelve people around a table with laptops")
DESCRIPTION = (
    "Twelve evenings from the first line to a small web service of your own. Bring a laptop; we bring coffee.\n\n"
    "You will read and write real code from the first day, in groups of four.\nNo experience needed."
)


def pages() -> Iterator[tuple[str, str, Context]]:
    """Name of the page, template, context."""
    yield from _browsing()
    yield from _event_pages()
    yield from _buying()
    yield from _errors()
    yield from _account()
    yield (
        "components",
        "sheet.html",
        {"console": _console(), "csrf_input": Markup(""), "messages": _messages(), "form": _form(bound=True)},
    )
    for verdict in ("admitted", "already", "refused"):
        yield f"gate-{verdict}", "gate_sheet.html", {"verdict": verdict}


def _browsing() -> Iterator[tuple[str, str, Context]]:
    items = [_item(n, name, **more) for n, (name, more) in enumerate(ITEMS)]
    yield "home", "shop/home.html", {"events": items, "previous_url": "", "next_url": "?after=9"}
    yield "home-empty", "shop/home.html", {"events": [], "previous_url": "", "next_url": ""}
    own = [Row(**{**vars(item), "organizer_name": ""}) for item in items[:3]]
    yield (
        "organizer",
        "shop/organizer.html",
        {"organizer": ORGANIZER, "events": own, "previous_url": "?before=4", "next_url": ""},
    )
    yield (
        "organizer-empty",
        "shop/organizer.html",
        {"organizer": ORGANIZER, "events": [], "previous_url": "", "next_url": ""},
    )


ITEMS: list[tuple[str, dict[str, Any]]] = [
    ("Python in twelve evenings", {}),
    ("Open day", {"price_from": 0, "left": "few"}),
    ("Donaudampfschifffahrtsgesellschaftskapitänsabschlussfeier mit Tanz", {"state": "sold_out", "left": "none"}),
    ("Night of the short film", {"state": "not_yet"}),
    ("A concert without a date", {"starts_at": None, "price_from": None}),
    ("Theater in the yard", {"state": "closed"}),
]


def _item(number: int, name: str, **more: Any) -> Row:
    facts: Context = {
        "name": name,
        "url": f"/fita/event-{number}/",
        "picture": PICTURE if number == 1 else None,
        "cover_url": addresses.cover_svg(("0f766e", "3a4ed5", "c2185b", "b45309")[number % 4], f"event-{number}"),
        "starts_at": NOON + timedelta(days=20 + 9 * number),
        "zone": ZONE,
        "place": "Pune",
        "organizer_name": "Riverside",
        "price_from": 99900,
        "currency": "INR",
        "state": "on_sale",
        "left": "plenty",
    }
    return Row(**{**facts, **more})


def _event_pages() -> Iterator[tuple[str, str, Context]]:
    one = [
        _session(
            1,
            [
                _ticket(1, "Standard"),
                _ticket(2, "Supporter", price=249900, left="few", description="Pays for a place for somebody else."),
                _ticket(3, "Student", price=49900, left="none"),
            ],
        )
    ]
    yield "event", "shop/event.html", {"event": _event(price_to=249900), "sessions": one}
    yield (
        "event-picture",
        "shop/event.html",
        {"event": _event(picture=PICTURE, shared_picture_url="https://tickets.example.org/x.webp"), "sessions": one},
    )
    single = [_session(1, [_ticket(1, "Admission", price=0, tax_rate_bp=0, quantity=1)])]
    yield (
        "event-free",
        "shop/event.html",
        {"event": _event(name="Open day", price_from=0, price_to=0, accent="c2185b"), "sessions": single},
    )
    last = NOON + timedelta(days=120)
    long = _event(
        ends_at=last,
        name="Donaudampfschifffahrtsgesellschaft: Kapitänsabschlussfeier mit Tanz 24",
        accent="ffd400",
        address="Straße der Pariser Kommune 8, Friedrichshain-Kreuzberg",
    )
    few = [
        _session(
            n,
            [_ticket(10 * n, "Erwachsenenermäßigungsberechtigungskarte"), _ticket(10 * n + 1, "Standard", left="few")],
        )
        for n in range(1, 4)
    ]
    yield "event-sessions", "shop/event.html", {"event": long, "sessions": few}
    many = [
        _session(
            n,
            [
                _ticket(10 * n, "Standard", left=("plenty", "few", "none")[n % 3]),
                _ticket(10 * n + 1, "Student", price=49900, left=("plenty", "few", "none")[n % 3]),
            ],
        )
        for n in range(1, 13)
    ]
    yield "event-calendar", "shop/event.html", {"event": _event(price_from=49900, ends_at=last), "sessions": many}
    yield (
        "event-empty",
        "shop/event.html",
        {
            "event": _event(starts_at=None, ends_at=None, price_from=None, price_to=None, place="", description=""),
            "sessions": [],
        },
    )
    for state in ("not_yet", "sold_out", "sale_ended", "closed", "ended"):
        tickets = [_ticket(1, "Standard", **BLOCKED[state])]
        yield (
            f"event-{state}",
            "shop/event.html",
            {"event": _event(state=state, sale_starts_at=NOON), "sessions": [_session(1, tickets)]},
        )
    thousand = [_session(1, [_ticket(n, f"Block {n}, row {n % 40}") for n in range(1, 1001)])]
    yield "event-thousand", "shop/event.html", {"event": _event(), "sessions": thousand}


BLOCKED: dict[str, Context] = {
    "not_yet": {"state": "not_yet", "sale_starts_at": NOON},
    "sold_out": {"left": "none"},
    "sale_ended": {"state": "ended"},
    "closed": {"state": "ended"},
    "ended": {"state": "ended"},
}


def _event(**more: Any) -> Row:
    facts: Context = {
        "name": "Python in twelve evenings",
        "url": "/fita/python-pune/",
        "holds_url": "/fita/python-pune/holds/",
        "zone": ZONE,
        "currency": "INR",
        "state": "on_sale",
        "sale_starts_at": None,
        "organizer": ORGANIZER,
        "description": DESCRIPTION,
        "announcement": "",
        "place": "Pune",
        "address": "Senapati Bapat Road 104",
        "accent": ACCENT,
        "picture": None,
        "shared_picture_url": "",
        "starts_at": NOON + timedelta(days=20),
        "ends_at": NOON + timedelta(days=20, hours=2, minutes=30),
        "price_from": 99900,
        "price_to": 99900,
        "help_email": "",
        "verified_only": False,
        "confirm": None,
    }
    facts.update(more)
    return Row(**facts, cover_url=addresses.cover_svg(facts["accent"], facts["name"]))


def _session(number: int, tickets: list[Row], name: str = "") -> Row:
    start = NOON + timedelta(days=11 + 9 * number)
    ends_at = start + timedelta(hours=2, minutes=30)
    return Row(id=number, name=name, starts_at=start, ends_at=ends_at, seats_url="", tickets=tickets)


def _ticket(number: int, name: str, **more: Any) -> Row:
    facts: Context = {
        "id": number,
        "name": name,
        "description": "",
        "price": 99900,
        "tax_rate_bp": 1800,
        "state": "on_sale",
        "sale_starts_at": None,
        "left": "plenty",
        "max_per_order": 10,
        "min_per_order": 1,
        "quantity": 0,
        "error": "",
    }
    return Row(**{**facts, **more})


def _buying() -> Iterator[tuple[str, str, Context]]:
    tickets = [
        _ticket(1, "Standard", quantity=4, error="Only 2 left", left="few"),
        _ticket(2, "Supporter", quantity=1, price=249900),
        _ticket(3, "Student", left="none", quantity=2, error="Sold out"),
    ]
    for reason in (
        "sold_out", "few_left", "not_on_sale", "closed", "nothing_chosen", "invalid", "seats", "seat_taken", "used_key",
        "busy",
    ):  # fmt: skip
        event = _event(state="closed") if reason == "closed" else _event()
        context = {
            "event": event,
            "sessions": [_session(1, tickets)],
            "refusal": Row(reason=reason),
            "kept_url": "/checkout/1/" if reason == "sold_out" else "",
            "chosen": _chosen() if reason == "seat_taken" else None,
        }
        yield f"refused-{reason}", "shop/refused.html", context
    yield "checkout", "shop/checkout.html", _checkout()
    yield (
        "checkout-errors",
        "shop/checkout.html",
        _checkout(
            values={"name": "Ben", "email": "ben@", "attendee-1": "Ben Bayer"},
            errors={"email": "Type an address like ben@example.org."},
        ),
    )
    limit = "One buyer can have at most 4 of these tickets, all orders together. This would be more."
    typed = {"name": "Ben Bayer", "email": "ben@example.org"}
    yield "checkout-limited", "shop/checkout.html", _checkout(values=typed, errors={"email": limit}, is_limited=True)
    free = Row(value="free", label="Nothing to pay", hint="Your tickets come by mail right away.")
    yield "checkout-free", "shop/checkout.html", _checkout(total=0, payments=[free])
    yield "checkout-choice", "shop/checkout.html", _checkout(payments=[TRANSFER, free])
    yield "checkout-last-second", "shop/checkout.html", _checkout(left_s=2)
    for name in ("expired", "released"):
        yield name, f"shop/{name}.html", {"event": _event()}
    for state in ("paid", "pending", "canceled"):
        yield f"order-{state}", "shop/order.html", _order(state)
    yield from _changing()
    yield from _confirming()
    yield "find-tickets", "shop/find_tickets.html", {"sent": False, "values": {}, "errors": {}}
    yield (
        "find-tickets-error",
        "shop/find_tickets.html",
        {"sent": False, "values": {"email": "ben@"}, "errors": {"email": "Type an address like ben@example.org."}},
    )
    yield (
        "find-tickets-sent",
        "shop/find_tickets.html",
        {"sent": True, "values": {"email": "ben@example.org"}, "errors": {}},
    )


def _changing() -> Iterator[tuple[str, str, Context]]:
    start = NOON + timedelta(days=27)
    other = Row(id=2, name="Standard", starts_at=start, ends_at=start + timedelta(hours=2), session_name="", left="few")
    whole: Context = {
        "event": _event(help_email="hello@fita.example"),
        "order": Row(code="FG7K2Q", url="/orders/FG7K2Q/secret/"),
        "ticket": Row(**vars(_pass(1, "paid", False)), type=1, url="/orders/change/"),
        "why_not": "",
        "values": {},
        "errors": {},
    }
    yield "ticket", "shop/ticket.html", {**whole, "choices": [other], "sold_out": [other]}
    used = "Somebody has come in with this ticket, so it cannot be changed any more."
    yield "ticket-used", "shop/ticket.html", {**whole, "why_not": used, "choices": [], "sold_out": []}
    to = Row(**{**vars(other), "is_own": False})
    seats = [(1, "Stalls, row A, seat 1"), (2, "Stalls, row A, seat 2")]
    taken = {"seat": "Somebody else has this seat. Nothing has changed; choose another."}
    yield "swap", "shop/swap.html", {**whole, "to": to, "seats": seats, "keeps_seat": False, "errors": taken}


def _confirming() -> Iterator[tuple[str, str, Context]]:
    until = NOON + timedelta(days=3)
    confirm = Row(is_open=True, until=until, url="/fita/python-pune/confirm/")
    session = _session(1, [_ticket(1, "Standard", state="not_yet", sale_starts_at=until)])
    event = _event(state="not_yet", sale_starts_at=until, confirm=confirm)
    yield "event-confirm", "shop/event.html", {"event": event, "sessions": [session]}
    typed = {"email": "ben@example.org"}
    for state in ("open", "sent", "late"):
        values = {"values": typed, "errors": {}, "confirm_url": confirm.url}
        yield f"confirm-{state}", "shop/confirm.html", {"event": _event(), "state": state, "until": until, **values}
    for state in ("open", "done", "late"):
        yield f"confirmed-{state}", "shop/confirmed.html", {"event": _event(), "state": state, "until": until}


TRANSFER = Row(
    value="transfer", label="Bank transfer", hint="You get the bank details next. Your places stay yours for 7 days."
)


def _lines(total: int) -> list[Row]:
    return [
        Row(name="Standard", seats=["Stalls, row C, seats 12, 13"], session=None, quantity=2, total=total and 199800),
        Row(name="Supporter", seats=[], session=NOON + timedelta(days=20), quantity=1, total=total and 249900),
    ]


def _checkout(total: int = 449700, payments: list[Row] | None = None, left_s: int = 720, **more: Any) -> Context:
    hold = Row(
        ends_at=datetime.now(UTC) + timedelta(seconds=left_s),
        release_url="/checkout/1/release/",
        lines=_lines(total),
        total=total,
        tax=total and 68600,
    )
    attendees = [Row(field=f"attendee-{n}", label="Supporter" if n == 3 else "Standard") for n in (1, 2, 3)]
    return {
        "event": _event(),
        "hold": hold,
        "values": {},
        "errors": {},
        "is_limited": False,
        "attendees": attendees,
        "payments": payments or [TRANSFER],
        "idempotency_key": "",
        **more,
    }


def _order(state: str) -> Context:
    order = Row(
        code="FG7K2Q",
        state=state,
        name="Ben Bayer",
        email="ben@example.org",
        placed_at=NOON,
        pay_until=NOON + timedelta(days=7),
        lines=_lines(449700),
        total=449700,
        tax=68600,
        currency="INR",
        pdf_url="tickets.pdf",
        calendar_url="calendar.ics",
        resend_url="/orders/resend/",
    )
    tickets = [_pass(n, state, is_canceled=state == "canceled" or n == 3) for n in (1, 2, 3)]
    details = [
        ("Account holder", "First Institute of Training and Advancement"),
        ("IBAN", "DE02 1203 0000 0000 2020 51"),
        ("BIC", "BYLADEM1001"),
    ]
    transfer = Row(reference="FG7K2Q", details=details) if state == "pending" else None
    return {
        "event": _event(help_email="hello@fita.example"),
        "order": order,
        "transfer": transfer,
        "tickets": tickets,
        "done": "sent" if state == "paid" else "",
    }


def _chosen() -> Row:
    kinds = [Row(value="12:1", name="Standard", price=99900), Row(value="12:2", name="Student", price=49900)]
    others = [Row(value=f"{n}:1", name=f"Stalls, row C, seat {n}") for n in (13, 15, 10)]
    return Row(
        kept=[
            Row(id=12, name="Stalls, row C, seat 12", value="12:1", options=kinds),
            Row(id=4, name="Balcony, row 1, seat 4", value="4:3", options=kinds[:1]),
        ],
        gone=[
            Row(id=14, name="Stalls, row C, seat 14", kind="Standard", price=99900, others=others),
            Row(id=20, name="Balcony, row 1, seat 20", kind="", price=0, others=[]),
        ],
        ticket_types={1, 2},
        errors=["Standard: Take at least 2 of these, or none."],
    )


def _pass(number: int, state: str, is_canceled: bool) -> Row:
    start = NOON + timedelta(days=20)
    return Row(
        code=f"FG7K2Q-{number}",
        name="Standard",
        seat="Stalls, row C, seat 12" if number == 1 else "",
        holder="Ben Bayer" if number == 1 else "",
        starts_at=start,
        ends_at=start + timedelta(hours=2),
        image_url=SQUARE if state == "paid" else "",
        is_canceled=is_canceled,
        change_url="" if is_canceled else "/orders/change/",
        has_others=number == 1,
        has_seat=False,
    )


def _errors() -> Iterator[tuple[str, str, Context]]:
    for status in (400, 403, 404, 405, 410, 422, 429, 500, 503):
        yield str(status), f"ui/{status}.html", {"request_id": "01JD8Z6K7V"} if status == 500 else {}


def _account() -> Iterator[tuple[str, str, Context]]:
    base = {
        "csrf_input": Markup(""),
        "redirect_field_name": "next",
        "redirect_field_value": "/console/",
        "action_url": "",
    }
    for name in ("login", "password_reset", "password_reset_from_key", "password_change", "reauthenticate"):
        yield f"account-{name}", f"account/{name}.html", {**base, "form": _form(bound=False)}
    yield "account-login-error", "account/login.html", {**base, "form": _form(bound=True)}
    yield "account-login-message", "account/login.html", {**base, "form": _form(bound=False), "messages": _messages()}
    yield "account-password_reset_from_key-fail", "account/password_reset_from_key.html", {**base, "token_fail": True}
    for name in ("logout", "password_reset_done", "password_reset_from_key_done", "signup_closed", "account_inactive"):
        yield f"account-{name}", f"account/{name}.html", base


def _form(*, bound: bool) -> forms.Form:
    if not settings.configured:
        settings.configure()
        django.setup()
    form = SignInForm({"login": "olga@", "password": "x"} if bound else None)
    if bound:
        form.add_error(None, "The address or the password is not right.")
    return form


class SignInForm(forms.Form):
    login = forms.EmailField(
        label="Email", widget=forms.EmailInput(attrs={"autocomplete": "email", "placeholder": "Email address"})
    )
    password = forms.CharField(
        label="Password",
        help_text="At least 8 characters.",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    role = forms.ChoiceField(
        label="Role", choices=[("owner", "Owner"), ("gate", "Gate")], widget=forms.RadioSelect, required=False
    )
    remember = forms.BooleanField(label="Keep me signed in", required=False)


def _console() -> Row:
    nav = [
        ("Today", "home"),
        ("Events", "calendar"),
        ("Orders", "list"),
        ("Gate", "gate"),
        ("Team", "people"),
        ("Settings", "settings"),
    ]
    return Row(
        user="olga@example.org",
        organizer=Row(name="Riverside", url="/console/riverside/"),
        organizers=[Row(name="Riverside", url="/console/riverside/"), Row(name=ORGANIZER.name, url="/console/fita/")],
        nav=[Row(label=label, url=f"#{label}", icon=icon, is_current=label == "Orders") for label, icon in nav],
    )


class _Message(str):
    level_tag = "success"


def _messages() -> list[_Message]:
    return [_Message("Order FG7K2Q is marked as paid. Its tickets are on their way.")]
