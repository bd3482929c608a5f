"""Connections to the database when every kind has grown as far as it may and each of its pools is full."""

from __future__ import annotations

import math

from django.conf import settings

from fairgate.lib import env
from fairgate.runtime.connections import of_one
from tests.deploy.rendered import DEPLOY, SECRETS, Manifest, compose, environment, of_kind, overlay, pods, process


def most(environ: dict[str, str]) -> dict[str, int]:
    """Of each process, as `fairgate up` counts them."""
    return of_one(env.from_environment(environ)) | {"migrate": 1}


# An operator, monitoring, KEDA, CloudNativePG, and what PostgreSQL keeps for its superuser.
RESERVED = 20
SURGE = 0.25


def test_the_largest_cluster_fits_into_its_database() -> None:
    manifests = overlay("on-sale")
    (cluster,) = of_kind(manifests, "Cluster").values()
    (pooler,) = of_kind(manifests, "Pooler").values()
    bouncer = pooler["spec"]["pgbouncer"]["parameters"]
    through = {name for name, pod in pods(manifests).items() if _is_pooled(pod, manifests)}
    each = most(environment(process(pods(manifests)["web"]), manifests))
    direct = sum(each[name] * _pods(name, manifests) for name in each.keys() - through)
    pooled = pooler["spec"]["instances"] * int(bouncer["default_pool_size"])

    # Those that start ask for the migrations first.
    starting = (
        sum(_pods(name, manifests) - _replicas(name, manifests) for name in each.keys() - {"migrate", "beat"}) + 1
    )
    together = direct + pooled + starting + RESERVED

    assert through == {"web", "gate", "worker"}
    assert together <= int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
    assert f"**{together}**" in (DEPLOY.parent / "docs/operations/README.md").read_text()
    # Each PgBouncer alone can take all of them.
    assert sum(each[name] * _pods(name, manifests) for name in through) <= int(bouncer["max_client_conn"])


def test_statements_that_prepare_themselves_are_known_to_pgbouncer() -> None:
    (pooler,) = of_kind(overlay("on-sale"), "Pooler").values()

    assert settings.DATABASES["default"]["OPTIONS"]["prepare_threshold"] is not None
    assert pooler["spec"]["pgbouncer"]["poolMode"] == "transaction"
    assert int(pooler["spec"]["pgbouncer"]["parameters"]["max_prepared_statements"]) > 0
    # A cursor of the server's would be declared on one connection and read on another.
    assert settings.DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] is True


def test_one_server_with_containers_fits_into_its_database() -> None:
    (allowed,) = (
        int(word.partition("=")[2])
        for word in compose()["services"]["postgres"]["command"]
        if "max_connections" in word
    )

    each = most(
        SECRETS["fairgate"] | compose()["services"]["web"]["environment"] | {"FAIRGATE_PUBLIC_URL": "https://a.b"}
    )
    # As many of each kind as the door has places for would not: see docs/operations/README.md.
    assert 4 * sum(each.values()) + RESERVED <= allowed


def _pods(name: str, manifests: tuple[Manifest, ...]) -> int:
    """While it is rolled out, with those that replace others."""
    if name in ("migrate", "beat"):
        return 1
    count = _replicas(name, manifests)
    return count + math.ceil(count * SURGE)


def _replicas(name: str, manifests: tuple[Manifest, ...]) -> int:
    scalers = of_kind(manifests, "HorizontalPodAutoscaler") | of_kind(manifests, "ScaledObject")
    if name in scalers:
        scaler = scalers[name]["spec"]
        return int(scaler.get("maxReplicas") or scaler["maxReplicaCount"])
    return int(of_kind(manifests, "Deployment")[name]["spec"]["replicas"])


def test_migrations_and_who_asks_for_them_go_around_the_pooler() -> None:
    manifests = overlay("on-sale")
    asking = [it for pod in pods(manifests).values() for it in pod["spec"].get("initContainers", [])]
    asking.append(process(pods(manifests)["migrate"]))

    assert {environment(it, manifests)["FAIRGATE_DATABASE_URL"].split("/")[2] for it in asking} == {
        "fairgate-db-rw:5432"
    }


def _is_pooled(pod: Manifest, manifests: tuple[Manifest, ...]) -> bool:
    return "fairgate-db-pooler" in environment(process(pod), manifests).get("FAIRGATE_DATABASE_URL", "") and (
        pod["metadata"]["labels"]["app.kubernetes.io/component"] == "process"
    )
