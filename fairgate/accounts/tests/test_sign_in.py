from __future__ import annotations

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from fairgate.accounts.links import choose_password
from fairgate.accounts.models import User
from fairgate.messages.handlers import password_forgotten
from fairgate.outbox.models import OutboxMessage
from fairgate.testing.cast import PASSWORD

LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def _fresh_limits(db: None) -> None:
    cache.clear()


def sign_in(client: Client, email: str = "olga@example.org", password: str = PASSWORD, **more: str) -> int:
    return client.post(LOGIN, {"login": email, "password": password}, headers=more).status_code


def test_olga_signs_in_and_is_where_she_wanted_to_be(client: Client, olga: User) -> None:
    response = client.post(
        f"{LOGIN}?next=/console/riverside/orders/", {"login": "OLGA@example.org", "password": PASSWORD}
    )

    assert response.headers["Location"] == "/console/riverside/orders/"
    assert client.get("/console/riverside/orders/").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "http:evil", "\\\\evil"]
)
def test_no_deep_link_leads_outside(client: Client, olga: User, target: str) -> None:
    response = client.post(LOGIN, {"login": olga.email, "password": PASSWORD, "next": target})

    assert response.headers["Location"] == "/console/"


def test_a_sign_in_starts_a_new_session(client: Client, olga: User) -> None:
    session = client.session
    session["before"] = True
    session.save()
    planted = session.session_key

    sign_in(client)

    assert client.session.session_key != planted
    assert not type(session)().exists(planted)


def test_passwords_are_kept_by_argon2(olga: User) -> None:
    assert olga.password.startswith("argon2$argon2id$")


@pytest.mark.parametrize(
    "typed",
    [
        {"login": "olga@example.org", "password": "wrong"},
        {"login": "nobody@example.org", "password": "wrong"},
        {"login": "no address", "password": "wrong"},
        {"login": "a\0@example.org", "password": "a\0"},
        {},
    ],
)
def test_a_refused_sign_in_is_a_422_and_tells_nothing(client: Client, olga: User, typed: dict[str, str]) -> None:
    response = client.post(LOGIN, typed)

    assert response.status_code == 422
    assert "_auth_user_id" not in client.session


def test_who_is_inactive_stays_outside(client: Client, olga: User) -> None:
    User.objects.update(is_active=False)

    sign_in(client)

    assert "_auth_user_id" not in client.session


def test_guessing_one_persons_password_ends_after_five_tries(client: Client, olga: User) -> None:
    tries = [sign_in(client, password="wrong", X_Forwarded_For=f"203.0.113.{n}") for n in range(7)]

    assert tries == [422] * 5 + [429] * 2
    assert sign_in(client) == 429  # Also the right one, for now.


def test_guessing_from_one_address_ends_after_ten_tries(client: Client, olga: User) -> None:
    tries = [sign_in(client, f"nobody{n}@example.org", "wrong", X_Forwarded_For="203.0.113.7") for n in range(12)]

    assert tries == [422] * 10 + [429] * 2


def test_an_address_is_what_the_door_says_not_what_the_client_does(client: Client, olga: User) -> None:
    """The door appends the address that it sees; what stands before it was claimed."""
    for n in range(10):
        sign_in(client, f"nobody{n}@example.org", "wrong", X_Forwarded_For=f"198.51.100.{n}, 203.0.113.7")

    assert sign_in(client, "nobody@example.org", "wrong", X_Forwarded_For="198.51.100.99, 203.0.113.7") == 429
    assert sign_in(client, X_Forwarded_For="203.0.113.8") == 302


def test_too_many_sign_ins_get_the_page_that_says_so(client: Client, olga: User) -> None:
    for _ in range(30):
        client.post(LOGIN, {}, headers={"X-Forwarded-For": "203.0.113.9"})

    response = client.post(LOGIN, {}, headers={"X-Forwarded-For": "203.0.113.9"})

    assert response.status_code == 429
    assert "Wait half a minute, then reload this page." in response.content.decode()


def test_signing_out_takes_a_post_and_ends_the_session(client: Client, olga: User) -> None:
    sign_in(client)
    key = client.session.session_key

    asked = client.get("/accounts/logout/")
    still_in = client.get("/console/riverside/").status_code
    client.post("/accounts/logout/")

    assert (asked.status_code, still_in) == (200, 200)
    assert client.get("/console/riverside/").status_code == 302
    assert client.session.session_key != key


def test_nobody_signs_up(client: Client) -> None:
    shown, sent = client.get("/accounts/signup/"), client.post("/accounts/signup/", {"email": "x@example.org"})

    assert "Accounts are by invitation" in shown.content.decode()
    assert "Accounts are by invitation" in sent.content.decode()
    assert not User.objects.exists()


def test_a_forgotten_password_is_chosen_anew_by_the_link_in_the_mail(
    client: Client, olga: User, mailoutbox: list[mail.EmailMessage]
) -> None:
    client.post("/accounts/password/reset/", {"email": "OLGA@example.org"}, headers={"Host": "localhost"})
    password_forgotten(OutboxMessage.objects.get(topic="password_forgotten"))
    (link,) = re.findall(r"http://testserver(/accounts/password/reset/key/\S+)", str(mailoutbox[0].body))

    form = client.get(link, follow=True)
    address = form.redirect_chain[-1][0]
    client.post(address, {"password1": "another good one", "password2": "another good one"})

    assert sign_in(client, password="another good one") == 302
    used = Client().get(link)
    assert used.status_code == 200  # The page that says that the link is used up, not the form.
    assert "password1" not in used.content.decode()


def test_asking_for_a_reset_tells_nobody_who_has_an_account(
    client: Client, olga: User, mailoutbox: list[mail.EmailMessage]
) -> None:
    User.objects.create_user("inactive@example.org", is_active=False)
    asked = ["olga@example.org", "nobody@example.org", "inactive@example.org"]

    answers = [client.post("/accounts/password/reset/", {"email": email}) for email in asked]

    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {
        (302, "/accounts/password/reset/done/")
    }
    assert [message.payload for message in OutboxMessage.objects.all()] == [{"user": olga.pk}]
    assert mailoutbox == []


def test_who_is_invited_chooses_a_password_by_the_link(client: Client, db: None) -> None:
    user = User.objects.create_user("new@example.org")
    link = choose_password(user).removeprefix("http://testserver")

    form = client.get(link, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": "a very good one", "password2": "a very good one"})

    assert sign_in(client, "new@example.org", "a very good one") == 302


def test_a_changed_password_signs_out_everywhere(client: Client, olga: User) -> None:
    other = Client()
    sign_in(client)
    sign_in(other)

    response = client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "another good one", "password2": "another good one"},
    )

    assert response.headers["Location"] == LOGIN
    assert client.get(LOGIN).content.decode().count("Your password is changed. Sign in with the new one.") == 1
    assert [each.get("/console/riverside/").status_code for each in (client, other)] == [302, 302]


def test_a_weak_password_is_refused_beside_its_field(client: Client, olga: User) -> None:
    sign_in(client)

    response = client.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}
    )

    assert response.status_code == 422


@pytest.mark.parametrize(
    "page", ["login/", "signup/", "password/reset/", "password/reset/done/", "password/reset/key/done/", "inactive/"]
)
def test_every_page_shows(client: Client, db: None, page: str) -> None:
    response = client.get(f"/accounts/{page}")

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-store"


def test_a_link_that_is_none_says_so(client: Client, db: None) -> None:
    for key in ("1-abc", "zz-set-password", "9" * 40 + "-x"):
        assert client.get(f"/accounts/password/reset/key/{key}/").status_code in (200, 404)
