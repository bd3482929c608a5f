"""Who may be read from after a failover, by the addresses alone."""

from __future__ import annotations

from psycopg.conninfo import conninfo_to_dict

from fairgate.replicas.servers import spares

CLUSTER = "postgresql://fairgate:secret@a:1,b:2,c:3/fairgate?target_session_attrs=primary"


def test_the_primary_takes_the_place_of_the_one_that_takes_its_own() -> None:
    (spare,) = spares(
        CLUSTER, ["postgresql://fairgate:secret@b:2/fairgate", "postgresql://fairgate:secret@c:3/fairgate"]
    )

    assert conninfo_to_dict(spare) == {
        **{"host": "a", "port": "1", "user": "fairgate", "password": "secret", "dbname": "fairgate"},
        "target_session_attrs": "any",
    }


def test_a_port_may_stand_for_all() -> None:
    assert len(spares("postgresql://a,b/fairgate", ["postgresql://b:5432/fairgate"])) == 1


def test_where_no_replica_can_become_the_primary_nothing_changes_places() -> None:
    assert spares("postgresql://a/fairgate", ["postgresql://b/fairgate"]) == ()
    assert spares(CLUSTER, []) == ()
