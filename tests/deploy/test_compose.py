"""compose.yaml: valid by the specification's schema, true to the processes it runs, and ready after `prepare`."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import redis
import yaml

from fairgate.lib import env
from fairgate.lib.storage_url import Folder, parse
from fairgate.runtime import binaries
from fairgate.runtime.kinds import KINDS
from fairgate.testing.waiting import free_port, wait_until
from tests.deploy.rendered import DEPLOY, Manifest, compose, known_settings
from tests.deploy.test_kubernetes import ENDS_IN_S

FOLDER = DEPLOY / "compose"
ADDRESSES = ["https://tickets.example.org", "smtp://user:secret@mail.example.org:587"]


def check(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", file]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["compose.yaml", "compose.tls.yaml", "compose.prometheus.yaml"])
def test_it_follows_the_specification(name: str) -> None:
    assert check(FOLDER / name).returncode == 0


def test_the_schema_refuses_a_misspelled_key(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yaml"
    wrong.write_text((FOLDER / "compose.yaml").read_text().replace("stop_grace_period: 130s", "stop_grace: 130s"))

    assert "stop_grace" in check(wrong).stdout


def test_every_kind_runs_and_is_asked_for_its_health_on_its_port() -> None:
    for kind in KINDS:
        service = compose()["services"][kind]
        *command, listen = service["command"]
        port = listen.partition(":")[2]

        assert command == ["run", kind, "--listen"]
        assert f"'http://127.0.0.1:{port}/health/ready'" in service["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", ["compose.yaml", "compose.tls.yaml"])
def test_the_door_asks_the_services_on_their_ports(name: str) -> None:
    listens = {kind: compose()["services"][kind]["command"][-1].partition(":")[2] for kind in ("web", "stock", "gate")}
    command = yaml.safe_load((FOLDER / name).read_text())["services"]["door"]["command"]

    assert command[1:4] == [f"--server={kind}={kind}:{port}" for kind, port in listens.items()]


def test_no_setting_is_named_that_is_not_there() -> None:
    services = compose()["services"].values()
    named = {name for service in services for name in service.get("environment", {}) if name.startswith("FAIRGATE_")}

    assert named <= known_settings()


@pytest.mark.parametrize("kind", ENDS_IN_S)
def test_nobody_is_killed_before_the_work_is_done(kind: str) -> None:
    assert int(compose()["services"][kind]["stop_grace_period"].removesuffix("s")) > ENDS_IN_S[kind]


def test_ours_are_read_only_and_have_no_privileges() -> None:
    for name in (*KINDS, "door", "migrate"):
        service = compose()["services"][name]

        assert (service["read_only"], service["cap_drop"], service["user"]) == (True, ["ALL"], "10001:10001"), name


def test_pictures_lie_in_a_volume_of_those_who_need_them() -> None:
    recipe = (DEPLOY / "Containerfile").read_text()
    storage = parse(recipe.partition("FAIRGATE_STORAGE_URL=")[2].split()[0])
    services = {name: service for name, service in compose()["services"].items() if name in (*KINDS, "door")}

    assert isinstance(storage, Folder)
    volumes = [f"uploads:{storage.path}"]
    assert {name: it["volumes"] for name, it in services.items() if "volumes" in it} == {
        "web": volumes,
        "worker": volumes,
    }
    assert f"--mode=700 {storage.path}\n" in recipe
    assert "uploads" in compose()["volumes"]


def test_nothing_starts_before_the_tables_are_there() -> None:
    services = compose()["services"]

    assert [
        kind
        for kind in KINDS
        if services[kind]["depends_on"]["migrate"]["condition"] != "service_completed_successfully"
    ] == []
    assert services["migrate"]["restart"] == "no"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(FOLDER / "prepare", tmp_path)
    return tmp_path


def prepare(folder: Path, *addresses: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([folder / "prepare", *addresses], capture_output=True, text=True, check=False)


def test_what_prepare_writes_is_all_that_is_needed(folder: Path) -> None:
    assert prepare(folder, *ADDRESSES).returncode == 0

    lines = (folder / "fairgate.env").read_text().splitlines()
    written = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    for kind in KINDS:
        env.from_environment(written | compose()["services"][kind]["environment"])
    assert {name for name in written if name.startswith("FAIRGATE_")} <= known_settings()
    assert (folder / "secrets/postgres_password").read_text() == written["PGPASSWORD"]
    assert f"requirepass {_password(written)}" in (folder / "secrets/valkey.conf").read_text().splitlines()
    assert {secret["file"] for secret in compose()["secrets"].values()} == {
        "secrets/postgres_password",
        "secrets/valkey.conf",
    }


def _password(written: Manifest) -> str:
    return str(written["FAIRGATE_VALKEY_URL"]).partition("//:")[2].partition("@")[0]


def test_valkey_starts_with_what_prepare_writes(folder: Path) -> None:
    prepare(folder, *ADDRESSES)
    configuration = folder / "secrets/valkey.conf"
    text = configuration.read_text().replace("dir /data", f'dir "{folder}"')
    (folder / "valkey.conf").write_text(text)
    port = free_port()
    password = text.partition("requirepass ")[2].split()[0]

    server = subprocess.Popen(
        [binaries.valkey(os.environ), "valkey.conf", "--port", str(port), "--bind", "127.0.0.1"], cwd=folder
    )
    try:
        with closing(redis.Redis(port=port, password=password)) as known, closing(redis.Redis(port=port)) as stranger:
            wait_until(lambda: _answers(known))
            assert known.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            with pytest.raises(redis.AuthenticationError):
                stranger.ping()
    finally:
        server.terminate()
        server.wait(10)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def test_secrets_are_for_their_owner_alone(folder: Path) -> None:
    prepare(folder, *ADDRESSES)

    assert stat.S_IMODE((folder / "fairgate.env").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o700


def test_prepare_changes_nothing_that_is_there(folder: Path) -> None:
    prepare(folder, *ADDRESSES)
    before = (folder / "fairgate.env").read_text()

    again = prepare(folder, *ADDRESSES)

    assert (again.returncode, (folder / "fairgate.env").read_text()) == (2, before)
    assert "is there already" in again.stderr


def test_prepare_without_addresses_is_refused(folder: Path) -> None:
    refused = prepare(folder)

    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert [path.name for path in folder.iterdir()] == ["prepare"]
