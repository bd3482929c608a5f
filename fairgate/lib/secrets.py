"""Secrets that are derived, not stored: what a copy of the database cannot give away."""

from __future__ import annotations

import base64
import hashlib
import hmac


def derive(key: str, purpose: str, subject: str) -> str:
    """The 128-bit secret of one subject, such as a hold: HMAC-SHA256 over its purpose and name, URL-safe."""
    digest = hmac.digest(key.encode(), f"{purpose}\0{subject}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def matches(key: str, purpose: str, subject: str, candidate: str) -> bool:
    """Whether the candidate is the subject's secret, in constant time."""
    return hmac.compare_digest(derive(key, purpose, subject).encode(), candidate.encode("utf-8", "replace"))
