"""Containerfile and ops/compose: their parts fit each other, and the programs of the containers run
as they say, with the secrets that make_secrets makes: the shop on PostgreSQL, which Prometheus
scrapes by its token, and Alertmanager.

usage: containers_test.py PATH-OF-eventcore-shop PATH-OF-prometheus PATH-OF-prometheus-alertmanager
         PATH-OF-promtool PATH-OF-docker-compose
Needs EVENTCORE_TEST_POSTGRES.

No container runs here.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

import yaml

from deployment import PROBES, get, option_findings, running, stop_seconds, with_value
from kit import OPS, ROOT, fail_if, run
from postgres_server import PostgresServer
from server_process import ask, server, wait_for

SHOP, PROMETHEUS, ALERTMANAGER, PROMTOOL, COMPOSE = sys.argv[1:]
FOLDER = OPS / "compose"
SERVICES = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]
SECRETS = yaml.safe_load((FOLDER / "compose.yaml").read_text())["secrets"]
VERSION = re.search(r"project\(.*?VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.S)[1]


def instructions():
    """Returns the instructions of the last stage, as name and rest."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Containerfile").read_text(), flags=re.M)
    last = text.replace("\\\n", " ")
    last = last[last.rindex("\nFROM "):]
    return dict(re.findall(r"^([A-Z]+) +(.*)$", last, re.M))


def image_findings(image):
    command = json.loads(image["CMD"])
    yield from option_findings("Containerfile", SHOP, command)
    listening = {command[command.index(option) + 1].split(":")[1]
                 for option in ("--listen", "--metrics-listen")}
    if set(image["EXPOSE"].split()) != listening:
        yield "Containerfile: EXPOSE is not where the shop listens"
    if image["STOPSIGNAL"] != "SIGTERM":
        yield "Containerfile: STOPSIGNAL is none that the shop ends at"
    deployment = yaml.safe_load((OPS / "kubernetes" / "deployment.yaml").read_text())
    user = deployment["spec"]["template"]["spec"]["securityContext"]
    if image["USER"] != f"{user['runAsUser']}:{user['runAsGroup']}":
        yield "Containerfile: another user than in Kubernetes"
    check = image["HEALTHCHECK"]
    path = urllib.parse.urlsplit(json.loads(check[check.index("["):])[-1]).path
    if path not in PROBES:
        yield f"Containerfile: there is no {path}"
    ignored = (ROOT / ".dockerignore").read_text().split()
    if not {"build", "var", "ops/compose/secrets"} <= set(ignored):
        yield ".dockerignore: secrets or builds get into the image"


def version_findings():
    kustomization = yaml.safe_load((OPS / "kubernetes" / "kustomization.yaml").read_text())
    (image,) = kustomization["images"]
    if SERVICES["shop"]["image"] != f"{image['name']}:{VERSION}" or image["newTag"] != VERSION:
        yield f"the image is not eventcore-shop:{VERSION} everywhere"
    for program, name in ((PROMETHEUS, "prometheus"), (ALERTMANAGER, "alertmanager")):
        tested = re.search(r"version (\d+\.\d+\.\d+)", run(program, "--version"))[1]
        if SERVICES[name]["image"] != f"docker.io/prom/{name}:v{tested}":
            yield f"compose.yaml: {name} is not {tested}, which the tests run"


def compose_findings():
    yield from option_findings("compose.yaml", SHOP, SERVICES["shop"]["command"])
    used = set()
    for name, service in SERVICES.items():
        used |= set(service.get("secrets", []))
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith(".") and not (FOLDER / source).exists():
                yield f"compose.yaml: {name} mounts {source}, which does not exist"
        texts = [*service.get("command", []), *service.get("environment", {}).values()]
        for secret in re.findall(r"/run/secrets/([\w-]+)", " ".join(texts)):
            if secret not in service.get("secrets", []):
                yield f"compose.yaml: {name} reads the secret {secret}, which it does not have"
        if service.get("network_mode", "service:prometheus") != "service:prometheus":
            yield f"compose.yaml: {name} does not share Prometheus' network"
        for port in service.get("ports", []):
            if not port.startswith("127.0.0.1:"):
                yield f"compose.yaml: {name} can be reached from other hosts"
    if used != set(SECRETS):
        yield "compose.yaml: secrets that nobody uses, or that are not there"
    if int(SERVICES["shop"]["stop_grace_period"].removesuffix("s")) <= stop_seconds():
        yield "compose.yaml: the shop is killed while it ends"


