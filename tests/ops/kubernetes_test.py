"""ops/kubernetes: what kustomize makes of it is valid, its parts fit each other and the shop, and the
shop runs with the Deployment's arguments, twice on one PostgreSQL.

usage: kubernetes_test.py PATH-OF-eventcore-shop PATH-OF-eventcore [PATH-OF-kubectl]
Needs EVENTCORE_TEST_POSTGRES.

No cluster runs here. The schemas are of Kubernetes itself: see kubernetes_schema.json. Debian's
kubectl is too old for folders among the resources; a newer one has to make the same of them.
"""

import copy
import fnmatch
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema
import yaml

from deployment import PROBES, TOKENS, get, option_findings, running, stop_seconds
from kit import OPS, ROOT, fail_if, rules, run
from postgres_server import PostgresServer

SHOP, EVENTCORE, *KUBECTL = sys.argv[1:]
FOLDER = OPS / "kubernetes"
SCHEMA = json.loads((ROOT / "tests" / "ops" / "kubernetes_schema.json").read_text())
GUIDE = (ROOT / "docs" / "guide" / "deployment.md").read_text()


def kubectl_is_new():
    if not KUBECTL or "NOTFOUND" in KUBECTL[0]:
        return False
    text = subprocess.run([KUBECTL[0], "version", "--client"], capture_output=True, text=True,
                          check=False).stdout
    version = re.search(r"v1\.(\d+)\.", text)
    return version is not None and int(version[1]) >= 21


def kustomized(folder):
    """Returns what kustomize makes of a folder, of what ours use of it."""
    given = yaml.safe_load((folder / "kustomization.yaml").read_text())
    assert set(given) <= {"apiVersion", "kind", "namespace", "resources", "images"}, given
    resources = []
    for name in given["resources"]:
        path = folder / name
        resources += kustomized(path) if path.is_dir() else \
            list(yaml.safe_load_all(path.read_text()))
    for resource in resources:
        if "namespace" in given and resource["kind"] != "Namespace":
            resource["metadata"]["namespace"] = given["namespace"]
        if resource["kind"] == "Deployment":
            for container in resource["spec"]["template"]["spec"]["containers"]:
                (image,) = [each for each in given["images"] if each["name"] == container["image"]]
                container["image"] = f"{image['newName']}:{image['newTag']}"
    return resources


def schema_findings(resource):
    definition = SCHEMA["kinds"].get(resource["kind"])
    if definition is None:
        yield f"{resource['kind']}: there is no schema for it"
        return
    part = {"$ref": f"#/definitions/{definition}", "definitions": SCHEMA["definitions"]}
    for error in jsonschema.Draft7Validator(part).iter_errors(resource):
        yield f"{resource['kind']}: {'/'.join(map(str, error.absolute_path))}: {error.message}"


def by_kind(resources):
    resources = list(resources)
    found = {resource["kind"]: resource for resource in resources}
    assert len(found) == len(resources), "two resources of one kind"
    return found



def security_findings(pod, container):
    """What the level `restricted` of Kubernetes' Pod Security Standards asks for, and more."""
    all_of = pod["securityContext"]
    one = container["securityContext"]
    for holds, what in (
            (all_of.get("runAsNonRoot"), "may be root"),
            (all_of.get("runAsUser", 0) > 0, "is root"),
            (all_of.get("seccompProfile") == {"type": "RuntimeDefault"}, "makes any system call"),
            (one.get("allowPrivilegeEscalation") is False, "may get more rights"),
            (one.get("capabilities") == {"drop": ["ALL"]}, "has capabilities"),
            (one.get("readOnlyRootFilesystem"), "may write to its image"),
            (pod.get("automountServiceAccountToken") is False, "has a token of the cluster"),
            ({"cpu", "memory"} <= set(container["resources"]["requests"]), "asks for no resources"),
            ("memory" in container["resources"]["limits"], "may use all memory")):
        if not holds:
            yield f"Deployment: a container {what}"


def probe_findings(container, ports):
    for kind, path in (("startupProbe", "/health/startup"), ("readinessProbe", "/health/ready"),
                       ("livenessProbe", "/health/live")):
        asked = container.get(kind, {}).get("httpGet", {})
        if asked.get("path") != path or asked["path"] not in PROBES:
            yield f"Deployment: {kind} asks for {asked.get('path')}"
        if ports.get(asked.get("port")) != 9464:
            yield f"Deployment: {kind} goes to another port than health checks"


