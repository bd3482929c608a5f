from __future__ import annotations

import pytest

from fairgate.orders.contact import buyer, clean_email, normalized


@pytest.mark.parametrize(
    ("email", "mailbox"),
    [
        ("ben@example.org", "ben@example.org"),
        ("Ben@Example.ORG", "ben@example.org"),
        ("ben@example.org.", "ben@example.org"),
        ("ben+tickets@example.org", "ben@example.org"),
        ("ben+a+b@example.org", "ben@example.org"),
        ("+ben@example.org", "+ben@example.org"),
        ("b.e.n@example.org", "b.e.n@example.org"),
        ("B.e.n+x@GoogleMail.com", "ben@gmail.com"),
        ("ben@gmail.com", "ben@gmail.com"),
        ('"ben"@example.org', "ben@example.org"),
        ('"b\\en+x"@example.org', "ben@example.org"),
        ('"@example.org', '"@example.org'),
        ("ben@münchen.example", "ben@xn--mnchen-3ya.example"),
        ("ben@xn--mnchen-3ya.example", "ben@xn--mnchen-3ya.example"),
        ("ben@MU\u0308NCHEN.example", "ben@xn--mnchen-3ya.example"),
        ("ben@\uff45xample.org", "ben@example.org"),
        ("ben@example\u3002org", "ben@example.org"),
        ("ben@[127.0.0.1]", "ben@[127.0.0.1]"),
        ("ben@" + "x" * 64 + ".org", "ben@" + "x" * 64 + ".org"),
    ],
)
def test_addresses_of_one_mailbox(email: str, mailbox: str) -> None:
    assert normalized(email) == mailbox
    assert buyer(email) == buyer(mailbox)


def test_another_mailbox_is_another_buyer() -> None:
    others = ["gail@example.org", "ben@example.com", "ben@sub.example.org", "be.n@example.org", "ben-x@example.org"]

    assert len({buyer(email) for email in ["ben@example.org", *others]}) == 1 + len(others)


@pytest.mark.parametrize(
    "text", ["", "ben", "ben@", "@example.org", "ben@example.org\n\nx", "ben@x y.org", "ben@" + "x" * 300]
)
def test_what_is_no_address(text: str) -> None:
    assert clean_email(text) == ""
