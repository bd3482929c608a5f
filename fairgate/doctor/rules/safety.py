"""What does not hurt today: no TLS, mail into a folder, no copy of the data."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import timedelta

from fairgate.doctor.finding import Finding, Urgency
from fairgate.doctor.rules.words import seconds
from fairgate.doctor.scene import Scene

OLD = timedelta(days=2)
ARCHIVE_OLD = timedelta(minutes=5)
# Names that mean this machine, or nothing that the world could reach.
AT_HOME = (".localhost", ".local", ".internal", ".test", ".lan", ".home.arpa")


def is_public(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." in host and not host.endswith(AT_HOME)
    return not (address.is_loopback or address.is_private or address.is_link_local)


def tls(scene: Scene) -> Iterator[Finding]:
    if is_public(scene.settings.public_host) and not scene.settings.is_secure:
        yield Finding(
            "no-tls",
            Urgency.ADVICE,
            "Sessions and tickets travel without TLS: whoever is on the way can read and use them",
            (f"FAIRGATE_PUBLIC_URL is {scene.settings.public_url}.",),
            (
                "fairgate up --tls-cert FILE with FAIRGATE_PUBLIC_URL=https://…, or a proxy that ends TLS:"
                " docs/guide/operator.md, 'HTTPS'.",
            ),
            cost=3,
        )


def mail_to_folder(scene: Scene) -> Iterator[Finding]:
    if is_public(scene.settings.public_host) and scene.settings.email_url.startswith("file://"):
        yield Finding(
            "mail-to-folder",
            Urgency.ADVICE,
            "Mail goes into a folder: buyers get none",
            (f"FAIRGATE_EMAIL_URL is {scene.settings.email_url}.",),
            ("FAIRGATE_EMAIL_URL=smtp://…: docs/guide/operator.md, 'Mail'.",),
            cost=4,
        )


def backups(scene: Scene) -> Iterator[Finding]:
    """Of a database of ours; others have backups that we cannot see."""
    copies = scene.copies
    if not scene.database.is_own or not is_public(scene.settings.public_host):
        return
    newest = max((at for at in (copies.saved_at, copies.archived_at) if at), default=None)
    if newest is None:
        evidence = "`fairgate backup` was never done here, and there is no archive."
    elif scene.seen_at - newest > OLD:
        evidence = f"The last copy of everything is {seconds((scene.seen_at - newest).total_seconds())} old."
    else:
        return
    yield Finding(
        "backup-missing" if newest is None else "backup-old",
        Urgency.ADVICE,
        "Nobody has saved the data lately",
        (evidence,),
        (
            scene.command("backup FILE") + "   # each night, and to another machine",
            "`fairgate up --archive DIR`, when not even the last minute may be missing: docs/runbooks/backup.md",
        ),
        cost=5,
    )


def archive(scene: Scene) -> Iterator[Finding]:
    copies = scene.copies
    if copies.archive and copies.archived_at and scene.seen_at - copies.archived_at > ARCHIVE_OLD:
        age = seconds((scene.seen_at - copies.archived_at).total_seconds())
        yield Finding(
            "archive-behind",
            Urgency.HURTS,
            f"The archive has nothing of the last {age}",
            (f"In {copies.archive} nothing was written since, though the database gives a sign of life each 10 s.",),
            (f"tail -50 {scene.installation.logs}/archive.log", f"df -h {copies.archive}"),
            cost=1,
            is_symptom=any(one.stopped for one in scene.of_kind("archive")),
        )


RULES = (tls, mail_to_folder, backups, archive)
