"""Where files are kept, as `FAIRGATE_STORAGE_URL` says it: a folder, or a bucket of an S3 storage."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

FOLDER = "file:///srv/fairgate/uploads"
S3 = "s3://KEY:SECRET@s3.example.org/BUCKET?region=eu-central-1"
# As S3 and all that speak like it allow.
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
REGION = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True)
class Folder:
    path: Path


@dataclass(frozen=True)
class Bucket:
    endpoint: str
    name: str
    # Within the bucket; empty for all of it.
    prefix: str
    region: str
    # Without them, the machine's own: AWS_ACCESS_KEY_ID and its like, or the role of an instance or a pod.
    key: str | None
    secret: str | None = field(repr=False)

    @property
    def is_plain(self) -> bool:
        return self.endpoint.startswith("http://")


def parse(url: str) -> Folder | Bucket:
    """Raises ValueError with what the URL must be."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return _folder(parts)
    if parts.scheme == "s3":
        return _bucket(parts)
    raise ValueError(f"must be a URL such as {FOLDER} or {S3}")


def _folder(parts: SplitResult) -> Folder:
    path = Path(unquote(parts.path))
    if parts.netloc or parts.query or parts.fragment or not path.is_absolute() or "\0" in str(path):
        raise ValueError(f"must name a folder by its whole path, such as {FOLDER}")
    return Folder(path)


def _bucket(parts: SplitResult) -> Bucket:
    name, _, prefix = unquote(parts.path).strip("/").partition("/")
    host = parts.netloc.rpartition("@")[2]
    if not host or not _has_good_port(parts) or not BUCKET.fullmatch(name) or parts.fragment:
        raise ValueError(f"must name a server and a bucket, such as {S3}")
    if ".." in prefix.split("/") or "" in prefix.split("/")[:-1]:
        raise ValueError("must not have empty parts or .. after its bucket")
    key, secret = _credentials(parts)
    region, has_tls = _options(parts)
    return Bucket(f"{'https' if has_tls else 'http'}://{host}", name, prefix, region, key, secret)


def _has_good_port(parts: SplitResult) -> bool:
    try:
        return parts.hostname is not None and parts.port != 0
    except ValueError:
        return False


def _credentials(parts: SplitResult) -> tuple[str | None, str | None]:
    if parts.username is None and parts.password is None:
        return None, None
    if not parts.username or not parts.password:
        raise ValueError(f"must have both key and secret, a slash in them written as %2F: {S3}")
    return unquote(parts.username), unquote(parts.password)


def _options(parts: SplitResult) -> tuple[str, bool]:
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    region, tls = asked.pop("region", "us-east-1"), asked.pop("tls", "on")
    if asked or tls not in ("on", "off") or not REGION.fullmatch(region):
        raise ValueError("may end in ?region=NAME and &tls=off, and in nothing else")
    return region, tls == "on"
