"""What the chart renders, by the real helm. tests/e2e installs it in a cluster."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
import yaml

from sluice.api.chart import ChartDefaults
from sluice.core.validation import workflow_faults
from tests.chart.snapshots import CHART, ON_135

REPOSITORY = Path(__file__).parents[2]
CRDS = REPOSITORY / "crds"


def pod_of(objects):
    (deployment,) = objects["Deployment"]
    return deployment["spec"]["template"]["spec"]


def container_of(objects):
    (container,) = pod_of(objects)["containers"]
    return container


def environment_of(objects):
    return {variable["name"]: variable.get("value") for variable in container_of(objects)["env"]}


def of_operator(objects, kind):
    """Without what lets people read the chart's defaults."""
    return [each for each in objects[kind] if each["metadata"]["name"] != "sluice-defaults"]


def permissions(role):
    return {(resource, verb) for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]}


def test_chart_and_package_have_one_version():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    package = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert chart["version"] == chart["appVersion"] == package["version"]


def test_an_older_kubernetes_is_refused(helm):
    answer = helm("template", "sluice", CHART, "--kube-version", "1.28.9")
    assert "chart requires kubeVersion: >=1.29" in answer.stderr


# Permissions


@pytest.mark.parametrize("values", [{}, {"watchNamespaces": ["team-a"]}])
def test_no_role_has_a_wildcard(render, values):
    objects = render(**values)
    rules = [rule for role in objects.get("ClusterRole", []) + objects["Role"] for rule in role["rules"]]
    assert rules
    assert not [rule for rule in rules if "*" in rule["apiGroups"] + rule["resources"] + rule["verbs"]]


def test_the_operator_may_call_what_it_calls_and_nothing_else(render):
    (role,) = render(**{"userRoles.create": False})["ClusterRole"]
    expected = {
        "workflows": "get list watch",
        "workflowruns": "get list watch create delete operate",
        "pools": "get list watch",
        "backfills": "get list watch",
        "workflows/status": "patch",
        "pools/status": "patch",
        "backfills/status": "patch",
        "workflowruns/status": "patch",
        "pods": "get list watch create patch delete",
        "persistentvolumeclaims": "get list create patch delete",
        "controllerrevisions": "get list create delete",
        "pods/log": "get",
        "configmaps": "get create patch",
        "events": "create list",
    }
    assert permissions(role) == {(resource, verb) for resource, verbs in expected.items() for verb in verbs.split()}


def test_confined_to_namespaces_it_has_a_role_in_each_of_them_and_none_for_the_cluster(render):
    (everywhere,) = render(**{"userRoles.create": False})["ClusterRole"]
    objects = render(**{"watchNamespaces": ["team-a", "sluice-system"], "userRoles.create": False})
    assert not [kind for kind in objects if kind.startswith("ClusterRole")]
    lease, *roles = sorted(of_operator(objects, "Role"), key=lambda role: len(role["rules"]))
    assert [role["metadata"]["namespace"] for role in roles] == ["team-a", "sluice-system"]
    assert [role["rules"] for role in roles] == [everywhere["rules"]] * 2
    bindings = of_operator(objects, "RoleBinding")
    bound = {(each["metadata"]["namespace"], each["roleRef"]["name"]) for each in bindings}
    assert bound == {(role["metadata"]["namespace"], role["metadata"]["name"]) for role in [lease, *roles]}
    assert {each["subjects"][0]["namespace"] for each in bindings} == {"sluice-system"}
    assert environment_of(objects)["SLUICE_NAMESPACES"] == "team-a,sluice-system"


def test_only_its_own_lease_can_be_taken(render):
    objects = render()
    (role,) = of_operator(objects, "Role")
    assert role["metadata"]["namespace"] == "sluice-system"
    assert permissions(role) == {("leases", "create"), ("leases", "get"), ("leases", "update")}
    named = [rule for rule in role["rules"] if set(rule["verbs"]) & {"get", "update"}]
    assert [rule["resourceNames"] for rule in named] == [[environment_of(objects)["SLUICE_LEASE_NAME"]]]


@pytest.mark.parametrize("values", [{}, {"serviceAccount.create": False, "serviceAccount.name": "theirs"}])
def test_the_roles_are_bound_to_the_pod_s_service_account(render, values):
    objects = render(**values)
    subjects = [binding["subjects"] for binding in objects["ClusterRoleBinding"] + of_operator(objects, "RoleBinding")]
    account = {"kind": "ServiceAccount", "name": pod_of(objects)["serviceAccountName"], "namespace": "sluice-system"}
    assert subjects == [[account], [account]]
    created = [each["metadata"]["name"] for each in objects.get("ServiceAccount", [])]
    assert created == ([] if values else [account["name"]])


