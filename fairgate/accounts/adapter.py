"""What Fairgate asks of allauth."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.http import HttpRequest

from fairgate.accounts.links import absolute, reset_path
from fairgate.lib.i18n import gettext as _

# The page that follows says the rest by itself.
SPOKEN = {"account/messages/password_changed.txt"}


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Team members are invited; buyers need no account."""
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Spelled from the settings: a link made from the request's Host header could lead anywhere."""
        return absolute(reset_path(key))

    def format_email_subject(self, subject: str) -> str:
        return subject

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
