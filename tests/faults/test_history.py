from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.history import Kind, Recorder, Result, read_history


def test_operations_come_back_from_their_file(tmp_path: Path) -> None:
    with Recorder(tmp_path / "history") as recorder:
        with recorder.asking("Ben", Kind.HOLD, key="k", items={7: 2}) as asked:
            asked.done(hold="h", seats=(1, 2))
        with recorder.asking("Ben", Kind.CANCEL, tickets=("t",)) as asked:
            asked.refused("canceled before")

    with (tmp_path / "history").open() as lines:
        assert read_history(lines) == recorder.operations


def test_an_operation_without_an_answer_is_unknown() -> None:
    recorder = Recorder()

    with pytest.raises(ConnectionError), recorder.asking("Ben", Kind.RELEASE, hold="h"):
        raise ConnectionError
    with recorder.asking("Ben", Kind.RELEASE, hold="h"):
        assert recorder.in_flight == 1

    assert [one.result for one in recorder.operations] == [Result.UNKNOWN, Result.UNKNOWN]
    assert recorder.in_flight == 0


def test_the_first_answer_counts() -> None:
    recorder = Recorder()

    with recorder.asking("Ben", Kind.HOLD, key="k", items={7: 2}) as asked:
        asked.unknown("lost")
        asked.done(hold="h")

    assert [(one.result, one.hold) for one in recorder.operations] == [(Result.UNKNOWN, "")]


def test_many_write_to_one_file(tmp_path: Path) -> None:
    writers, each = 8, 200

    def write(client: int) -> None:
        with Recorder(tmp_path / "history") as recorder:
            for number in range(each):
                with recorder.asking(str(client), Kind.RELEASE, hold=str(number)) as asked:
                    asked.done()

    with ThreadPoolExecutor(writers) as threads:
        list(threads.map(write, range(writers)))

    with (tmp_path / "history").open() as lines:
        written = {(one.client, one.hold) for one in read_history(lines)}
    assert written == {(str(client), str(number)) for client in range(writers) for number in range(each)}