# The operator's pod


def test_the_pod_passes_as_restricted(render):
    """Pod Security Standards, level restricted, and a read-only root file system on top."""
    objects = render()
    assert pod_of(objects)["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container_of(objects)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("probe", ["livenessProbe", "readinessProbe"])
def test_the_probes_ask_healthz(render, probe):
    container = container_of(render())
    assert container[probe]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert {"name": "http", "containerPort": 8080} in container["ports"]


def test_the_new_pod_runs_before_the_old_one_goes(render):
    (deployment,) = render()["Deployment"]
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_the_environment_has_the_defaults(render):
    environment = environment_of(render())
    assert environment.pop("SLUICE_IDENTITY") == "$(POD_NAME)_$(POD_UID)"
    assert {name: value for name, value in environment.items() if value is not None} == {
        "SLUICE_LEASE_NAME": "sluice-operator",
        "SLUICE_ON_FIRST_SIGHT": "Run",
        "SLUICE_KEEP_PODS_SUCCEEDED": "1h",
        "SLUICE_KEEP_PODS_FAILED": "24h",
        "SLUICE_CREATES_IN_FLIGHT": "32",
        "SLUICE_TASK_DEFAULTS": '{"image":"","podTemplate":{}}',
        "SLUICE_PODS": "0",
        "SLUICE_PODS_PER_NAMESPACE": "0",
        "SLUICE_LOG_FORMAT": "json",
        "SLUICE_LOG_LEVEL": "info",
        "SLUICE_METRICS_PORT": "9090",
    }


def test_the_pod_learns_its_own_name_and_namespace(render):
    fields = {
        variable["name"]: variable["valueFrom"]["fieldRef"]["fieldPath"]
        for variable in container_of(render())["env"]
        if "valueFrom" in variable
    }
    assert fields == {
        "POD_NAME": "metadata.name",
        "POD_UID": "metadata.uid",
        "SLUICE_LEASE_NAMESPACE": "metadata.namespace",
    }


def test_the_values_reach_the_environment(render):
    environment = environment_of(
        render(
            **{
                "onFirstSight": "Adopt",
                "keepPods.succeeded": "90s",
                "keepPods.failed": "1d12h",
                "createsInFlight": 8,
                "taskDefaults": {"image": "busybox", "podTemplate": {"metadata": {"labels": {"price": "$(5)$"}}}},
                "limits": {"pods": 1000000, "podsPerNamespace": 200},
                "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
            }
        )
    )
    assert environment["SLUICE_ON_FIRST_SIGHT"] == "Adopt"
    assert environment["SLUICE_KEEP_PODS_SUCCEEDED"] == "90s"
    assert environment["SLUICE_KEEP_PODS_FAILED"] == "1d12h"
    assert environment["SLUICE_CREATES_IN_FLIGHT"] == "8"
    defaults = json.loads(environment["SLUICE_TASK_DEFAULTS"].replace("$$", "$"))  # as the kubelet does
    assert defaults == {"image": "busybox", "podTemplate": {"metadata": {"labels": {"price": "$(5)$"}}}}
    assert environment["SLUICE_PODS"] == "1000000"
    assert environment["SLUICE_PODS_PER_NAMESPACE"] == "200"
    assert environment["HTTPS_PROXY"] == "http://proxy:3128"


@pytest.mark.parametrize(
    ("watched", "namespaces"), [([], ["kube-public"]), (["team-a", "team-b"], ["team-a", "team-b"])]
)
def test_everybody_may_read_the_defaults_and_caps_and_nothing_else(render, watched, namespaces):
    defaults = {"image": "python:3.13-slim", "podTemplate": {"spec": {"nodeSelector": {"a": "{{ b }}"}}}}
    values = {"watchNamespaces": watched, "taskDefaults": defaults, "limits.pods": 1_000_000}
    objects = render(**values)
    found = objects["ConfigMap"]
    assert [(each["metadata"]["namespace"], each["metadata"]["name"]) for each in found] == [
        (namespace, "sluice-defaults") for namespace in namespaces
    ]
    told = ChartDefaults.model_validate(json.loads(found[0]["data"]["defaults.json"]))
    assert told.task_defaults.image == "python:3.13-slim"
    assert told.task_defaults.pod_template.spec == {"nodeSelector": {"a": "{{ b }}"}}
    assert (told.limits.pods, told.limits.pods_per_namespace) == (1_000_000, 0)
    roles = [each for each in objects["Role"] if each["metadata"]["name"] == "sluice-defaults"]
    assert [role["metadata"]["namespace"] for role in roles] == namespaces
    for role in roles:
        assert role["rules"] == [
            {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["sluice-defaults"], "verbs": ["get"]}
        ]
    bindings = [each for each in objects["RoleBinding"] if each["metadata"]["name"] == "sluice-defaults"]
    assert {each["subjects"][0]["name"] for each in bindings} == {"system:authenticated"}


@pytest.mark.parametrize(("tag", "image"), [("", "sluice:0.1.0"), ("dev", "sluice:dev"), ("007", "sluice:007")])
def test_the_image_s_tag_defaults_to_the_chart_s_version(render, tag, image):
    assert container_of(render(**{"image.tag": tag}))["image"] == image


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("imagePullSecrets", [{"name": "my-registry"}]),
        ("nodeSelector", {"kubernetes.io/arch": "amd64"}),
        ("tolerations", [{"key": "infra", "operator": "Exists", "effect": "NoSchedule"}]),
        ("affinity", {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}),
        ("priorityClassName", "system-cluster-critical"),
    ],
)
def test_a_placement_value_reaches_the_pod(render, name, value):
    assert name not in pod_of(render())
    assert pod_of(render(**{name: value}))[name] == value


