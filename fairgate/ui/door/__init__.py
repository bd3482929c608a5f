"""The door's own pages, for when nobody behind it can answer: each a whole file, one style in all of them."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent
STATUSES = (400, 413, 429, 502, 503, 504)


def page(status: int) -> Path:
    return FOLDER / f"{status}.html"


@cache
def csp() -> str:
    """The content policy that lets in the one style element of these pages, by its hash, and nothing else."""
    digests = {_style_digest(page(status)) for status in STATUSES}
    styles = " ".join(f"'sha256-{digest}'" for digest in sorted(digests))
    return f"default-src 'none'; style-src {styles}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _style_digest(path: Path) -> str:
    styles = re.findall(r"<style>(.*?)</style>", path.read_text(encoding="utf-8"), re.DOTALL)
    return b64encode(sha256("".join(styles).encode()).digest()).decode()
