"""The address at which a person chooses a password: in the mail of a reset, and of an invitation."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from fairgate.accounts.models import User


def choose_password(user: User) -> str:
    """Good for three days and one use, and until the next sign-in."""
    return absolute(reset_path(f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"))


def reset_path(key: str) -> str:
    uid, _, token = key.partition("-")
    return reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})


def absolute(path: str) -> str:
    return f"{settings.SETTINGS.public_url}{path}"
