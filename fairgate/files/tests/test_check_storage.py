from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from fairgate.testing.s3 import storage_at
from fairgate.testing.waiting import free_port


def test_a_storage_that_works(uploads: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_storage")

    assert capsys.readouterr().out == "Files can be written, read and deleted.\n"
    assert list(uploads.iterdir()) == []


def test_a_storage_that_does_not() -> None:
    with (
        storage_at(f"s3://olga:hush@127.0.0.1:{free_port()}/pictures?tls=off"),
        pytest.raises(CommandError, match=r"^Files cannot be kept: .*FAIRGATE_STORAGE_URL") as refusal,
    ):
        call_command("check_storage")

    assert (refusal.value.returncode, "hush" in str(refusal.value)) == (2, False)
