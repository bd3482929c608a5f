"""allauth's pages in our words, answering a refused form with 422 and too many tries with 429."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.account import views
from django.forms import BaseForm
from django.http import HttpResponse
from django.urls import reverse
from markupsafe import Markup

from fairgate.lib.i18n import gettext as _


class Plain:
    def get_form(self, form_class: Any = None) -> BaseForm:
        form: BaseForm = super().get_form(form_class)  # type: ignore[misc]
        for name, (label, hint) in _words().items():
            if name in form.fields:
                form.fields[name].label, form.fields[name].help_text = label, hint
        return form

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        is_too_many = form.has_error("__all__", "too_many_login_attempts")
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS if is_too_many else HTTPStatus.UNPROCESSABLE_ENTITY
        return response


class Login(Plain, views.LoginView):
    pass


class PasswordChange(Plain, views.PasswordChangeView):
    pass


class PasswordReset(Plain, views.PasswordResetView):
    pass


class PasswordResetFromKey(Plain, views.PasswordResetFromKeyView):
    pass


def _words() -> dict[str, tuple[str, str]]:
    """Label and hint of each field."""
    forgotten = Markup('<a href="{}">{}</a>').format(reverse("account_reset_password"), _("Forgot your password?"))
    return {
        "login": (_("Email"), ""),
        "email": (_("Email"), ""),
        "password": (_("Password"), forgotten),
        "oldpassword": (_("Current password"), ""),
        "password1": (_("New password"), _("At least 10 characters, and not one that many people use.")),
        "password2": (_("New password, once more"), ""),
    }
