"""Whatever arrives, the answer is a 4xx with words, and every row stays as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.asking import Client
from tests.ben import Bought, new_key
from tests.installed import Installed
from tests.olga import Member, OnSale
from tests.security.raw import request, send

pytestmark = pytest.mark.usefixtures("unchanged")

MB = 1024 * 1024
FORM = "Content-Type: application/x-www-form-urlencoded"
JSON = "Content-Type: application/json"

Address = Callable[[OnSale, dict[str, str]], str]
API: dict[str, Address] = {
    "hold": lambda event, held: f"{event.api}/holds",
    "order": lambda event, held: f"/api/v1/shop/holds/{held['hold']}/order",
    "scan": lambda event, held: "/api/v1/gate/scans",
}
FORMS: dict[str, Address] = {
    "hold form": lambda event, held: f"{event.page}holds/",
    "checkout": lambda event, held: f"/checkout/{held['hold']}/",
    "find tickets": lambda event, held: "/tickets/",
    "sign in": lambda event, held: "/accounts/login/",
    "admin": lambda event, held: "/admin/login/",
    "gate": lambda event, held: "/gate/1/",
    "reset": lambda event, held: "/accounts/password/reset/",
}
BODIES = {
    "nothing": b"",
    "not JSON": b"{",
    "a list": b"[]",
    "null": b"null",
    "a number": b"7",
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"items":' * 50_000 + b"1" + b"}" * 50_000,
    "bad UTF-8": b'{"email": "\xff\xfe", "items": "\xc3\x28"}',
    "UTF-16": '{"items": []}'.encode("utf-16"),
    "NUL": b'{"items": [{"ticket_type": "\\u0000", "quantity": 1}], "email": "a\\u0000@b.example", "name": "\\u0000"}',
    "raw NUL": b'{"items": "\x00"}',
    "lone surrogate": b'{"email": "ben@example.org", "name": "\\ud800", "payment": "free", "code": "\\ud8", "list": 1}',
    "not a number": b'{"items": [{"ticket_type": NaN, "quantity": Infinity}]}',
    "huge number": b'{"items": [{"ticket_type": ' + b"9" * 5000 + b', "quantity": 1}], "list": ' + b"9" * 5000 + b"}",
    "unknown fields": b'{"items": [], "price": 0, "is_admin": true}',
    "twice": b'{"items": [], "items": [{"ticket_type": 1, "quantity": 1}]}',
}
QUANTITIES = [0, -1, 1.5, 11, 10**9, 10**30, "two", None, True, [1], {}]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize("where", API.values(), ids=API.keys())
def test_broken_json(ben: Client, event: OnSale, held: dict[str, str], where: Address, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": new_key(), "Fairgate-Secret": held["secret"]}

    answer = ben.ask("POST", where(event, held), body, headers)

    assert 400 <= answer.status < 500, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["detail"]


@pytest.mark.parametrize("quantity", QUANTITIES, ids=str)
def test_strange_quantities(ben: Client, event: OnSale, quantity: object) -> None:
    items = [{"ticket_type": event.ticket_type, "quantity": quantity}]

    answer = ben.post(f"{event.api}/holds", {"items": items}, Idempotency_Key=new_key())
    form = ben.submit(f"{event.page}holds/", **{f"quantity-{event.ticket_type}": json.dumps(quantity).strip('"')})

    assert (answer.status, answer.problem) == (422, "invalid")
    assert all(answer.json["errors"].values())
    assert form.status == 422


@pytest.mark.parametrize("where", [*API.values(), *FORMS.values()], ids=[*API, *FORMS])
def test_ten_megabytes(installed: Installed, event: OnSale, held: dict[str, str], where: Address) -> None:
    path = where(event, held)
    chunk = f"{MB:x}\r\n".encode() + b"x" * MB + b"\r\n"
    with_length = request("POST", path, JSON, f"Content-Length: {10 * MB}", length=False)
    in_chunks = request("POST", path, JSON, "Transfer-Encoding: chunked", length=False)

    told = send(installed.port, with_length, *[b"x" * MB] * 10)
    untold = send(installed.port, in_chunks, *[chunk] * 10, b"0\r\n\r\n")

    assert (told.status, untold.status) == (413, 413)


FORM_BODIES = {
    "bytes": b"\xff\xfe=\x00",
    "NUL": b"email=%00&code=%00&name=%00&login=%00&password=%00&username=%00",
    "many fields": b"&".join([b"a=1"] * 5000),
    "NUL as a name": b"quantity-%00=1",
    "huge number": b"quantity-" + b"9" * 5000 + b"=1",
    "long": b"email=" + b"a" * 100_000,
    "percent": b"%",
    "bad UTF-8": b"login=%ff&password=%ff",
}


@pytest.mark.parametrize("body", FORM_BODIES.values(), ids=FORM_BODIES.keys())
@pytest.mark.parametrize("where", FORMS.values(), ids=FORMS.keys())
def test_broken_forms(installed: Installed, event: OnSale, held: dict[str, str], where: Address, body: bytes) -> None:
    answer = send(installed.port, request("POST", where(event, held), FORM, body=body))

    # The gate sends who may not scan to the sign-in.
    assert 400 <= answer.status < 500 or answer.status == 303


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "NONSENSE", "POST"])
@pytest.mark.parametrize(
    "path",
    ["/", "/riverside/", "/riverside/rush/", "/tickets/nothing", "/console/", "/orders/a/b/", "/static/x.css",
     "/api/v1/shop/riverside/rush", "/gate/", "/health/live", "/nothing/at/all/"],
)  # fmt: skip
def test_wrong_methods(installed: Installed, method: str, path: str) -> None:
    answer = send(installed.port, request(method, path, FORM))

    if path.startswith("/health/"):
        assert answer.status in (200, 400, 405)
    else:
        assert 400 <= answer.status < 500 or answer.header.get("location", "").startswith(("/accounts/", "/console/"))


PLACES = ["/{}", "/{}/", "/riverside/{}/", "/riverside/rush/{}", "/orders/{}/{}/", "/orders/{}/{}/tickets.pdf",
          "/checkout/{}/", "/static/{}", "/accent/{}.css", "/cover/be185d/{}.svg", "/api/v1/shop/{}/{}",
          "/api/v1/shop/holds/{}", "/api/v1/shop/orders/{}", "/gate/{}/", "/console/{}/", "/admin/{}/",
          "/accounts/password/reset/key/{}/"]  # fmt: skip
STRANGE = {
    "NUL": "%00", "bad UTF-8": "%ff%fe", "line end": "%0d%0aSet-Cookie:%20a=b", "slash": "..%2f..%2fetc%2fpasswd",
    "up": "../../../../etc/passwd", "backslash": "..%5c..%5cx", "percent": "%", "surrogate": "%ed%a0%80",
    "quote": "'%22%3C%3E", "number": "9" * 200, "long": "a" * 8000, "overlong": "%c0%ae%c0%ae%c0%afx",
}  # fmt: skip


@pytest.mark.parametrize("strange", STRANGE.values(), ids=STRANGE.keys())
def test_strange_paths(installed: Installed, strange: str) -> None:
    answers = {place: send(installed.port, request("GET", place.replace("{}", strange))) for place in PLACES}

    assert {place: answer.status for place, answer in answers.items() if not 300 <= answer.status < 500} == {}
    assert [place for place, answer in answers.items() if "a=b" in answer.header.get("set-cookie", "")] == []


QUERIES = [
    "/?after={}", "/riverside/?after={}", "{page}?{}", "{api}?{}", "{order}?sent={}", "/accounts/login/?next={}",
    "/gate/?x={}", "/console/riverside/orders/?q={}", "/console/riverside/orders/?state={}",
    "/console/riverside/orders/?event={}", "/console/riverside/orders/?after={}",
    "/console/riverside/orders/?before={}",
    "/console/riverside/events/?after={}", "/console/riverside/events/{slug}/ticket-types/?session={}",
    "{desk}cancellation/?ticket={}",
]  # fmt: skip


@pytest.mark.parametrize("strange", ["%00", "%ff", "%", "9" * 5000, "'", "%ed%a0%80", "a" * 6000], ids=lambda s: s[:9])
def test_strange_queries(olga: Member, event: OnSale, bought: Bought, strange: str) -> None:
    names = {"page": event.page, "api": event.api, "slug": event.slug}
    names |= {"order": bought.page, "desk": olga.order_page(bought.code)}
    paths = [path.format(strange, **names) for path in QUERIES]

    answers = {path: olga.get(path).status for path in paths}

    assert {path: status for path, status in answers.items() if status >= 500} == {}


HEADERS = {
    "NUL": "X-A: a\x00b",
    "space in name": "X A: b",
    "no name": ": b",
    "no colon": "nonsense",
    "folded": "X-A: a\r\n b",
    "long": "X-A: " + "a" * 60_000,
    "two hosts": "Host: evil.example",
    "strange type": "Content-Type: \xff/\xfe; charset=\xff",
    "charset": "Content-Type: application/json; charset=utf-99",
    "multipart": "Content-Type: multipart/form-data; boundary=",
    "cookie": "Cookie: fairgate_session=\xff\xfe; =; fairgate_csrf=%00; a",
    "range": "Range: bytes=9-1,-",
    "language": "Accept-Language: " + "x-" * 2000,
    "since": "If-Modified-Since: never",
    "match": 'If-None-Match: "',
    "secret": "Fairgate-Secret: \xff\xfe",
    "key": "Idempotency-Key: " + "\xff" * 20,
    "bearer": "Authorization: Bearer \xff.\xfe",
    "basic": "Authorization: Basic !",
    "origin": "Origin: \xff",
    "upgrade": "Connection: Upgrade\r\nHTTP2-Settings: x\r\nUpgrade: h2c",
    "expect": "Expect: nothing",
    "proto": "X-Forwarded-Proto: ftp",
    "id": "X-Request-Id: " + "a" * 5000,
    "two lengths": "Content-Length: 5\r\nContent-Length: 6",
    "negative length": "Content-Length: -1",
    "unknown coding": "Transfer-Encoding: gzip, chunked",
    "length and coding": "Transfer-Encoding: chunked\r\nContent-Length: 4",
}
# Also read as a chunk, so that nobody waits for the rest.
EMPTY = b"0\r\n\r\n"


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_strange_headers(installed: Installed, event: OnSale, held: dict[str, str], header: str) -> None:
    hold = held["hold"]
    paths = [event.page, event.api, "/console/", "/gate/", f"/checkout/{hold}/", f"/api/v1/shop/holds/{hold}"]
    posts = [where(event, held) for where in (*API.values(), *FORMS.values())]

    answers = [send(installed.port, request("GET", path, header), EMPTY) for path in paths]
    answers += [send(installed.port, request("POST", path, header, body=EMPTY)) for path in posts]

    assert [answer.status for answer in answers if answer.status >= 500] == []


def test_thousands_of_headers(installed: Installed, event: OnSale) -> None:
    many = [f"X-{number}: a" for number in range(3000)]

    assert 400 <= send(installed.port, request("GET", event.page, *many)).status < 500


WORDS = {"NUL": "\x00", "NUL inside": "a\x00b", "surrogate": "\ud800", "long": "x" * 100_000, "order": "\u202e"}


@pytest.mark.parametrize("text", WORDS.values(), ids=WORDS.keys())
def test_strange_words_of_a_signed_in_member(olga: Member, event: OnSale, text: str) -> None:
    """Refused or kept for what they are, never an error. The console's forms are filled in with one such text each."""
    base = "/console/riverside/"
    encoded = quote(text, errors="surrogatepass")
    for page in ("new-event/", "settings/", "team/", f"events/{event.slug}/details/", f"events/{event.slug}/sessions/"):
        token = olga.token(base + page)
        names = ("title", "slug", "name", "email", "place", "starts_at", "price", "currency", "time_zone", "role")
        body = "&".join([f"csrfmiddlewaretoken={token}", *(f"{name}={encoded}" for name in names)])

        answer = olga.ask("POST", base + page, body.encode(), {"Content-Type": FORM.partition(": ")[2]})

        assert answer.status == 422, page


def test_a_secret_of_another_opens_nothing(ben: Client, held: dict[str, str], bought: Bought) -> None:
    hold, mine, theirs = f"/api/v1/shop/holds/{held['hold']}", held["secret"], bought.secret
    answers = [
        ben.get(hold, Fairgate_Secret=theirs),
        ben.ask("DELETE", hold, headers={"Fairgate-Secret": theirs}),
        ben.post(f"{hold}/order", {}, Fairgate_Secret=theirs, Idempotency_Key=new_key()),
        ben.get(f"/api/v1/shop/orders/{bought.code}", Fairgate_Secret=mine),
        ben.get(f"/orders/{bought.code}/{mine}/"),
        ben.get(f"/orders/{bought.code}/{mine}/tickets.pdf"),
        ben.get(f"/checkout/{held['hold']}/", Cookie=f"fairgate_hold={theirs}"),
    ]

    assert {answer.status for answer in answers} <= {403, 404}
