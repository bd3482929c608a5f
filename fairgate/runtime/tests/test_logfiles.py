from __future__ import annotations

from pathlib import Path

from fairgate.runtime.logfiles import rotate
from fairgate.runtime.process import last_words


def test_a_large_log_is_put_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "web-1.log"
    with log.open("a") as writer:
        print("x" * 1000, file=writer, flush=True)

        rotate(tmp_path, largest=500)
        print("next", file=writer, flush=True)

    assert log.read_text() == "next\n"
    assert (tmp_path / "web-1.log.1").read_text() == "x" * 1000 + "\n"


def test_a_small_log_stays(tmp_path: Path) -> None:
    (tmp_path / "web-1.log").write_text("short\n")

    rotate(tmp_path, largest=500)

    assert [path.name for path in tmp_path.iterdir()] == ["web-1.log"]


def test_the_reason_of_an_end_is_its_exception(tmp_path: Path) -> None:
    log = tmp_path / "web-1.log"
    log.write_text(
        'Traceback (most recent call last):\n  File "x"\nRuntimeError: no such module\n{"event": "worker ended"}\n'
    )

    assert last_words(log) == "RuntimeError: no such module"


def test_without_an_exception_it_is_the_last_line(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    log.write_text("LOG: starting\nFATAL: no space left\n\n")

    assert last_words(log) == "FATAL: no space left"
    assert last_words(tmp_path / "missing.log") == ""
