"""Composes a mail from its two templates: the text comes first, the page says the same."""

from __future__ import annotations

from email.utils import formataddr, parseaddr
from functools import cache
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from jinja2 import Environment

from fairgate.lib import logs
from fairgate.lib.ids import grouped
from fairgate.lib.rehearsed import is_rehearsed
from fairgate.organizers.models import Organizer
from fairgate.outbox.models import OutboxMessage
from fairgate.ui.jinja import create_environment, folders


def send(
    message: OutboxMessage,
    template: str,
    *,
    to: str,
    subject: str,
    sender: Organizer | None = None,
    attachment: tuple[str, bytes] | None = None,
    **context: Any,
) -> None:
    """Send what an outbox row asks for. Its id is the mail's, so that sending it twice is seen to be one mail."""
    subject = one_line(subject)
    mail = EmailMultiAlternatives(
        subject=subject,
        body=_text_templates().get_template(f"messages/{template}.txt").render(context),
        from_email=_from(sender),
        to=[to],
        reply_to=[sender.email] if sender else None,
        headers={"Message-ID": message_id(message), "Auto-Submitted": "auto-generated"},
    )
    page = _page_templates().get_template(f"messages/{template}.html").render(context)
    mail.attach_alternative(page, "text/html")
    if attachment:
        name, content = attachment
        mail.attach(name, content, "application/pdf")
    if is_rehearsed(to):
        # Made like any other, so that a rehearsal costs what a sale does, and counted in the task's line.
        logs.add_fact(mail="kept back")
        return
    mail.send()


def message_id(message: OutboxMessage) -> str:
    return f"<outbox-{message.pk}@{settings.SETTINGS.public_host}>"


def one_line(text: str) -> str:
    """Nothing that a person typed may begin a header of its own."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _from(sender: Organizer | None) -> str:
    """The organizer's name at the installation's address: the only one that its mail server vouches for."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((one_line(sender.name) if sender else name, address))


@cache
def _page_templates() -> Environment:
    environment = create_environment(loader=folders("fairgate.messages"))
    environment.filters["grouped"] = grouped
    return environment


@cache
def _text_templates() -> Environment:
    """Nothing is escaped in plain text, and its line breaks are the layout."""
    return _page_templates().overlay(autoescape=False, keep_trailing_newline=True)
