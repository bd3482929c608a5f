"""Django's storage over a folder or a bucket, whichever `FAIRGATE_STORAGE_URL` names.

What is written is there whole or not at all, in a folder as in a bucket. Names are ours and say the content, so what is
there already is written again rather than renamed. A storage that hangs is given up after some seconds.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import IO, TYPE_CHECKING

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage

from fairgate.files.errors import StorageAway
from fairgate.lib.storage_url import Bucket, Folder, parse

if TYPE_CHECKING:
    from obstore.store import LocalStore, S3Config, S3Store

CONNECT_S, ANSWER_S, ALL_TRIES_S = 2, 4, 6
# A message of the library's continues with what it looks like inside.
INSIDE = re.compile(r"\s*\n\s*Debug source:.*", re.DOTALL)
BODY = re.compile(r"<\?xml.*|<Error>.*", re.DOTALL)


class ObjectStorage(Storage):
    def __init__(self, url: str) -> None:
        self.place = parse(url)
        self._lock = threading.Lock()
        self._made: LocalStore | S3Store | None = None

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def exists(self, name: str) -> bool:
        with self._asked() as store:
            try:
                store.head(name)
            except FileNotFoundError:
                return False
        return True

    def delete(self, name: str) -> None:
        with self._asked() as store, contextlib.suppress(FileNotFoundError):
            store.delete(name)

    def size(self, name: str) -> int:
        with self._asked() as store:
            return store.head(name)["size"]

    def check(self) -> None:
        """Raises StorageAway unless a file can be written, read and deleted."""
        name = "check.txt"
        self.save(name, ContentFile(b"Fairgate can write here."))
        with self._asked() as store:
            store.get(name).bytes()
        self.delete(name)

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        """Raises FileNotFoundError."""
        with self._asked() as store:
            return ContentFile(bytes(store.get(name).bytes()), name)

    def _save(self, name: str, content: IO[bytes]) -> str:
        with self._asked() as store:
            try:
                store.put(name, content.read())
            except FileNotFoundError as error:
                raise StorageAway(f"there is no {_place(self.place)}") from error
        return name

    @contextlib.contextmanager
    def _asked(self) -> Iterator[LocalStore | S3Store]:
        from obstore.exceptions import BaseError  # its library and threads are for processes that keep files

        try:
            yield self._store()
        except (FileNotFoundError, StorageAway):
            raise
        except (BaseError, OSError) as error:
            raise StorageAway(_reason(error)) from error

    def _store(self) -> LocalStore | S3Store:
        """Made at the first use: its threads would not survive a fork."""
        with self._lock:
            if self._made is None:
                self._made = _of_bucket(self.place) if isinstance(self.place, Bucket) else _of_folder(self.place)
            return self._made


def _of_folder(folder: Folder) -> LocalStore:
    from obstore.store import LocalStore

    try:
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return LocalStore(folder.path)
    except FileNotFoundError as error:
        raise StorageAway(f"cannot make {folder.path}") from error


def _of_bucket(bucket: Bucket) -> S3Store:
    from obstore.store import S3Store

    return S3Store(
        bucket.name,
        prefix=bucket.prefix or None,
        endpoint=bucket.endpoint,
        region=bucket.region,
        virtual_hosted_style_request=False,
        client_options={
            "allow_http": bucket.is_plain,
            "connect_timeout": f"{CONNECT_S}s",
            "timeout": f"{ANSWER_S}s",
        },
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=ALL_TRIES_S)},
        config=_keys(bucket),
    )


def _keys(bucket: Bucket) -> S3Config:
    """Empty for those of the machine."""
    if bucket.key is None or bucket.secret is None:
        return {}
    return {"access_key_id": bucket.key, "secret_access_key": bucket.secret}


def _place(place: Folder | Bucket) -> str:
    return f"bucket {place.name}" if isinstance(place, Bucket) else f"folder {place.path}"


def _reason(error: Exception) -> str:
    """In one line, without the answer's body, which repeats what was sent."""
    text = BODY.sub("", INSIDE.sub("", str(error)))
    return " ".join(text.split()).rstrip(" :.") or type(error).__name__
