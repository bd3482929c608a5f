"""Errors of the API as RFC 9457 problem details, with a stable type that ends in one word."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "https://fairgate.example/problems/"

STATUSES = {
    "invalid": 422,
    "key-reused": 422,
    "sold-out": 409,
    "seat-taken": 409,
    "limit-reached": 409,
    "not-verified": 409,
    "hold-used": 409,
    "hold-expired": 410,
    "not-found": 404,
    "wrong-secret": 403,
    "cross-site": 403,
    "sign-in-required": 401,
    "method-not-allowed": 405,
    "too-large": 413,
    "broken-json": 400,
    "busy": 503,
    "slow-down": 429,
    "internal-error": 500,
}
RETRY_AFTER_S = {"busy": 1, "slow-down": 10}


@dataclass(eq=False)
class Problem(Exception):
    """One refusal: the word is for programs, the detail is a sentence for people."""

    word: str
    detail: str
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return STATUSES[self.word]

    @property
    def headers(self) -> dict[str, str]:
        headers = {"Content-Type": MEDIA_TYPE, "Cache-Control": "private, no-store"}
        if self.word in RETRY_AFTER_S:
            headers["Retry-After"] = str(RETRY_AFTER_S[self.word])
        return headers

    @property
    def body(self) -> bytes:
        title = self.word.replace("-", " ").capitalize()
        return json.dumps(
            {"type": TYPE_BASE + self.word, "title": title, "status": self.status, "detail": self.detail, **self.extra}
        ).encode()


def invalid(errors: dict[str, str]) -> Problem:
    """422 with one sentence for each field."""
    return Problem("invalid", "Some fields need another look.", {"errors": errors})
