"""allauth's pages, answering a refused form with 422 and too many tries with 429."""

from __future__ import annotations

from http import HTTPStatus

from allauth.account import views
from allauth.account.adapter import get_adapter
from django.forms import BaseForm
from django.http import HttpResponse

TOO_MANY = str(get_adapter().error_messages["too_many_login_attempts"])


class Refusing:
    def form_invalid(self, form: BaseForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        is_too_many = TOO_MANY in form.non_field_errors()
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS if is_too_many else HTTPStatus.UNPROCESSABLE_ENTITY
        return response


class Login(Refusing, views.LoginView):
    pass


class PasswordChange(Refusing, views.PasswordChangeView):
    pass


class PasswordReset(Refusing, views.PasswordResetView):
    pass


class PasswordResetFromKey(Refusing, views.PasswordResetFromKeyView):
    pass
