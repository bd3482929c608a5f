"""The settings, read from the environment once, typed, failing loudly."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from fairgate.lib import database_url, machine, otel, storage_url

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
CACHES = ("valkey", "redis", "rediss", "memcached", "local", "off")
KEY_LENGTH = 32
MOST_AT_A_TIME = 64


class SettingsError(Exception):
    """A setting that cannot be used; the message is one sentence for the operator."""


@dataclass(frozen=True)
class Settings:
    secret_key: str
    database_url: str
    replica_urls: tuple[str, ...]
    valkey_url: str
    cache_url: str
    broker_url: str
    email_url: str
    storage_url: str
    public_url: str
    trusted_proxies: tuple[Network, ...]
    log_level: str
    slow_ms: int
    traced_share: float
    data_dir: Path
    web_workers: int
    web_threads: int
    gate_threads: int
    worker_children: int

    @property
    def is_secure(self) -> bool:
        """Whether people reach the door by HTTPS: decides cookie prefixes, Secure and HSTS."""
        return self.public_url.startswith("https://")

    @property
    def public_host(self) -> str:
        return urlsplit(self.public_url).hostname or ""


@cache
def settings() -> Settings:
    """This process's settings."""
    return from_environment(os.environ)


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Read every FAIRGATE_… name. Raises SettingsError naming the one that is missing or wrong."""
    data_dir = Path(environ.get("FAIRGATE_DATA_DIR", "var")).absolute()
    valkey_url = _url(environ, "FAIRGATE_VALKEY_URL", ("valkey", "redis", "rediss"))
    return Settings(
        secret_key=_secret_key(environ),
        database_url=_database_url(environ, "FAIRGATE_DATABASE_URL"),
        replica_urls=_replica_urls(environ, "FAIRGATE_REPLICA_URLS"),
        valkey_url=valkey_url,
        cache_url=_cache_url(environ, default=valkey_url),
        broker_url=environ.get("FAIRGATE_BROKER_URL") or valkey_url.replace("valkey://", "redis://", 1),
        email_url=_url(environ, "FAIRGATE_EMAIL_URL", ("file", "smtp", "smtps"), default=f"file://{data_dir / 'mail'}"),
        storage_url=_storage_url(environ, default=(data_dir / "uploads").as_uri()),
        public_url=_url(environ, "FAIRGATE_PUBLIC_URL", ("http", "https")).rstrip("/"),
        trusted_proxies=_networks(environ, "FAIRGATE_TRUSTED_PROXIES"),
        log_level=_choice(environ, "FAIRGATE_LOG_LEVEL", LOG_LEVELS, default="INFO"),
        slow_ms=_number(environ, "FAIRGATE_SLOW_MS", 500, most=60_000),
        traced_share=_traced_share(environ),
        data_dir=data_dir,
        web_workers=_number(environ, "FAIRGATE_WEB_WORKERS", machine.workers(machine.cores(), machine.memory_mb())),
        web_threads=_number(environ, "FAIRGATE_WEB_THREADS", machine.THREADS),
        gate_threads=_number(environ, "FAIRGATE_GATE_THREADS", machine.THREADS),
        worker_children=_number(
            environ, "FAIRGATE_WORKER_CHILDREN", machine.workers(machine.cores(), machine.memory_mb())
        ),
    )


def _secret_key(environ: Mapping[str, str]) -> str:
    key = _required(environ, "FAIRGATE_SECRET_KEY")
    if len(key) < KEY_LENGTH:
        raise SettingsError(f"FAIRGATE_SECRET_KEY must have at least {KEY_LENGTH} characters.")
    return key


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set; `fairgate up` sets it, `fairgate run` needs it in the environment.")
    return value


def _url(environ: Mapping[str, str], name: str, schemes: tuple[str, ...], default: str | None = None) -> str:
    value = environ.get(name, "") or (_required(environ, name) if default is None else default)
    if value.partition("://")[0].lower() not in schemes:
        raise SettingsError(f"{name} must be a URL starting with {' or '.join(s + '://' for s in schemes)}.")
    return value


def _database_url(environ: Mapping[str, str], name: str) -> str:
    """May name several servers, as libpq allows, HOST:PORT,HOST:PORT; then it must mean the one that writes."""
    url = _url(environ, name, ("postgresql", "postgres"))
    parts = database_url.parse(url)
    if not all(port == "" or (port.isascii() and port.isdigit() and 0 < int(port) < 65536) for port in parts.ports):
        raise SettingsError(f"{name} must name its ports as numbers from 1 to 65535.")
    if len(parts.ports) > 1 and parts.option("target_session_attrs") not in ("primary", "read-write"):
        raise SettingsError(
            f"{name} names several servers, so it must end in ?target_session_attrs=primary: whichever takes writes."
        )
    return url


def _replica_urls(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Comma-separated; each is one server."""
    urls = tuple(url.strip() for url in environ.get(name, "").split(",") if url.strip())
    for url in urls:
        parts = database_url.parse(url)
        if parts.scheme not in ("postgresql", "postgres") or not parts.hosts:
            raise SettingsError(f"{name} must list URLs starting with postgresql://, separated by commas.")
    return urls


def _cache_url(environ: Mapping[str, str], default: str) -> str:
    url = _url(environ, "FAIRGATE_CACHE_URL", CACHES, default=default)
    try:
        parts = urlsplit(url)
        is_whole = parts.port != 0 and (parts.scheme != "memcached" or parts.hostname is not None)
    except ValueError:
        is_whole = False
    if not is_whole:
        raise SettingsError("FAIRGATE_CACHE_URL must name one server, such as memcached://127.0.0.1:11211.")
    return url


def _storage_url(environ: Mapping[str, str], default: str) -> str:
    url = environ.get("FAIRGATE_STORAGE_URL") or default
    try:
        storage_url.parse(url)
    except ValueError as error:
        raise SettingsError(f"FAIRGATE_STORAGE_URL {error}.") from None
    return url


def _traced_share(environ: Mapping[str, str]) -> float:
    try:
        return otel.share(environ)
    except ValueError as error:
        raise SettingsError(str(error)) from None


def _networks(environ: Mapping[str, str], name: str) -> tuple[Network, ...]:
    words = environ.get(name, "").replace(",", " ").split()
    try:
        return tuple(ipaddress.ip_network(word) for word in words)
    except ValueError as error:
        raise SettingsError(f"{name} must list addresses or networks, such as 10.0.0.0/8: {error}.") from error


def _number(environ: Mapping[str, str], name: str, default: int, most: int = MOST_AT_A_TIME) -> int:
    value = environ.get(name, "") or str(default)
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= most):
        raise SettingsError(f"{name} must be a number from 1 to {most}.")
    return int(value)


def _choice(environ: Mapping[str, str], name: str, choices: tuple[str, ...], default: str) -> str:
    value = environ.get(name, default).upper()
    if value not in choices:
        raise SettingsError(f"{name} must be one of {', '.join(choices)}.")
    return value
