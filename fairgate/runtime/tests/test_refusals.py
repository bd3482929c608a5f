"""What `fairgate` says when it cannot: one sentence on stderr, exit code 2, never a traceback."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

import pytest

from fairgate.runtime.tests.running import descendants, fairgate
from fairgate.testing.waiting import free_port


def assert_refused(asked: subprocess.CompletedProcess[str], *words: str) -> None:
    assert asked.returncode == 2, asked.stdout + asked.stderr
    sentences = asked.stderr.strip().splitlines()
    assert len(sentences) == 1, asked.stderr
    assert [word for word in words if word not in sentences[0]] == []
    assert sentences[0].startswith("fairgate: ")


def up(data: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    port = [] if "--port" in words else ["--port", str(free_port())]
    return fairgate("up", "--data", str(data), *port, *words, **environment)


def test_a_taken_port(tmp_path: Path, taken_port: int) -> None:
    assert_refused(up(tmp_path, "--port", str(taken_port)), f"Port {taken_port}", "taken", "--port")


def test_a_taken_port_when_detached(tmp_path: Path, taken_port: int) -> None:
    assert_refused(up(tmp_path, "--detach", "--port", str(taken_port)), f"Port {taken_port}", "taken", "--port")


def test_an_address_of_another_machine(tmp_path: Path) -> None:
    assert_refused(up(tmp_path, "--bind", "192.0.2.1"), "--bind")


def test_a_host_that_does_not_exist(tmp_path: Path) -> None:
    assert_refused(up(tmp_path, "--bind", "no such host"), "--bind")


def test_a_folder_that_cannot_be_made() -> None:
    assert_refused(up(Path("/proc/fairgate")), "/proc/fairgate", "--data")


if os.geteuid() != 0:  # Root may write anywhere.

    def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
        tmp_path.chmod(0o555)

        assert_refused(up(tmp_path / "data"), "Permission denied", "--data")


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    assert_refused(up(tmp_path / "data"), "--data")


def test_a_folder_in_use(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with (tmp_path / "run/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        assert_refused(up(tmp_path), "in use", "fairgate down")


def test_a_folder_of_another_postgresql(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres/PG_VERSION").write_text("14\n")

    assert_refused(up(tmp_path), "PostgreSQL 14", "FAIRGATE_POSTGRES_BIN", "fairgate backup")


def test_a_folder_with_something_else_in_it(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres/diary.txt").write_text("Dear diary")

    assert_refused(up(tmp_path), "not PostgreSQL's", "--data")


def test_an_empty_secret(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/secret_key").write_text("")

    assert_refused(up(tmp_path), "secret_key", "backup")


@pytest.mark.parametrize("name", ["POSTGRES", "VALKEY", "HAPROXY"])
def test_a_missing_binary(tmp_path: Path, name: str) -> None:
    assert_refused(up(tmp_path, **{f"FAIRGATE_{name}_BIN": "/nowhere"}), f"FAIRGATE_{name}_BIN", "/nowhere")


@pytest.mark.parametrize("name", ["POSTGRES", "VALKEY", "HAPROXY"])
def test_a_binary_that_is_something_else(tmp_path: Path, name: str) -> None:
    for program in ("postgres", "initdb", "psql", "valkey-server", "haproxy"):
        (tmp_path / program).write_text("#!/bin/sh\necho no such thing >&2\nexit 1\n")
        (tmp_path / program).chmod(0o755)

    assert_refused(up(tmp_path / "data", **{f"FAIRGATE_{name}_BIN": str(tmp_path)}))


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    url = "postgresql://fairgate:secret@127.0.0.1:1/fairgate"

    asked = up(tmp_path, FAIRGATE_DATABASE_URL=url)

    assert_refused(asked, "database refuses", "FAIRGATE_DATABASE_URL")
    assert "secret" not in asked.stderr


def test_a_replica_that_is_not_there(tmp_path: Path) -> None:
    url = f"postgresql://fairgate@127.0.0.1:{free_port()}/fairgate"

    asked = up(tmp_path, FAIRGATE_DATABASE_URL=os.environ["FAIRGATE_DATABASE_URL"], FAIRGATE_REPLICA_URLS=url)

    assert_refused(asked, "replica refuses", "FAIRGATE_REPLICA_URLS")


def test_a_valkey_that_is_not_there(tmp_path: Path) -> None:
    assert_refused(up(tmp_path, FAIRGATE_VALKEY_URL="redis://127.0.0.1:1"), "Valkey refuses")


@pytest.mark.parametrize("url", ["s3://olga:hush@127.0.0.1:{port}/pictures?tls=off", "file:///proc/fairgate/pictures"])
def test_a_storage_that_is_not_there(tmp_path: Path, url: str) -> None:
    database = os.environ["FAIRGATE_DATABASE_URL"]

    asked = up(tmp_path, FAIRGATE_DATABASE_URL=database, FAIRGATE_STORAGE_URL=url.format(port=free_port()))

    assert_refused(asked, "Files cannot be kept", "FAIRGATE_STORAGE_URL")
    assert "hush" not in asked.stderr
    assert not (tmp_path / "uploads").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FAIRGATE_DATABASE_URL", "mysql://127.0.0.1/fairgate"),
        ("FAIRGATE_REPLICA_URLS", "127.0.0.1:5432"),
        ("FAIRGATE_SECRET_KEY", "short"),
        ("FAIRGATE_TRUSTED_PROXIES", "everyone"),
        ("FAIRGATE_LOG_LEVEL", "LOUD"),
        ("FAIRGATE_EMAIL_URL", "pigeon://roof"),
        ("FAIRGATE_STORAGE_URL", "s3://pictures"),
    ],
)
def test_a_setting_that_cannot_be_used(tmp_path: Path, name: str, value: str) -> None:
    assert_refused(up(tmp_path, **{name: value}), name)


def test_a_certificate_that_is_not_there(tmp_path: Path) -> None:
    assert_refused(up(tmp_path, "--tls-cert", "/nowhere.pem"), "/nowhere.pem", "--tls-cert")


def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("-----BEGIN NOTHING-----\n")

    assert_refused(up(tmp_path / "data", "--tls-cert", str(tmp_path / "cert.pem")), "cert.pem", "--tls-cert")


@pytest.mark.parametrize(
    "words",
    [
        ["up", "--bogus"],
        ["up", "--port", "many"],
        ["up", "--port", "0"],
        ["up", "--port", "70000"],
        ["up", "--web", "0"],
        ["up", "--web", "99"],
        ["up", "--stock", "-1"],
        ["up", "extra"],
        ["bogus"],
        ["run", "web"],
        ["run", "bogus", "--listen", "127.0.0.1:8001"],
        ["run", "web", "--listen", "8001"],
        ["run", "web", "--listen", "127.0.0.1:http"],
        ["run", "web", "--listen", "127.0.0.1:8001"],
        ["scale", "web=2"],
        ["down"],
        ["demo"],
        ["audit"],
        ["audit", "--json"],
        ["manage", "check"],
    ],
)
def test_wrong_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.chdir(tmp_path)

    assert_refused(fairgate(*words))


def test_status_of_nothing(tmp_path: Path) -> None:
    asked = fairgate("status", "--json", "--data", str(tmp_path))

    assert (asked.returncode, asked.stdout) == (1, '{"processes": [], "databases": []}\n')


def test_a_refused_start_leaves_no_process(tmp_path: Path) -> None:
    before = descendants(os.getpid())

    up(tmp_path, FAIRGATE_VALKEY_URL="redis://127.0.0.1:1")

    assert descendants(os.getpid()) == before