def test_replicas_resources_and_annotations_reach_the_deployment(render):
    resources = {"requests": {"cpu": 1, "memory": "1Gi"}, "limits": {"memory": "2Gi"}}
    objects = render(replicas=0, resources=resources, podAnnotations={"team": "data"})
    (deployment,) = objects["Deployment"]
    assert deployment["spec"]["replicas"] == 0
    assert deployment["spec"]["template"]["metadata"]["annotations"] == {"team": "data"}
    assert container_of(objects)["resources"] == resources


@pytest.mark.parametrize(
    ("release", "name"),
    [
        ("sluice", "sluice-operator"),
        ("team", "team-sluice-operator"),
        ("123", "123-sluice-operator"),  # must stay a string in every label
        ("r" * 53, "r" * 53 + "-operator"),  # the longest release name that helm takes
    ],
)
def test_the_release_names_everything(render, release, name):
    objects = render(release=release)
    named = [each for kind in objects if kind != "CustomResourceDefinition" for each in of_operator(objects, kind)]
    begins = name.removesuffix("-operator")
    assert {each["metadata"]["name"] for each in named} == {
        name,
        f"{name}-lease",
        *(f"{begins}-{rest}" for rest in ("authors", "approvals", "marks", "patches", "view", "edit", "approver")),
    }
    assert {each["metadata"]["labels"]["app.kubernetes.io/instance"] for each in named} == {release}


# Objects beside the Deployment


@pytest.mark.parametrize(("replicas", "create", "made"), [(1, True, False), (2, True, True), (2, False, False)])
def test_a_disruption_budget_is_made_only_for_several(render, replicas, create, made):
    objects = render(**{"replicas": replicas, "podDisruptionBudget.create": create})
    assert ("PodDisruptionBudget" in objects) is made


def test_the_network_policy_lets_in_and_out_what_the_operator_needs(render):
    assert "NetworkPolicy" not in render()
    monitoring = [{"namespaceSelector": {"matchLabels": {"team": "monitoring"}}}]
    for given, sources in ([], {}), (monitoring, {"from": monitoring}):
        objects = render(**{"networkPolicy.create": True, "networkPolicy.ingressFrom": given})
        (policy,) = objects["NetworkPolicy"]
        (ingress,) = policy["spec"]["ingress"]
        (egress,) = policy["spec"]["egress"]
        assert ingress == {"ports": [{"port": port["name"]} for port in container_of(objects)["ports"]], **sources}
        assert egress == {"ports": [{"port": 443}, {"port": 6443}]}


@pytest.mark.parametrize("kind", ["NetworkPolicy", "PodDisruptionBudget"])
def test_they_find_the_operators_pods(render, kind):
    objects = render(**{"replicas": 2, "networkPolicy.create": True})
    (deployment,), (found,) = objects["Deployment"], objects[kind]
    selector = found["spec"].get("podSelector") or found["spec"]["selector"]
    assert selector == deployment["spec"]["selector"]


