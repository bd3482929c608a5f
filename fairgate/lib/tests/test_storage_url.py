from __future__ import annotations

from pathlib import Path

import pytest

from fairgate.lib import env
from fairgate.lib.storage_url import Bucket, Folder, parse

NEEDED = {
    "FAIRGATE_SECRET_KEY": "x" * 32,
    "FAIRGATE_DATABASE_URL": "postgresql://127.0.0.1/x",
    "FAIRGATE_VALKEY_URL": "valkey://127.0.0.1/0",
    "FAIRGATE_PUBLIC_URL": "http://localhost",
}


def test_a_folder() -> None:
    assert parse("file:///srv/my%20files") == Folder(Path("/srv/my files"))


def test_a_bucket_with_all_that_can_be_said() -> None:
    found = parse("s3://KEY:a%2Fb%2B@[::1]:9000/pictures/of/ours/?region=eu-central-1&tls=off")

    assert found == Bucket("http://[::1]:9000", "pictures", "of/ours", "eu-central-1", "KEY", "a/b+")


def test_a_bucket_with_the_least() -> None:
    found = parse("s3://s3.eu-west-1.amazonaws.com/pictures")

    assert found == Bucket("https://s3.eu-west-1.amazonaws.com", "pictures", "", "us-east-1", None, None)


def test_the_secret_is_not_shown() -> None:
    assert "hush" not in repr(parse("s3://KEY:hush@example.org/pictures"))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.org/pictures", "such as file://"),
        ("pictures", "such as file://"),
        ("file://pictures", "whole path"),
        ("file:///srv/pictures?x=1", "whole path"),
        ("file://", "whole path"),
        ("file:///a%00b", "whole path"),
        ("s3://pictures", "a server and a bucket"),
        ("s3:///pictures", "a server and a bucket"),
        ("s3://example.org:0/pictures", "a server and a bucket"),
        ("s3://example.org:x/pictures", "a server and a bucket"),
        ("s3://example.org/UPPER", "a server and a bucket"),
        ("s3://example.org/..", "a server and a bucket"),
        ("s3://example.org/pictures/../others", "empty parts or .."),
        ("s3://example.org/pictures//x", "empty parts or .."),
        ("s3://KEY@example.org/pictures", "both key and secret"),
        ("s3://:secret@example.org/pictures", "both key and secret"),
        ("s3://example.org/pictures?tls=maybe", "tls=off"),
        ("s3://example.org/pictures?zone=x", "tls=off"),
        ("s3://example.org/pictures?region=", "region"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(url: str, words: str) -> None:
    with pytest.raises(env.SettingsError, match=r"^FAIRGATE_STORAGE_URL (must|may) ") as refusal:
        env.from_environment(NEEDED | {"FAIRGATE_STORAGE_URL": url})

    assert words in str(refusal.value)


def test_without_a_word_files_lie_in_the_folder_of_the_installation() -> None:
    settings = env.from_environment(NEEDED | {"FAIRGATE_DATA_DIR": "/srv/my #1 folder"})

    assert parse(settings.storage_url) == Folder(Path("/srv/my #1 folder/uploads"))
