"""Sends mail where FAIRGATE_EMAIL_URL says.

`file:///DIR` writes a file for each message, `smtp://user:password@host:587` and `smtps://…:465` hand it to a mail
server. A file is named by the message's id: a message that is sent again replaces itself.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend

from fairgate.lib import traces
from fairgate.lib.metrics.names import MAILS

TIMEOUT_S = 10
SUBMISSION_PORT = 587


class EmailBackend(BaseEmailBackend):
    def __init__(self, fail_silently: bool = False, **_: Any) -> None:
        super().__init__(fail_silently)
        url = urlsplit(settings.SETTINGS.email_url)
        self._inner = FileBackend(unquote(url.path)) if url.scheme == "file" else _smtp(url)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        try:
            with traces.part("send mail"):
                sent = self._inner.send_messages(email_messages) or 0
        except Exception:
            MAILS.labels("failed").inc(len(email_messages))
            raise
        MAILS.labels("sent").inc(sent)
        return sent


class FileBackend(BaseEmailBackend):
    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = Path(folder)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            self._write(message)
        return len(email_messages)

    def _write(self, message: EmailMessage) -> None:
        """Whole or not at all, and readable by the owner alone: a mail holds tickets."""
        mime = message.message()
        name = re.sub(r"[^\w.@+-]", "_", str(mime["Message-ID"]).strip("<>"), flags=re.ASCII)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=self._folder, prefix=".")
        with os.fdopen(handle, "wb") as file:
            file.write(mime.as_bytes(linesep="\r\n"))
        os.replace(unfinished, self._folder / f"{name}.eml")


def _smtp(url: SplitResult) -> SmtpBackend:
    """STARTTLS wherever there is a password to protect, and on the port where mail programs hand mail in."""
    implicit = url.scheme == "smtps"
    port = url.port or (465 if implicit else SUBMISSION_PORT if url.username else 25)
    return SmtpBackend(
        host=url.hostname or "localhost",
        port=port,
        username=unquote(url.username or ""),
        password=unquote(url.password or ""),
        use_ssl=implicit,
        use_tls=not implicit and bool(url.username or port == SUBMISSION_PORT),
        timeout=TIMEOUT_S,
    )
