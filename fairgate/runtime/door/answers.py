"""What the door itself says when it refuses, or when nobody behind it answers."""

from __future__ import annotations

import json
from http import HTTPStatus
from pathlib import Path

from fairgate.lib import problems
from fairgate.ui import door as pages

# The page for each status; two of them share a neighbor's words.
PAGES = {400: 400, 408: 400, 413: 413, 429: 429, 500: 502, 502: 502, 503: 503, 504: 504}
RETRY_AFTER_S = {429: 10, 502: 2, 503: 2, 504: 2}
PROBLEMS = {
    400: ("bad-request", "The request cannot be read; correct it before you try again."),
    408: ("too-slow", "The request did not arrive in time; try again."),
    413: ("too-large", "The body is larger than 1 MB, or tells no length; send less."),
    429: ("slow-down", "Too many requests came from your address; wait before you try again."),
    500: ("busy", "The answer got lost; ask again with the same key."),
    502: ("busy", "The answer got lost; ask again with the same key."),
    503: ("busy", "Nobody was free to answer; ask again with the same key."),
    504: ("busy", "The answer took too long; ask again with the same key."),
}


def write_answers(folder: Path) -> None:
    """As HAProxy wants them: whole HTTP answers, one file for each status and audience."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for status in PAGES:
        (folder / f"pages-{status}.http").write_bytes(_page(status))
        (folder / f"api-{status}.http").write_bytes(_problem(status))


def _page(status: int) -> bytes:
    body = pages.page(PAGES[status]).read_bytes()
    return _answer(status, {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": pages.csp()}, body)


def _problem(status: int) -> bytes:
    word, detail = PROBLEMS[status]
    title = word.replace("-", " ").capitalize()
    body = json.dumps({"type": problems.TYPE_BASE + word, "title": title, "status": status, "detail": detail})
    return _answer(status, {"Content-Type": problems.MEDIA_TYPE}, body.encode())


def _answer(status: int, headers: dict[str, str], body: bytes) -> bytes:
    headers |= {
        "Content-Length": str(len(body)),
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    if status in RETRY_AFTER_S:
        headers["Retry-After"] = str(RETRY_AFTER_S[status])
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
