"""What each planted fault is named, and by which name the rules know it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from fairgate.doctor.finding import Finding

HERE = Path(__file__).parent
IN_RULES = re.compile(r'\bFinding\(\s*"([a-z-]+)"(?: if [^,]+? else "([a-z-]+)")?')
IN_TESTS = re.compile(r'\bnamed_first\(\s*"([a-z-]+)",')


def named_first(name: str, found: Sequence[Finding]) -> Finding:
    """Each finding has a test that plants the fault and calls this with its name written out."""
    assert [one.id for one in found][:1] == [name], [one.title for one in found]
    return found[0]


def findings() -> set[str]:
    return _names(IN_RULES, HERE.parent / "rules", "*.py")


def planted() -> set[str]:
    return _names(IN_TESTS, HERE, "test_*.py")


def _names(pattern: re.Pattern[str], folder: Path, files: str) -> set[str]:
    texts = (file.read_text() for file in folder.glob(files))
    found = (match.groups() for text in texts for match in pattern.finditer(text))
    return {name for names in found for name in names if name}
