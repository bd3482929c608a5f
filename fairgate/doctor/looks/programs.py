"""What a process was started with, and by whom: short, and without what nobody may read."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterable
from pathlib import Path

MOST = 80
LEFT_OUT = "…"
# In the name of an option or variable, in a header, or before an @ in an address.
SECRET = re.compile(r"pass|pwd|secret|token|key|credential|auth|bearer|dsn|cookie|://[^/]*@", re.IGNORECASE)
# What follows is a name with a password, or a program of which any word may be one.
BEFORE_SECRET = ("-u", "--user", "-c", "-e", "-H")
# As MySQL takes its password.
JOINED = re.compile(r"-[pu].+")


def command(pid: int) -> str:
    """Nothing of one that has ended."""
    return told(_words(pid))


def told(words: Iterable[str]) -> str:
    shown: list[str] = []
    follows_secret = False
    for word in words:
        is_secret = bool(shown) and (follows_secret or bool(SECRET.search(word) or JOINED.fullmatch(word)))
        is_option = word.startswith("-") and "=" not in word
        follows_secret = is_option and not follows_secret and (bool(SECRET.search(word)) or word in BEFORE_SECRET)
        shown.append(LEFT_OUT if is_secret else word if shown else os.path.basename(word))
    line = " ".join(" ".join(shown).split())
    return line if len(line) <= MOST else f"{line[:MOST].rpartition(' ')[0] or line[:MOST]} {LEFT_OUT}"


def user(pid: int) -> str:
    try:
        uid = Path(f"/proc/{pid}").stat().st_uid
    except OSError:
        return ""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def is_fairgate(pid: int) -> bool:
    """`fairgate …`, by its script or by `python -m`."""
    words = _words(pid)[:3]
    return any(os.path.basename(word) == "fairgate" for word in words) or (
        "-m" in words and words[-1].split(".")[0] == "fairgate"
    )


def _words(pid: int) -> list[str]:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    except OSError:
        return []
    # One that gives itself a title has but one word.
    return words[0].split() if len(words) == 1 else words