def argument_findings(container, ports):
    arguments = container["args"]
    yield from option_findings("Deployment", SHOP, arguments)
    listening = dict(argument.partition("=")[::2] for argument in arguments[1:])
    for option, name in (("--listen", "http"), ("--metrics-listen", "metrics")):
        if listening.get(option) != f"0.0.0.0:{ports.get(name)}":
            yield f"Deployment: {option} is not the port {name}"
    mounted = [mount["mountPath"] for mount in container["volumeMounts"]]
    for place in [value for value in listening.values() if value.startswith("/")] + \
            [variable["value"] for variable in container["env"]]:
        if not any(place.startswith(folder + "/") for folder in mounted):
            yield f"Deployment: nothing is mounted at {place}"


def selector_findings(found):
    labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
    pods = {"Deployment": found["Deployment"]["spec"]["selector"]["matchLabels"],
            "Service": found["Service"]["spec"]["selector"],
            "PodDisruptionBudget": found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
            "NetworkPolicy": found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"]}
    spread = found["Deployment"]["spec"]["template"]["spec"]["topologySpreadConstraints"]
    pods |= {"topologySpreadConstraints": spread[0]["labelSelector"]["matchLabels"]}
    for kind, selected in pods.items():
        if not selected or not selected.items() <= labels.items():
            yield f"{kind}: selects no pod of the Deployment"
    services = found["ServiceMonitor"]["spec"]["selector"]["matchLabels"]
    if not services.items() <= found["Service"]["metadata"]["labels"].items():
        yield "ServiceMonitor: selects no Service"


def port_findings(found, ports):
    service = {port["name"]: port["targetPort"] for port in found["Service"]["spec"]["ports"]}
    for name, target in service.items():
        if target not in ports:
            yield f"Service: the port {name} leads to no port of the container"
    for endpoint in found["ServiceMonitor"]["spec"]["endpoints"]:
        if service.get(endpoint["port"]) != "metrics":
            yield f"ServiceMonitor: {endpoint['port']} of the Service is not the metrics"
    for rule in found["NetworkPolicy"]["spec"]["ingress"]:
        for port in rule["ports"]:
            if port["port"] not in ports:
                yield f"NetworkPolicy: no port {port['port']}"


def monitoring_findings(found):
    prometheus = yaml.safe_load((OPS / "prometheus" / "prometheus.yml").read_text())
    (job,) = prometheus["scrape_configs"]
    (endpoint,) = found["ServiceMonitor"]["spec"]["endpoints"]
    if {"targetLabel": "job", "replacement": job["job_name"]} not in endpoint["relabelings"]:
        yield f"ServiceMonitor: the job is not {job['job_name']}"
    if endpoint["interval"] != prometheus["global"]["scrape_interval"]:
        yield "ServiceMonitor: another interval than prometheus.yml"
    given = [rule for group in found["PrometheusRule"]["spec"]["groups"] for rule in group["rules"]]
    if given != rules():
        yield "PrometheusRule: other rules than prometheus-alerts.yaml"
    config = found["ConfigMap"]
    if config["metadata"]["name"] != "fluentd-config":
        yield "ConfigMap: the log pipeline has another name"
    pattern = re.search(r"path /var/log/containers/(\S+)", config["data"]["fluent.conf"])[1]
    name = found["Deployment"]["metadata"]["name"]
    if not fnmatch.fnmatch(f"{name}-7d4b9c-x2x5z_eventcore_shop-0123abcd.log", pattern):
        yield f"ConfigMap: {pattern} is no log of the Deployment"


def secret_findings(found):
    """The guide says how the secret is made: with everything that is read of it."""
    pod = found["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    name = next(volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume)
    made = re.search(rf"kubectl .*create secret generic {name} (.*?)\n *```", GUIDE, re.S)
    keys = set(re.findall(r"--from-file=([\w.-]+)", made[1])) if made else set()
    texts = [*container["args"], *(variable["value"] for variable in container["env"])]
    read = {match for text in texts for match in re.findall(r"/run/secrets/eventcore/(.+)", text)}
    credentials = found["ServiceMonitor"]["spec"]["endpoints"][0]["authorization"]["credentials"]
    if credentials["name"] != name:
        yield "ServiceMonitor: its token is in another secret"
    for key in sorted(read | {credentials["key"]}):
        if key not in keys:
            yield f"deployment.md makes no {key} in the secret {name}"


def findings(resources):
    for resource in resources:
        yield from schema_findings(resource)
        if resource["kind"] != "Namespace" and resource["metadata"].get("namespace") != "eventcore":
            yield f"{resource['kind']}: in another namespace"
    found = by_kind(resources)
    pod = found["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    yield from security_findings(pod, container)
    yield from probe_findings(container, ports)
    yield from argument_findings(container, ports)
    yield from selector_findings(found)
    yield from port_findings(found, ports)
    yield from monitoring_findings(found)
    yield from secret_findings(found)
    waits = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    if pod["terminationGracePeriodSeconds"] <= waits + stop_seconds():
        yield "Deployment: the shop is killed while it ends"
    for link in re.findall(r"`(ops/kubernetes/[\w./-]+)`", GUIDE):
        if not (ROOT / link).exists():
            yield f"deployment.md: there is no {link}"


def changed(resources, kind, change):
    copied = copy.deepcopy(resources)
    change(by_kind(copied)[kind])
    return copied


def the_checks_can_fail(resources):
    def container(deployment):
        return deployment["spec"]["template"]["spec"]["containers"][0]
    changes = (
        ("Deployment", lambda one: container(one)["args"].append("--no-such-option")),
        ("Deployment", lambda one: container(one)["readinessProbe"]["httpGet"].update(path="/ready")),
        ("Deployment", lambda one: container(one)["livenessProbe"]["httpGet"].update(port="http")),
        ("Deployment", lambda one: container(one).update(imagePullPolice="Always")),
        ("Deployment", lambda one: container(one)["securityContext"].pop("capabilities")),
        ("Deployment", lambda one: one["spec"]["template"]["metadata"]["labels"].clear()),
        ("Service", lambda one: one["spec"]["ports"][1].update(targetPort="metric")),
        ("ServiceMonitor", lambda one: one["spec"]["endpoints"][0]["relabelings"].clear()),
        ("PrometheusRule", lambda one: one["spec"]["groups"].pop()),
        ("PodDisruptionBudget", lambda one: one["spec"].update(maxUnavailable=[1])))
    for kind, change in changes:
        if not list(findings(changed(resources, kind, change))):
            yield f"a changed {kind} goes unnoticed: {change.__code__.co_firstlineno}"


def replicas_run(resources, folder):
    """Two shops with the Deployment's arguments, on one database, of which one leads."""
    pod = by_kind(resources)["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    for name, text in TOKENS.items():
        (folder / name).write_text(text + "\n")

    def here(text):
        return text.replace("/run/secrets/eventcore", str(folder)).replace(
            "/var/lib/eventcore", str(folder))
    arguments = [SHOP, *map(here, container["args"])]
    environment = {variable["name"]: here(variable["value"]) for variable in container["env"]}
    with PostgresServer() as server:
        server.sql("CREATE DATABASE shop")
        example = re.search(r"^ *\[eventcore\]\n(.*?) *EOF$", GUIDE, re.M | re.S)[1]
        assert {"host", "dbname", "user"} <= set(re.findall(r"^ *(\w+)=", example, re.M)), example
        (folder / "pg_service.conf").write_text(
            "[eventcore]\n" + server.server.replace(" ", "\n") + "\ndbname=shop\n")
        with running(arguments, folder, environment) as first, \
                running(arguments, folder, environment) as second:
            for urls in (first, second):
                for path in sorted(PROBES):
                    assert get(urls["host"], path) == 200, path  # the kubelet has no token
                assert get(urls["host"], "/metrics") == 401
                assert get(urls["host"], "/metrics",
                           {"Authorization": f"Bearer {TOKENS['read-token']}"}) == 200
            leases = subprocess.run([EVENTCORE, "leases", "--store", "postgres:///?service=eventcore"],
                                    capture_output=True, text=True, check=True,
                                    env=environment).stdout
            for projection in ("customer_orders", "daily_revenue", "stock_levels"):
                assert leases.count(projection) == 1, leases


def main():
    resources = kustomized(FOLDER)
    if kubectl_is_new():
        made = yaml.safe_load_all(run(KUBECTL[0], "kustomize", str(FOLDER)))
        assert by_kind(made) == by_kind(resources)
    else:
        print("without a kubectl of 1.21 or newer: kustomize itself was not asked")
    fail_if(findings(resources))
    fail_if(the_checks_can_fail(resources))
    with tempfile.TemporaryDirectory() as name:
        replicas_run(resources, pathlib.Path(name))


if __name__ == "__main__":
    main()