# helm test


@pytest.mark.parametrize(
    ("values", "namespace"), [({}, "sluice-system"), ({"watchNamespaces": ["team-a", "team-b"]}, "team-a")]
)
def test_the_run_of_helm_test_is_where_the_operator_sees_it(render, values, namespace):
    objects = render(hooks=True, **values)
    workflow, run, pod = (objects[kind][0] for kind in ("Workflow", "WorkflowRun", "Pod"))
    assert workflow["metadata"]["namespace"] == run["metadata"]["namespace"] == namespace
    assert run["spec"]["workflow"] == workflow["metadata"]["name"]
    (container,) = pod["spec"]["containers"]
    assert container["command"] == ["sluice", "watch", run["metadata"]["name"], "--namespace", namespace]


def test_the_workflow_of_helm_test_is_sound(render):
    (workflow,) = render(hooks=True)["Workflow"]
    assert workflow_faults(workflow) == []


def test_the_image_of_helm_test_is_the_operators_unless_another_is_named(render):
    for values, image in (({}, "sluice:0.1.0"), ({"test.image": "busybox"}, "busybox")):
        (workflow,) = render(hooks=True, **values)["Workflow"]
        assert workflow["spec"]["defaults"]["image"] == image


def test_the_pod_of_helm_test_is_not_taken_for_an_operator(render):
    (deployment,), (pod,) = render()["Deployment"], render(hooks=True)["Pod"]
    assert not deployment["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()


# The page

NAMED = {"ui.create": True, "ui.allowedHosts": ["sluice.example.org", "runs.example.org"]}


@pytest.mark.parametrize(
    ("values", "page"),
    [
        ({}, ""),
        (NAMED, ""),
        (NAMED | {"ui.ingress.create": True}, "https://sluice.example.org/"),
        (
            NAMED | {"ui.httpRoute.create": True, "ui.httpRoute.parentRefs": [{"name": "g"}]},
            "https://sluice.example.org/",
        ),
    ],
    ids=str,
)
def test_everybody_may_know_where_the_page_is_if_there_is_a_way_to_it(render, values, page):
    (found,) = render(**values)["ConfigMap"]
    assert json.loads(found["data"]["defaults.json"])["page"] == page


def test_the_ways_to_the_page_go_to_its_service_by_the_names_that_it_answers_to(render):
    routes = {"ui.ingress.create": True, "ui.httpRoute.create": True, "ui.httpRoute.parentRefs": [{"name": "g"}]}
    objects = render(**NAMED, **routes)
    (ingress,), (route,) = objects["Ingress"], objects["HTTPRoute"]
    (service,) = (each for each in objects["Service"] if each["metadata"]["name"] == "sluice-ui")
    (server,) = (each for each in objects["Deployment"] if each["metadata"]["name"] == "sluice-ui")
    arguments = server["spec"]["template"]["spec"]["containers"][0]["args"]
    hosts = [argument.removeprefix("--allowed-host=") for argument in arguments]
    assert [rule["host"] for rule in ingress["spec"]["rules"]] == ingress["spec"]["tls"][0]["hosts"] == hosts
    assert route["spec"]["hostnames"] == hosts
    (backend,) = route["spec"]["rules"][0]["backendRefs"]
    assert backend == {"name": service["metadata"]["name"], "port": service["spec"]["ports"][0]["port"]}
    assert ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] == backend["name"]


@pytest.mark.parametrize("way", ["ingress", "httpRoute"])
@pytest.mark.parametrize("without", ["ui.create=false,ui.allowedHosts={a.example.org}", "ui.create=true"])
def test_there_is_no_way_to_a_page_that_is_not_there_or_has_no_name(helm, way, without):
    answer = helm("template", "sluice", CHART, *ON_135, "--set", f"ui.{way}.create=true,{without}")
    assert f"ui.{way}.create needs ui.create, and the names of the page in ui.allowedHosts" in answer.stderr


def test_a_route_needs_a_gateway(helm):
    values = "ui.create=true,ui.allowedHosts={a.example.org},ui.httpRoute.create=true"
    answer = helm("template", "sluice", CHART, *ON_135, "--set", values)
    assert "ui.httpRoute.create needs ui.httpRoute.parentRefs" in answer.stderr


# CRDs


