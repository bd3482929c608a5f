from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fairgate.testing.s3 import storage_at


@pytest.fixture
def uploads(tmp_path: Path) -> Iterator[Path]:
    """A storage of the test's own."""
    folder = tmp_path / "uploads"
    with storage_at(folder.as_uri()):
        yield folder
