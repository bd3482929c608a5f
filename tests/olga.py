"""Olga's desk without a browser: she signs in and puts events on sale through the console's own forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count

from tests.asking import Answer, Client

PASSWORD = "fairgate-demo"
OWNER, GATE = "olga@example.org", "gail@example.org"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')

_numbers = count(1)


@dataclass(frozen=True)
class OnSale:
    """An event of Riverside with one ticket type."""

    slug: str
    ticket_type: int

    @property
    def page(self) -> str:
        return f"/riverside/{self.slug}/"

    @property
    def api(self) -> str:
        return f"/api/v1/shop/riverside/{self.slug}"


class Member(Client):
    """Someone of the team, signed in."""

    def __init__(self, port: int, email: str = OWNER, host: str = "127.0.0.1") -> None:
        super().__init__(port, host)
        answer = self.submit_with_token("/accounts/login/", login=email, password=PASSWORD)
        assert answer.status == 302, answer.text

    def submit_with_token(self, path: str, form_page: str = "", **fields: str) -> Answer:
        """Fill in a form of a signed-in page; `form_page` when the form stands on another address."""
        return self.submit(path, csrfmiddlewaretoken=self.token(form_page or path), **fields)

    def token(self, path: str) -> str:
        page = self.get(path)
        found = TOKEN.search(page.text)
        assert found, f"{page.status}: no form at {path}"
        return found[1]

    @property
    def session(self) -> str:
        """The cookie that makes this connection hers."""
        return next(f"{name}={value}" for (name, _path), value in self.cookies.items() if name.endswith("session"))

    def put_on_sale(self, *, places: int, price: str = "0", title: str = "") -> OnSale:
        """A published event with these places, in its own name."""
        title = title or f"Evening {next(_numbers)}"
        made = self.submit_with_token(
            "/console/riverside/new-event/",
            title=title,
            place="Riverside Hall",
            starts_at="2031-05-03T19:30",
            time_zone="Asia/Kolkata",
            ticket_name="Entry",
            price=price,
            currency="INR",
            tax_rate="18",
            capacity=str(places),
        )
        assert made.status == 302, made.text
        event = made.headers["Location"]
        published = self.submit_with_token(f"{event}publication/", form_page=event)
        assert published.status == 302, published.text
        slug = event.rstrip("/").rpartition("/")[2]
        shown = self.get(f"/api/v1/shop/riverside/{slug}").json
        return OnSale(slug, shown["ticket_types"][0]["id"])

    def order_page(self, code: str) -> str:
        return f"/console/riverside/orders/{code}/"