def test_the_crds_are_installed_as_generated_and_kept_on_uninstall(render):
    generated = {crd["metadata"]["name"]: crd["spec"] for crd in map(_load, CRDS.glob("*.yaml"))}
    assert generated
    rendered = {crd["metadata"]["name"]: crd for crd in render()["CustomResourceDefinition"]}
    assert {name: crd["spec"] for name, crd in rendered.items()} == generated
    for crd in rendered.values():
        assert crd["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


@pytest.mark.parametrize(("kube", "selectable"), [("1.29.4", False), ("1.30.0", True), ("1.35.0", True)])
def test_a_server_gets_only_fields_of_a_crd_that_it_knows(render, kube, selectable):
    for crd in render(kube=kube)["CustomResourceDefinition"]:
        (version,) = crd["spec"]["versions"]
        expected = selectable and crd["spec"]["names"]["kind"] in ("WorkflowRun", "Backfill")
        assert ("selectableFields" in version) is expected


def test_the_crds_can_be_left_to_others(render):
    assert "CustomResourceDefinition" not in render(**{"crds.install": False})


def _load(file):
    return yaml.safe_load(file.read_text())


# Values


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("watchNamespaces=team-a", "watchNamespaces"),
        ("watchNamespaces={team_a}", "watchNamespaces/0"),
        ("watchNamespaces={team-a,team-a}", "watchNamespaces"),
        ("onFirstSight=Sometimes", "onFirstSight"),
        ("keepPods.succeded=1h", "succeded"),
        ("keepPods.failed=1w", "keepPods/failed"),
        ("keepPods.failed=3600", "keepPods/failed"),
        ("createsInFlight=0", "createsInFlight"),
        ("taskDefaults.image=1", "taskDefaults/image"),
        ("taskDefaults.podTemplate.metadata.lables.a=b", "lables"),
        ("taskDefaults.podTemplate.spec.nodeSelctor.a=b", "nodeSelctor"),
        ("taskDefaults.podTemplate.spec.containers[0].image=b", "containers/0"),
        ("limits.pods=-1", "limits/pods"),
        ("limits.podsPerNamspace=1", "podsPerNamspace"),
        ("admissionPolicy.create=perhaps", "admissionPolicy/create"),
        ("userRoles.enabled=true", "enabled"),
        ("replicas=many", "replicas"),
        ("replcas=2", "replcas"),
        ("image.pullPolicy=always", "image/pullPolicy"),
        ("resources.request.cpu=1", "request"),
        ("tolerations[0].efect=NoSchedule", "efect"),
        ("extraEnv[0].value=nameless", "name"),
        ("podAnnotations.scrape=true", "podAnnotations/scrape"),
        ("crds.instal=false", "instal"),
        ("networkPolicy.enabled=true", "enabled"),
        ("networkPolicy.apiServerPorts={https}", "networkPolicy/apiServerPorts/0"),
        ("networkPolicy.ingressFrom[0].podSelectr.a=b", "podSelectr"),
        ("podDisruptionBudget.create=2", "podDisruptionBudget/create"),
        ("test.image=1", "test/image"),
        ("ui.ingress.host=a", "host"),
        ("ui.httpRoute.parentRefs[0].namespace=a", "name"),
        ("ui.allowedHosts[0]=a.example.org:8443", "allowedHosts"),
        ("ui.ingressFrom[0].podSelectr.a=b", "podSelectr"),
        ("serviceAccount.create=false", "serviceAccount/name"),  # the namespace's default account gets no rights
    ],
)
def test_a_wrong_value_is_refused_by_name(helm, wrong, named):
    answer = helm("template", "sluice", CHART, *ON_135, "--set", wrong)
    assert answer.returncode != 0
    assert "values don't meet the specifications of the schema" in answer.stderr
    assert named in answer.stderr.split("sluice:", 1)[1]


def test_the_chart_can_be_another_chart_s_dependency(render, tmp_path):
    """The schema must then allow the value `global`, which Helm adds."""
    (tmp_path / "Chart.yaml").write_text(
        "{apiVersion: v2, name: platform, version: 1.0.0, dependencies: [{name: sluice, version: 0.1.0}]}"
    )
    (tmp_path / "values.yaml").write_text("{global: {team: data}, sluice: {replicas: 2}}")
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts/sluice").symlink_to(CHART)
    (deployment,) = render(chart=tmp_path)["Deployment"]
    assert deployment["spec"]["replicas"] == 2
