from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from fairgate.accounts.models import User
from fairgate.testing.cast import Concert, buy

READ_ONLY = {
    "stock.quota", "stock.hold", "orders.order", "orders.ticket", "checkin.scan", "checkin.gategrant",
    "payments.payment", "organizers.auditentry", "outbox.outboxmessage",
}  # fmt: skip


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.org", "correct horse battery"))
    return client


def test_the_admins_sign_in_is_everyones(client: Client, db: None) -> None:
    asked = client.get("/admin/", follow=True)
    tried = client.post("/admin/login/", {"username": "operator@example.org", "password": "x"})

    assert asked.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"
    assert tried.headers["Location"].startswith("/accounts/login/")


def test_the_admin_is_for_operators(client: Client, olga: User, operator: Client) -> None:
    client.force_login(olga)

    assert client.get("/admin/login/").status_code == 403
    assert client.get("/admin/", follow=True).status_code == 403
    assert operator.get("/admin/").status_code == 200


def test_passwords_change_where_everyones_do(operator: Client) -> None:
    assert operator.get("/admin/password_change/").headers["Location"] == "/accounts/password/change/"


def test_what_the_rules_write_is_only_read(operator: Client, concert: Concert) -> None:
    buy((concert.standard, 1))
    registered = {model._meta.label_lower for model in admin.site._registry}

    for label in READ_ONLY:
        model = apps.get_model(label)
        path = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert label in registered
        assert operator.get(reverse(f"{path}_changelist")).status_code == 200
        assert operator.get(reverse(f"{path}_add")).status_code == 403


def test_every_list_and_form_opens(operator: Client, concert: Concert, gail: User) -> None:
    buy((concert.standard, 1))

    for model in admin.site._registry:
        path = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert operator.get(reverse(f"{path}_changelist")).status_code == 200, model
        first = model._default_manager.first()
        if first is not None:
            assert operator.get(reverse(f"{path}_change", args=[first.pk])).status_code == 200, model


def test_an_operator_adds_an_organizer_with_its_first_owner(operator: Client, olga: User) -> None:
    response = operator.post(
        "/admin/organizers/organizer/add/",
        {
            "slug": "hall", "name": "Hall", "email": "hall@example.org", "accent": "#4f46e5", "time_zone": "UTC",
            "currency": "EUR", "bank_details": "", "memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "0",
            "memberships-0-user": olga.pk, "memberships-0-role": "owner",
        },
    )  # fmt: skip

    assert response.status_code == 302, response.context["errors"]
    assert olga.memberships.filter(organizer__slug="hall", role="owner").exists()


@pytest.mark.parametrize("slug", ["console", "de", "Bad Slug"])
def test_no_organizer_takes_a_reserved_address(operator: Client, slug: str) -> None:
    response = operator.post(
        "/admin/organizers/organizer/add/",
        {
            "slug": slug, "name": "Hall", "email": "hall@example.org", "accent": "#4f46e5", "time_zone": "UTC",
            "currency": "EUR", "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0",
        },
    )  # fmt: skip

    assert response.status_code == 200
    assert "errorlist" in response.content.decode()


def test_who_an_operator_adds_has_no_password_yet(operator: Client) -> None:
    operator.post("/admin/accounts/user/add/", {"email": "new@example.org", "name": "New", "is_active": "on"})

    assert not User.objects.get(email="new@example.org").has_usable_password()
