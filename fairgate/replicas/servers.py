"""Which servers may be read from once roles have changed. No Django."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.conninfo import conninfo_to_dict, make_conninfo

DEFAULT_PORT = "5432"
ANY_ROLE = {"target_session_attrs": "any"}
Place = tuple[str, str]


def spares(database_url: str, replica_urls: Sequence[str]) -> tuple[str, ...]:
    """The servers of the database's URL that are no replica now and may be one when a replica has become the primary.

    None where no replica is named there: then none of them can take the primary's place.
    """
    replicas = {place for url in replica_urls for place in _places(url)}
    places = _places(database_url)
    if not replicas.intersection(places):
        return ()
    shared = conninfo_to_dict(database_url)
    return tuple(
        make_conninfo(**{**shared, **ANY_ROLE, "host": host, "port": port})
        for host, port in places
        if (host, port) not in replicas
    )


def _places(url: str) -> list[Place]:
    """As libpq reads a list: one port may stand for all."""
    parts = conninfo_to_dict(url)
    hosts = str(parts.get("host", "")).split(",")
    ports = str(parts.get("port", "")).split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    return [(host, port or DEFAULT_PORT) for host, port in zip(hosts, ports, strict=False)]
