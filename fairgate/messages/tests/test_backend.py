from __future__ import annotations

import email
import stat
from dataclasses import replace
from email.policy import default
from pathlib import Path

import pytest
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from pytest_django.fixtures import Settings

from fairgate.lib.metrics.names import MAILS
from fairgate.lib.metrics.tests.grown import grown
from fairgate.messages.backend import EmailBackend
from fairgate.testing.waiting import free_port


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    _use(settings, f"file://{tmp_path}/mail box")
    return tmp_path / "mail box"


def test_a_message_is_a_file_named_by_its_id(folder: Path) -> None:
    EmailBackend().send_messages([_message()])

    (file,) = folder.iterdir()
    assert file.name == "outbox-7@localhost.eml"
    assert email.message_from_bytes(file.read_bytes(), policy=default)["Subject"] == "Grüße"


def test_a_message_sent_again_replaces_itself(folder: Path) -> None:
    EmailBackend().send_messages([_message(), _message()])

    assert len(list(folder.iterdir())) == 1


def test_a_message_is_for_its_owner_alone(folder: Path) -> None:
    EmailBackend().send_messages([_message()])

    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_mails_are_counted_by_whether_the_server_took_them(folder: Path, settings: Settings) -> None:
    with grown(MAILS) as sent:
        EmailBackend().send_messages([_message(), _message()])
    _use(settings, f"smtp://127.0.0.1:{free_port()}")
    with grown(MAILS) as failed, pytest.raises(ConnectionRefusedError):
        EmailBackend().send_messages([_message()])

    assert (sent, failed) == ({"sent": 2}, {"failed": 1})


def test_an_id_never_leaves_the_folder(folder: Path) -> None:
    EmailBackend().send_messages([_message("<../../etc/passwd>")])

    assert [file.name for file in folder.iterdir()] == [".._.._etc_passwd.eml"]


@pytest.mark.parametrize(
    ("url", "port", "starttls", "implicit"),
    [
        ("smtp://localhost", 25, False, False),
        ("smtp://localhost:1025", 1025, False, False),
        ("smtp://ben:p%40ss@mail.example.org", 587, True, False),
        ("smtp://mail.example.org:587", 587, True, False),
        ("smtps://ben:p%40ss@mail.example.org", 465, False, True),
    ],
)
def test_a_mail_server_is_reached_as_its_address_says(
    settings: Settings, url: str, port: int, starttls: bool, implicit: bool
) -> None:
    _use(settings, url)

    inner = EmailBackend()._inner

    assert isinstance(inner, SmtpBackend)
    assert (inner.port, inner.use_tls, inner.use_ssl) == (port, starttls, implicit)
    assert inner.password == ("p@ss" if "@" in url else "")


def _use(wrapper: Settings, url: str) -> None:
    wrapper.SETTINGS = replace(settings.SETTINGS, email_url=url)


def _message(id: str = "<outbox-7@localhost>") -> EmailMessage:
    return EmailMessage("Grüße", "Text", "a@example.org", ["b@example.org"], headers={"Message-ID": id})
