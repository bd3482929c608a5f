"""What Fairgate asks of allauth."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from fairgate.accounts.models import User
from fairgate.lib.i18n import gettext as _
from fairgate.outbox import actions as outbox

# The page that follows says the rest by itself.
SPOKEN = {"account/messages/password_changed.txt"}


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Team members are invited; buyers need no account."""
        return False

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """By the outbox, as all mail: tried again when the mail server is down, and no slower than for a stranger.

        Its link is made when it is sent, from the settings: one made here, from the Host header, could lead anywhere.
        """
        with transaction.atomic():
            outbox.send("password_forgotten", user=user.pk)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Nothing else that allauth would write: an address without an account is not bothered."""

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Every session has ended with the old password, also this one."""
        return reverse("account_login")

    def add_message(  # noqa: PLR0917 (as allauth calls it)
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        if message_template in SPOKEN:
            messages.add_message(request, level, _("Your password is changed. Sign in with the new one."), extra_tags)
