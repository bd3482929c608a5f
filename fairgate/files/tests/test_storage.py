"""The same storage in a folder and in a bucket of a real S3 server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from fairgate.files.errors import StorageAway
from fairgate.files.storage import ObjectStorage
from fairgate.testing.s3 import S3Server, s3_server
from fairgate.testing.waiting import free_port


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture(params=["file", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStorage:
    if request.param == "file":
        return ObjectStorage((tmp_path / "up loads").as_uri())
    return ObjectStorage(request.getfixturevalue("server").url)


def test_what_was_written_is_read(storage: ObjectStorage) -> None:
    name = storage.save("pictures/one/400.webp", ContentFile(b"first"))

    assert (name, storage.exists(name), storage.size(name)) == ("pictures/one/400.webp", True, 5)
    with storage.open(name) as file:
        assert file.read() == b"first"


def test_the_same_name_is_written_again(storage: ObjectStorage) -> None:
    for content in (b"first", b"second, longer"):
        storage.save("again.webp", ContentFile(content))

    with storage.open("again.webp") as file:
        assert file.read() == b"second, longer"


def test_what_was_deleted_is_gone_and_may_be_deleted_again(storage: ObjectStorage) -> None:
    storage.save("gone.webp", ContentFile(b"x"))
    for _ in range(2):
        storage.delete("gone.webp")

    assert not storage.exists("gone.webp")
    with pytest.raises(FileNotFoundError):
        storage.open("gone.webp")


def test_a_check_leaves_nothing_behind(storage: ObjectStorage) -> None:
    storage.check()

    assert not storage.exists("check.txt")


def test_files_lie_below_the_prefix(server: S3Server) -> None:
    below = ObjectStorage(server.url.replace("/fairgate?", "/fairgate/riverside/2031?"))
    below.save("x.webp", ContentFile(b"x"))

    assert ObjectStorage(server.url).exists("riverside/2031/x.webp")


def test_keys_of_the_machine_do_too(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "olga")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    ObjectStorage(server.url.replace("olga:s%2Fecret@", "")).check()


@pytest.mark.parametrize("name", ["../outside", "/etc/../x", "a/../../x"])
def test_no_name_leads_outside(name: str, storage: ObjectStorage) -> None:
    with pytest.raises(Exception, match=r"traversal|parse path|absolute"):
        storage.save(name, ContentFile(b"by Mallory"))


def test_a_bucket_that_is_not_there(server: S3Server) -> None:
    with pytest.raises(StorageAway, match=r"^there is no bucket nowhere$"):
        ObjectStorage(server.url.replace("/fairgate?", "/nowhere?")).check()


def test_a_server_that_is_not_there() -> None:
    url = f"s3://olga:secret@127.0.0.1:{free_port()}/fairgate?tls=off"

    with pytest.raises(StorageAway, match="error sending request") as told:
        ObjectStorage(url).check()

    assert "\n" not in str(told.value)
    assert "secret" not in str(told.value)


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairgate.files.storage.ANSWER_S", 1)
    monkeypatch.setattr("fairgate.files.storage.ALL_TRIES_S", 1)
    with socket.create_server(("127.0.0.1", free_port())) as silent:
        url = f"s3://olga:secret@127.0.0.1:{silent.getsockname()[1]}/fairgate?tls=off"

        with pytest.raises(StorageAway):
            ObjectStorage(url).exists("x")


def test_a_server_without_tls_is_not_taken_for_one_with(server: S3Server) -> None:
    with pytest.raises(StorageAway):
        ObjectStorage(server.url.replace("&tls=off", "")).check()


def test_a_folder_that_cannot_be_made() -> None:
    with pytest.raises(StorageAway, match="/proc/fairgate"):
        ObjectStorage("file:///proc/fairgate/uploads").check()


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "uploads").touch()

    with pytest.raises(StorageAway, match="uploads"):
        ObjectStorage((tmp_path / "uploads").as_uri()).check()