def prometheus_findings():
    """Prometheus' file is that of ops/prometheus but for addresses and token."""
    given = yaml.safe_load((OPS / "prometheus" / "prometheus.yml").read_text())
    ours = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    (job,) = ours["scrape_configs"]
    (target,) = job.pop("static_configs")[0]["targets"]
    if job.pop("authorization") != {"credentials_file": "/run/secrets/read-token"}:
        yield "compose/prometheus.yml: Prometheus has no token"
    given["scrape_configs"][0].pop("static_configs")
    if ours != given:
        yield "compose/prometheus.yml: more differs from prometheus.yml than addresses and token"
    host, port = target.split(":")
    listening = [argument.split(":")[-1] for argument in SERVICES[host]["command"]
                 if argument.startswith("--metrics-listen=")]
    if listening != [port]:
        yield f"compose/prometheus.yml: the metrics are not at {target}"


def make_secrets(folder):
    """Makes the secrets beside a copy of the script, and returns their folder."""
    shutil.copy(FOLDER / "make_secrets", folder)
    run(str(folder / "make_secrets"))
    made = folder / "secrets"
    first = {path.name: path.read_text() for path in made.iterdir()}
    assert {f"./secrets/{name}" for name in first} == {one["file"] for one in SECRETS.values()}
    run(str(folder / "make_secrets"))
    assert first == {path.name: path.read_text() for path in made.iterdir()}, "they are replaced"
    assert made.stat().st_mode & 0o777 == 0o700
    assert first["db-password"].strip() in first["pg-service"]
    return made


def prometheus_scrapes(urls, secrets, folder):
    """Prometheus and Alertmanager with the arguments and files of the containers."""
    def here(command, address, places):
        for there, place in places.items():
            command = [argument.replace(there, str(place)) for argument in command]
        return [*command, f"--web.listen-address={address}"]

    with server("alertmanager", folder, lambda address: [ALERTMANAGER, *here(
            SERVICES["alertmanager"]["command"], address,
            {"=/etc/alertmanager": f"={OPS / 'alertmanager'}",
             "=/alertmanager": f"={folder / 'alerts'}"})]) as (alerts, _):
        config = folder / "prometheus.yml"
        config.write_text((FOLDER / "prometheus.yml").read_text()
                          .replace("shop:9464", urls["host"].removeprefix("http://"))
                          .replace("127.0.0.1:9093", alerts)
                          .replace("/run/secrets", str(secrets)).replace("_interval: 15s",
                                                                         "_interval: 1s"))
        shutil.copy(OPS / "prometheus" / "prometheus-alerts.yaml", folder)
        run(PROMTOOL, "check", "config", str(config))
        with server("prometheus", folder, lambda address: [PROMETHEUS, *here(
                SERVICES["prometheus"]["command"], address,
                {"/etc/prometheus/compose": folder, "=/prometheus": f"={folder / 'data'}"}),
                "--rules.alert.resend-delay=1s"]) as (address, process):
            query = "/api/v1/query?query=" + urllib.parse.quote('up{job="eventcore"}')
            wait_for("Prometheus scrapes the shop", lambda: [
                one for one in json.loads(ask(address, query))["data"]["result"]
                if one["value"][1] == "1"], process)
            wait_for("Alertmanager has the watchdog", lambda: "Watchdog" in ask(
                alerts, "/api/v2/alerts"), process)


def compose_runs(folder):
    secrets = make_secrets(folder)
    with PostgresServer() as database:
        database.sql("CREATE DATABASE shop")
        service = secrets / "pg-service"
        where = dict(word.split("=") for word in database.server.split())
        text = service.read_text().replace("host=postgres", f"host={where['host']}\n"
                                           f"port={where['port']}")
        service.write_text(text.replace("user=shop", f"user={where['user']}"))
        command = [argument.replace("/run/secrets", str(secrets))
                   .replace("/var/lib/eventcore", str(folder))
                   for argument in SERVICES["shop"]["command"]]
        environment = {name: value.replace("/run/secrets", str(secrets))
                       for name, value in SERVICES["shop"]["environment"].items()}
        with running([SHOP, *command], folder, environment) as urls:
            prometheus_scrapes(urls, secrets, folder)


def image_runs(image, folder):
    """The image's command, and its check of health."""
    command = with_value(json.loads(image["CMD"]), "--store", f"sqlite:{folder}/shop.db")
    check = json.loads(image["HEALTHCHECK"][image["HEALTHCHECK"].index("["):])
    with running([SHOP, *command], folder) as urls:
        check[-1] = check[-1].replace("http://127.0.0.1:9464", urls["host"])
        run(*check)
        assert get(urls["host"], "/metrics") == 200  # on loopback; elsewhere without a token 401
    assert subprocess.run(check, check=False, capture_output=True).returncode != 0


def main():
    image = instructions()
    fail_if([*image_findings(image), *version_findings(), *compose_findings(),
             *prometheus_findings()])
    fail_if(["a bad Containerfile goes unnoticed"] if not list(image_findings(
        image | {"HEALTHCHECK": image["HEALTHCHECK"].replace("/ready", "")})) else [])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run(COMPOSE, "-f", str(FOLDER / "compose.yaml"), "config", "--quiet")
        (folder / "image").mkdir()
        image_runs(image, folder / "image")
        compose_runs(folder)


if __name__ == "__main__":
    main()
