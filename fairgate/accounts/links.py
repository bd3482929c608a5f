"""The address at which a person chooses a password: in the mail of a reset, and of an invitation."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from fairgate.accounts.models import User


def choose_password(user: User) -> str:
    """Good for three days and one use, and until the next sign-in."""
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return absolute(reverse("account_reset_password_from_key", kwargs=key))


def absolute(path: str) -> str:
    """Spelled from the settings: a link made from a request's Host header could lead anywhere."""
    return f"{settings.SETTINGS.public_url}{path}"
