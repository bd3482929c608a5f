"""The mails that the buyers get, as files in the installation's folder."""

from __future__ import annotations

import email
import email.policy
import re
import time
from collections.abc import Iterable
from pathlib import Path

from buyers import Purchase, Unexpected

PATIENCE_S = 180
BUYER = re.compile(rb"^To:.*?ben(\d+)@example\.org", re.MULTILINE | re.IGNORECASE)


def count(folder: Path) -> int:
    return sum(1 for _ in folder.glob("*.eml"))


def wait(folder: Path, known: int, purchases: int) -> None:
    """Until there is one for each purchase. Counting names costs next to nothing beside what is measured."""
    deadline = time.monotonic() + PATIENCE_S
    while count(folder) - known < purchases:
        if time.monotonic() > deadline:
            raise Unexpected(f"Only {count(folder) - known} of {purchases} mails came within {PATIENCE_S} s.")
        time.sleep(0.05)


def delays_s(folder: Path, known: set[Path], purchases: Iterable[Purchase]) -> list[float]:
    """From the order to its mail, each with its tickets as PDF."""
    arrived = {}
    for path in set(folder.glob("*.eml")) - known:
        raw = path.read_bytes()
        found = BUYER.search(raw)
        if found is None or not _has_tickets(raw):
            raise Unexpected(f"{path} is no mail with tickets.")
        arrived[int(found[1])] = path.stat().st_mtime
    return [max(0.0, arrived[purchase.number] - purchase.placed_at) for purchase in purchases]


def _has_tickets(raw: bytes) -> bool:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    return any(part.get_content_type() == "application/pdf" for part in message.walk())
