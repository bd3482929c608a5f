"""An S3 server of a test's own, which it may kill; and pictures to put there."""

from __future__ import annotations

import io
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import override_settings
from PIL import Image

from fairgate.testing.waiting import free_port, wait_until

BUCKET = "fairgate"


@dataclass
class S3Server:
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"s3://olga:s%2Fecret@127.0.0.1:{self.port}/{BUCKET}?region=eu-central-1&tls=off"

    def start(self) -> None:
        program = Path(sys.executable).with_name("moto_server")
        command: list[str | Path] = [program, "-H", "127.0.0.1", "-p", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        wait_until(self._has_bucket)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _has_bucket(self) -> bool:
        wish = urllib.request.Request(f"http://127.0.0.1:{self.port}/{BUCKET}", method="PUT")
        with suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(wish, timeout=5):  # noqa: S310
            return True
        return False


@contextmanager
def s3_server() -> Iterator[S3Server]:
    server = S3Server()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def storage_at(url: str) -> Iterator[None]:
    """Django keeps its files there."""
    ours = {"BACKEND": "fairgate.files.storage.ObjectStorage", "OPTIONS": {"url": url}}
    with override_settings(STORAGES={**settings.STORAGES, "default": ours}):
        yield


def drawn(width: int = 1000, height: int = 600, kind: str = "JPEG", color: str = "#804020", **options: Any) -> bytes:
    """A picture whose left half is white, so that it can be told how it lies."""
    picture = Image.new("RGB", (width, height), color)
    picture.paste("white", (0, 0, width // 2, height))
    output = io.BytesIO()
    picture.save(output, kind, **options)
    return output.getvalue()
