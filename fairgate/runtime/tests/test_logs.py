"""`fairgate logs`, over files as processes, log rotation and a kill leave them."""

from __future__ import annotations

import gzip
import io
import json
import os
import resource
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation
from fairgate.runtime.logs import Wish, show
from fairgate.runtime.logs_files import PIECE, find
from fairgate.runtime.logs_follow import Follower
from fairgate.runtime.tests.running import fairgate

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC).timestamp()


def ours(seconds: float, event: str = "request", **facts: Any) -> str:
    at = datetime.fromtimestamp(NOON + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return json.dumps({**facts, "event": event, "level": facts.get("level", "info"), "timestamp": at}) + "\n"


@pytest.fixture
def here(tmp_path: Path) -> Installation:
    found = Installation(tmp_path)
    found.create_folders()
    return found


def put(here: Installation, name: str, *lines: str) -> Path:
    path = here.logs / name
    data = "".join(lines).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def told(here: Installation, **wish: Any) -> list[dict[str, Any]]:
    output = io.StringIO()
    assert show(here, Wish(**wish), as_json=True, console=Console(file=output)) == 0
    found: list[dict[str, Any]] = json.loads(output.getvalue())["lines"]
    return found


def shown(here: Installation, **wish: Any) -> list[str]:
    output = io.StringIO()
    assert show(here, Wish(**wish), as_json=False, console=Console(file=output)) == 0
    return output.getvalue().splitlines()


def names(lines: list[dict[str, Any]]) -> list[str]:
    return [line["event"] for line in lines]


def test_lines_of_all_processes_come_in_order_of_time(here: Installation) -> None:
    put(here, "web-1.log.2.gz", ours(1, "a"))
    put(here, "web-1.log.1", ours(3, "c"))
    put(here, "web-1.log", ours(6, "f"), ours(5, "e"))
    put(here, "stock-1.log", ours(2, "b"), ours(4, "d"))

    found = told(here)

    assert names(found) == ["a", "b", "c", "d", "e", "f"]
    assert [line["process"] for line in found][:3] == ["web-1", "stock-1", "web-1"]


def test_lines_of_other_programs_have_their_time_and_level(here: Installation) -> None:
    put(
        here,
        "postgres.log",
        "2026-05-01 12:00:02.500 UTC [7] ERROR:  deadlock detected\n",
        "2026-05-01 12:00:03.000 UTC [7] LOG:  ready\n",
    )
    put(here, "valkey.log", "12:M 01 May 2026 12:00:01.250 # Warning: no config\n")
    put(here, "web-1.log", ours(2, "request"), "Traceback (most recent call last):\n", "{cut sho")

    found = told(here)

    assert [(line["process"], line["level"]) for line in found] == [
        ("valkey", "warning"),
        ("web-1", "info"),
        ("web-1", "info"),
        ("web-1", "info"),
        ("postgres", "error"),
        ("postgres", "info"),
    ]
    assert {line["timestamp"][:22] for line in found if line["process"] == "web-1"} == {"2026-05-01T12:00:02.00"}


def test_what_is_shown_is_chosen_by_process_level_and_time(here: Installation) -> None:
    put(here, "web-1.log", ours(1, "a"), ours(9, "b", level="warning"))
    put(here, "web-2.log", ours(2, "c", level="error"))
    put(here, "stock-1.log", ours(3, "d", level="error"))

    assert names(told(here, service="web")) == ["a", "c", "b"]
    assert names(told(here, service="web-2")) == ["c"]
    assert names(told(here, level="error")) == ["c", "d"]
    assert names(told(here, since="2026-05-01T12:00:03Z")) == ["d", "b"]


def test_a_story_begins_with_who_began(here: Installation) -> None:
    put(here, "door.log", ours(1.0, request_id="abc", ms=900, status=201))
    put(here, "web-1.log", ours(0.99, request_id="abc", ms=800), ours(1, request_id="abcd"))
    put(here, "stock-1.log", ours(0.5, "slow_batch", request_ids=["x", "abc"], ms=100, level="warning"))
    put(here, "worker-1.log", ours(3, "task", request_id="abc", ms=500), ours(3, "other"))

    head, *story = shown(here, request="abc")

    assert head == "Request abc, 2026-05-01T12:00:00.100000Z"
    assert [line.split()[:4:] for line in story] == [
        ["0.0", "ms", "door", "request"],
        ["90.0", "ms", "web-1", "request"],
        ["300.0", "ms", "stock-1", "slow_batch"],
        ["2400.0", "ms", "worker-1", "task"],
    ]


def test_any_request_of_a_purchase_tells_the_whole_of_it(here: Installation) -> None:
    ours_too, others = "0123456789ab", "ba9876543210"
    put(here, "door.log", ours(1, request_id="hold"), ours(21, request_id="order"), ours(22, request_id="another"))
    put(
        here,
        "stock-1.log",
        ours(1.1, request_id="hold", purchase=ours_too),
        ours(1.2, "batch", request_ids=["hold", "x"]),
    )
    put(here, "web-1.log", ours(21.1, request_id="order", purchase=ours_too))
    put(here, "web-2.log", ours(22.1, request_id="another", purchase=others), ours(23, said=ours_too))
    put(here, "worker-1.log", ours(30, "task", request_id="order", purchase=ours_too))

    stories = {asked: shown(here, request=asked) for asked in ("hold", "order", "another")}

    heads = {asked: [line.split(", ") for line in lines if line[0] != " "] for asked, lines in stories.items()}
    assert [(head[0], head[2:]) for head in heads["hold"]] == [
        ("Request hold", []),
        ("Request order", ["of the same purchase"]),
    ]
    assert [line.split()[2] for line in stories["order"] if line[0] == " "] == [
        "door", "stock-1", "stock-1", "door", "web-1", "worker-1"
    ]  # fmt: skip
    assert [head[0] for head in heads["another"]] == ["Request another"]


def test_statements_are_shown_below_their_line(here: Installation) -> None:
    statements = [{"sql": "SELECT %s", "count": 3, "ms": 700.5}]
    put(here, "web-1.log", ours(1, "slow_request", request_id="abc", statements=statements))

    assert shown(here)[1].strip() == "700.5 ms in 3: SELECT %s"


def test_what_a_stranger_sent_does_not_reach_the_terminal(here: Installation) -> None:
    put(here, "web-1.log", ours(1, "oops", error="\x1b]0;owned\x07 \x9b2J"), "\x1b[2Jhello\n")

    assert not {"\x1b", "\x07", "\x9b"} & set("".join(shown(here)))


def test_a_file_is_entered_near_the_time_that_is_asked_for(here: Installation) -> None:
    count = 30_000
    path = put(here, "web-1.log", *(ours(number / 100, f"e{number}", filling="x" * 200) for number in range(count)))
    assert path.stat().st_size > 5 * PIECE

    found = told(here, since=datetime.fromtimestamp(NOON + 250, UTC).isoformat())

    assert names(found) == [f"e{number}" for number in range(25_000, count)]


def test_a_large_file_is_not_held_in_memory(here: Installation) -> None:
    """Under a limit of the address space that the file alone would break."""
    block = "".join(ours(number / 1000, request_id=f"r{number}") for number in range(5_000)).encode()
    with (here.logs / "web-1.log").open("wb") as log:
        for _ in range(350):
            log.write(block)
        log.write(ours(9999, request_id="needle").encode())
    most = 100 * 1024 * 1024
    assert (here.logs / "web-1.log").stat().st_size > 1.5 * most

    done = subprocess.run(
        [sys.executable, "-m", "fairgate", "logs", "--data", here.root, "--request", "needle"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (most, most)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout.splitlines()[0].split(",")[0]) == (0, "Request needle"), done.stderr


def test_what_is_written_later_follows_also_when_a_log_was_cut(here: Installation) -> None:
    path = put(here, "web-1.log", ours(1, "before"))
    follower = Follower(lambda: find(here.logs))
    follower.look()

    with path.open("a") as log:
        log.write(ours(2, "later") + '{"event": "half')
    put(here, "stock-1.log", ours(3, "newcomer"))
    first = [line.facts["event"] for line in follower.fresh()]
    with path.open("a") as log:
        log.write('", "timestamp": "2026-05-01T12:00:05Z"}\n')
    second = [line.facts["event"] for line in follower.fresh()]
    path.write_text(ours(6, "cut"))
    third = [line.facts["event"] for line in follower.fresh()]

    assert (first, second, third) == (["later", "newcomer"], ["half"], ["cut"])


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        ({"service": "kitchen"}, "kitchen"),
        ({"since": "yesterday"}, "--since yesterday"),
        ({"request": "a b"}, "--request"),
    ],
)
def test_wrong_use_is_refused_in_one_sentence(here: Installation, wish: dict[str, str], word: str) -> None:
    put(here, "web-1.log", ours(1))

    with pytest.raises(CannotStart, match=word):
        show(here, Wish(**wish), as_json=False, console=Console(file=io.StringIO()))


def test_without_an_installation_or_the_request_one_sentence_says_so(here: Installation, tmp_path: Path) -> None:
    put(here, "web-1.log", ours(1))

    nowhere = fairgate("logs", "--data", str(tmp_path / "nothing"))
    unknown = fairgate("logs", "--data", str(here.root), "--request", "abc")

    assert (nowhere.returncode, unknown.returncode) == (2, 1)
    assert (nowhere.stderr.count("\n"), unknown.stderr.count("\n")) == (1, 1)
    assert "abc" in unknown.stderr
    assert os.listdir(tmp_path / "run") == []
