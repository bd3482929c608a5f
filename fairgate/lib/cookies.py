"""Names of the cookies that one service sets and another reads. Behind TLS the browser itself guards the prefix."""

from __future__ import annotations


def hold_cookie_name(is_secure: bool) -> str:
    """Opens one checkout; its path is that checkout's, so a __Host- prefix is not possible."""
    return "__Secure-fairgate_hold" if is_secure else "fairgate_hold"


def kept_cookie_name(is_secure: bool) -> str:
    return "__Secure-fairgate_kept" if is_secure else "fairgate_kept"


def gate_cookie_name(is_secure: bool) -> str:
    return "__Host-fairgate_gate" if is_secure else "fairgate_gate"
