"""The addresses of styles and scripts. They carry the content's digest, so that browsers may keep them for ever."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("fairgate.ui", "fairgate.shop", "fairgate.console", "fairgate.services.gate", "django_htmx")


class MissingAsset(LookupError):
    """A template names a file that no package brings."""


@cache
def static(name: str) -> str:
    digest = sha256(find(name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def find(name: str) -> Path:
    for package in PACKAGES:
        for folder in _folders(package):
            path = folder / "static" / name
            if path.is_file():
                return path
    raise MissingAsset(name)


@cache
def _folders(package: str) -> tuple[Path, ...]:
    spec = find_spec(package)
    return tuple(Path(folder) for folder in (spec and spec.submodule_search_locations) or ())


def is_versioned(_path: str, url: str) -> bool:
    """Whether we address a file by its content alone, so that it may be kept for ever. The admin's own is not."""
    return url.startswith(tuple(f"/static/{name}/" for name in ("ui", "shop", "console", "gate", "django_htmx")))
