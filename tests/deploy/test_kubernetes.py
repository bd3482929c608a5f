"""Both overlays, rendered as `kubectl apply --kustomize` does: valid, whole, and true to the processes they run."""

from __future__ import annotations

import copy

import kubernetes_validate
import pytest

from fairgate.core import celery
from fairgate.lib import env
from fairgate.lib.storage_url import Bucket, parse
from fairgate.runtime.door.servers import SLOTS
from fairgate.runtime.kinds import KINDS
from tests.deploy import rendered
from tests.deploy.rendered import Manifest, containers, environment, known_settings, of_kind, overlay, pods, process

OLDEST, NEWEST = "1.34", "1.37"
# No schema of these is in the validator; they were read by eye, see docs/operations/README.md.
READ_BY_EYE = {
    "small": {"Cluster", "Pooler"},
    "on-sale": {"Cluster", "Pooler", "ScaledObject", "TriggerAuthentication"},
}
# What granian gives to what is being answered; the longest task; the longest statement of the relay; celery's beat.
ENDS_IN_S = {"web": 8, "stock": 8, "gate": 8, "worker": celery.app.conf.task_time_limit, "relay": 30, "beat": 5}


@pytest.fixture(params=rendered.OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> tuple[Manifest, ...]:
    return overlay(request.param)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("name", rendered.OVERLAYS)
def test_every_resource_is_valid_but_those_nobody_can_check(name: str, version: str) -> None:
    unchecked = set()
    for manifest in overlay(name):
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except kubernetes_validate.SchemaNotFoundError:
            unchecked.add(manifest["kind"])

    assert unchecked == READ_BY_EYE[name]


def test_the_validator_refuses_a_misspelled_field() -> None:
    deployment = copy.deepcopy(of_kind(overlay("small"), "Deployment")["web"])
    deployment["spec"]["template"]["spec"]["terminationGracePeriod"] = 30

    with pytest.raises(kubernetes_validate.ValidationError, match="terminationGracePeriod"):
        kubernetes_validate.validate(deployment, OLDEST, strict=True)


def test_there_is_a_deployment_of_every_kind_of_process(manifests: tuple[Manifest, ...]) -> None:
    assert set(of_kind(manifests, "Deployment")) == {*KINDS, "door"}


def test_each_process_runs_its_kind_on_the_port_that_is_named(manifests: tuple[Manifest, ...]) -> None:
    for kind in KINDS:
        container = process(of_kind(manifests, "Deployment")[kind]["spec"]["template"])
        (port,) = container["ports"]
        listen = f"0.0.0.0:{port['containerPort']}"

        assert (container["args"], port["name"]) == (["run", kind, "--listen", listen], "http")


def test_all_are_asked_for_their_health_where_they_answer(manifests: tuple[Manifest, ...]) -> None:
    for kind, deployment in of_kind(manifests, "Deployment").items():
        container = process(deployment["spec"]["template"])
        asked = {name: container[name]["httpGet"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}
        ready = {"path": "/health/ready", "port": "http"}
        live = {"path": "/health/live", "port": "http"}

        assert asked == {
            "startupProbe": ready,
            "readinessProbe": live if kind == "door" else ready,
            "livenessProbe": live,
        }


def test_the_environment_of_each_process_is_one_it_accepts(manifests: tuple[Manifest, ...]) -> None:
    for name, pod in pods(manifests).items():
        if name in (*KINDS, "migrate"):
            for container in containers(pod):
                env.from_environment(environment(container, manifests))


def test_no_setting_is_named_that_is_not_there(manifests: tuple[Manifest, ...]) -> None:
    named = {name for pod in pods(manifests).values() for it in containers(pod) for name in environment(it, manifests)}

    assert {name for name in named if name.startswith("FAIRGATE_")} <= known_settings()


def test_the_door_knows_no_secret(manifests: tuple[Manifest, ...]) -> None:
    names = environment(process(pods(manifests)["door"]), manifests).keys()

    assert names & {*rendered.SECRETS["fairgate"], "PGPASSWORD"} == set()


def test_pictures_lie_where_every_pod_that_needs_them_reaches_them(manifests: tuple[Manifest, ...]) -> None:
    settings = environment(process(pods(manifests)["web"]), manifests)
    policy = of_kind(manifests, "NetworkPolicy")["storage"]["spec"]
    selected = policy["podSelector"]["matchExpressions"][0]

    storage = parse(settings["FAIRGATE_STORAGE_URL"])
    assert isinstance(storage, Bucket)
    assert (storage.is_plain, storage.secret) == (False, None)
    assert settings.keys() >= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert (selected["values"], policy["egress"]) == (["web", "worker"], [{"ports": [{"port": 443}]}])


def test_the_door_asks_the_services_by_their_names_and_ports(manifests: tuple[Manifest, ...]) -> None:
    services = of_kind(manifests, "Service")
    namespace = "$(NAMESPACE).svc.cluster.local"
    expected = [
        f"--server={kind}={kind}.{namespace}:{services[kind]['spec']['ports'][0]['port']}"
        for kind in ("web", "stock", "gate")
    ]

    assert process(pods(manifests)["door"])["args"][1:4] == expected
    for kind in ("web", "stock", "gate"):
        # Without an address of its own the name stands for the pods, and the port is theirs.
        (port,) = process(pods(manifests)[kind])["ports"]
        assert services[kind]["spec"]["clusterIP"] == "None"
        assert services[kind]["spec"]["ports"][0]["port"] == port["containerPort"]


def test_nobody_is_killed_before_the_work_is_done(manifests: tuple[Manifest, ...]) -> None:
    for kind, seconds in ENDS_IN_S.items():
        pod = pods(manifests)[kind]["spec"]
        pause = process({"spec": pod}).get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)

        assert pod["terminationGracePeriodSeconds"] > pause + seconds, kind


def test_no_pod_may_do_more_than_it_must(manifests: tuple[Manifest, ...]) -> None:
    for name, pod in pods(manifests).items():
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert spec["automountServiceAccountToken"] is False, name
        for container in containers(pod):
            assert container["securityContext"] == {
                "readOnlyRootFilesystem": True,
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert container["resources"].keys() == {"requests", "limits"}, name


def test_every_secret_that_is_named_is_one_the_documentation_names(manifests: tuple[Manifest, ...]) -> None:
    page = (rendered.DEPLOY.parent / "docs/operations/README.md").read_text()
    named = {
        volume["secret"]["secretName"]
        for pod in pods(manifests).values()
        for volume in pod["spec"].get("volumes", [])
        if "secret" in volume
    }
    named |= {tls["secretName"] for it in of_kind(manifests, "Ingress").values() for tls in it["spec"]["tls"]}

    assert named <= rendered.SECRETS.keys()
    assert {name for name in rendered.SECRETS if f"`{name}`" not in page} == set()


def test_whatever_selects_pods_selects_some(manifests: tuple[Manifest, ...]) -> None:
    labels = [pod["metadata"]["labels"] for pod in pods(manifests).values()]
    # Pods have these labels from those who make them.
    labels += [{"cnpg.io/cluster": "fairgate-db"}, {"cnpg.io/poolerName": "fairgate-db-pooler"}]
    labels += [label | {"apps.kubernetes.io/pod-index": "0"} for label in labels]
    selectors = [it["spec"]["selector"] for it in of_kind(manifests, "Service").values()]
    selectors += [it["spec"]["selector"]["matchLabels"] for it in of_kind(manifests, "PodDisruptionBudget").values()]
    selectors += [
        it["spec"]["podSelector"]["matchLabels"]
        for it in of_kind(manifests, "NetworkPolicy").values()
        if "matchLabels" in it["spec"]["podSelector"]
    ]

    assert [one for one in selectors if not any(one.items() <= label.items() for label in labels)] == []


def test_every_process_of_which_there_may_be_two_can_lose_one(manifests: tuple[Manifest, ...]) -> None:
    assert set(of_kind(manifests, "PodDisruptionBudget")) == {"door", "valkey", *KINDS} - {"beat"}


def test_what_grows_has_a_place_behind_the_door(manifests: tuple[Manifest, ...]) -> None:
    scalers = of_kind(manifests, "HorizontalPodAutoscaler")

    assert set(scalers) == {"door", "web", "stock", "gate"}
    for name, scaler in scalers.items():
        assert scaler["spec"]["scaleTargetRef"]["name"] == name
        assert 1 < scaler["spec"]["minReplicas"] <= scaler["spec"]["maxReplicas"] <= SLOTS
        # A number in the deployment would undo what was scaled, at each apply.
        assert "replicas" not in of_kind(manifests, "Deployment")[name]["spec"]


def test_workers_follow_the_queue_when_everyone_comes() -> None:
    manifests = overlay("on-sale")

    (scaled,) = of_kind(manifests, "ScaledObject").values()
    assert scaled["spec"]["scaleTargetRef"]["name"] == "worker"
    assert "replicas" not in of_kind(manifests, "Deployment")["worker"]["spec"]


def test_the_public_address_is_the_one_of_the_ingress(manifests: tuple[Manifest, ...]) -> None:
    (ingress,) = of_kind(manifests, "Ingress").values()
    (rule,) = ingress["spec"]["rules"]
    settings = environment(process(pods(manifests)["web"]), manifests)

    assert settings["FAIRGATE_PUBLIC_URL"] == f"https://{rule['host']}"
    assert rule["http"]["paths"][0]["backend"]["service"]["name"] in of_kind(manifests, "Service")


def test_what_was_answered_is_on_two_database_servers(manifests: tuple[Manifest, ...]) -> None:
    (cluster,) = of_kind(manifests, "Cluster").values()
    synchronous = cluster["spec"]["postgresql"]["synchronous"]

    assert (synchronous["number"], synchronous["dataDurability"], synchronous["failoverQuorum"]) == (
        1,
        "required",
        True,
    )
    assert cluster["spec"]["instances"] == 3
