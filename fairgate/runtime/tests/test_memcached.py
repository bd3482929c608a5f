from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from fairgate.lib.cache.connect import store
from fairgate.runtime import binaries
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation, installation
from fairgate.runtime.memcached import Memcached
from fairgate.runtime.tests.running import fairgate
from fairgate.runtime.up import _as_arguments
from fairgate.runtime.wish import Wish
from fairgate.testing.cache_servers import MEMCACHED
from fairgate.testing.waiting import free_port, wait_until


@pytest.mark.skipif(shutil.which("memcached") is None, reason=MEMCACHED)
def test_it_is_started_for_this_machine_alone_and_keeps_what_it_is_given(tmp_path: Path) -> None:
    folder = Installation(tmp_path)
    folder.create_folders()
    server = Memcached(folder, binaries.memcached(os.environ), free_port())
    process = server.launch()
    try:
        cache = store(server.url)

        def answers() -> bool:
            try:
                return cache.read(["a"]) == [None]
            except cache.errors:
                return False

        wait_until(answers)
        cache.write({"a": b"value"}, 60)
        assert cache.read(["a", "b"]) == [b"value", None]
    finally:
        process.kill()
        process.wait()


def test_without_it_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "MEMCACHED_PLACES", ())

    with pytest.raises(CannotStart, match=r"^Memcached is missing: install it .*, or use --cache valkey\.$"):
        binaries.memcached({"PATH": "/nowhere"})


@pytest.mark.parametrize(
    ("options", "environment", "word"),
    [
        (["--cache", "memcached"], {"FAIRGATE_MEMCACHED_BIN": "/nowhere"}, "FAIRGATE_MEMCACHED_BIN names /nowhere"),
        (["--cache", "memcached"], {"FAIRGATE_CACHE_URL": "local://"}, "use one of them"),
        ([], {"FAIRGATE_CACHE_URL": "memcached://127.0.0.1:1"}, "The cache at 127.0.0.1:1 cannot be reached"),
        ([], {"FAIRGATE_CACHE_URL": "redis://127.0.0.1:1"}, "The cache at 127.0.0.1:1 cannot be reached"),
        ([], {"FAIRGATE_CACHE_URL": "file:///x"}, "FAIRGATE_CACHE_URL must be a URL starting with"),
        (["--cache", "dragonfly"], {}, "'dragonfly' is not one of"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    tmp_path: Path, options: list[str], environment: dict[str, str], word: str
) -> None:
    refused = fairgate("up", "--data", str(tmp_path / "data"), "--port", str(free_port()), *options, **environment)

    assert refused.returncode == 2
    assert word in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "data" / "postgres").exists()


def test_a_detached_start_is_told_of_it(tmp_path: Path) -> None:
    assert "--cache memcached" in " ".join(_as_arguments(installation(tmp_path), Wish(cache="memcached")))
