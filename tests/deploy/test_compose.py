"""`docker compose up` is a production: several servers, nothing that is root, no secret, every setting of the page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from typing import Any

import pytest
import yaml

from blocks.settings import ROOT, WORK_POOL
from deployments.sandbox.estate import ORDER
from deployments.setup.production_secrets import Site, files
from tests.deploy.dockerfile import instructions
from tests.deploy.named import CLIENT, SERVER, SEVERAL, wrong
from tests.project.test_packaging import PROJECT

FILE = ROOT / "deploy" / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if "build" in one}
SERVERS = ("migrate", "api-1", "api-2", "services")
CLIENTS = ("register", "worker-1", "worker-2", "console")
MADE = files(Site())


def environment(service: str) -> dict[str, str]:
    """What a process of it gets: written here, and in the file that its entrypoint reads."""
    named: dict[str, str] = dict(SERVICES[service]["environment"])
    held = MADE[named["ENVIRONMENT_FILE"].removeprefix("/secrets/")]
    assert isinstance(held, str)
    return {**named, **dict(re.findall(r"^([A-Z_]+)='(.*)'$", held, re.MULTILINE))}


def test_all_that_is_asked_for_runs() -> None:
    assert set(SERVICES) == {*SERVERS, *CLIENTS, "secrets", "postgres", "redis", "sandbox", "proxy"}
    for one in ("api-1", "api-2"):
        assert SERVICES[one]["command"] == ["prefect", "server", "start", "--no-services"]
    assert SERVICES["services"]["command"] == ["prefect", "server", "services", "start"]
    for one in ("worker-1", "worker-2"):
        assert SERVICES[one]["command"][:5] == ["prefect", "worker", "start", "--pool", WORK_POOL]


@pytest.mark.parametrize("service", SERVERS)
def test_a_server_has_every_setting(service: str) -> None:
    assert wrong(environment(service), {**SERVER, **SEVERAL}) == {}
    assert "REKEY_CONFIG" not in environment(service)


@pytest.mark.parametrize("service", CLIENTS)
def test_a_worker_has_every_setting_and_not_what_is_the_servers(service: str) -> None:
    given = environment(service)
    assert wrong(given, CLIENT) == {}
    assert {"PREFECT_SERVER_ENCRYPTION_KEY", "PREFECT_SERVER_DATABASE_CONNECTION_URL"} & set(given) == set()
    assert not any("secrets-prefect" in str(one) for one in SERVICES[service]["volumes"])


@pytest.mark.parametrize("service", OURS)
def test_what_is_ours_can_change_nothing_and_is_not_root(service: str) -> None:
    one = OURS[service]
    assert (one["read_only"], one["cap_drop"], one["init"]) == (True, ["ALL"], True)
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["image"] == f"rekey:{PROJECT['version']}"
    # The image says who it is; only whoever gives the files to others is somebody else.
    assert ("user" in one) == (service == "secrets")
    assert ("cap_add" in one) == (service == "secrets")


def test_every_other_image_is_one_version() -> None:
    images = [one["image"] for one in SERVICES.values() if "build" not in one]
    assert len(images) == 3
    assert [one for one in images if not re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?-bookworm", one)] == []


def test_only_the_loopback_of_the_machine_reaches_it() -> None:
    ports = {name: one["ports"] for name, one in SERVICES.items() if "ports" in one}
    first, last = 4300, 4300 + len(ORDER) - 1
    assert ports == {"sandbox": ["127.0.0.1:8443:8443", f"127.0.0.1:{first}-{last}:{first}-{last}"]}
    assert f"--port {first} " in " ".join(SERVICES["sandbox"]["command"])
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_no_secret_is_written_here() -> None:
    text = FILE.read_text()
    for held in MADE.values():
        for one in re.findall(r"[\w-]{40,}", held if isinstance(held, str) else ""):
            assert one not in text
    secret = re.compile(
        r"(PASSWORD|AUTH_STRING|ENCRYPTION_KEY|CONNECTION_URL|DOCKET_URL|MESSAGING_URL|QUEUE_URL|TOKEN)$"
    )
    given = {name for one in SERVICES.values() for name in one.get("environment", {})}
    assert {one for one in given if secret.search(one)} == set()


def test_whatever_is_waited_for_is_there_and_can_be_waited_for() -> None:
    for name, one in SERVICES.items():
        for other, how in one.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], (name, other)
            if how["condition"] == "service_completed_successfully":
                assert SERVICES[other]["restart"] == "no", (name, other)
    named = {one.split(":")[0] for service in SERVICES.values() for one in service.get("volumes", [])}
    assert {one for one in named if not one.startswith((".", "/"))} == set(COMPOSE["volumes"])


def test_the_secrets_and_this_file_say_the_same() -> None:
    held = MADE["rekey/rekey.toml"]
    assert isinstance(held, str)
    worker = tomllib.loads(held)
    assert worker["catalog"] == SERVICES["sandbox"]["healthcheck"]["test"][-1]
    client = environment("worker-1")
    assert client["PREFECT_UI_URL"] == worker["prefect_ui_url"] == environment("api-1")["PREFECT_UI_URL"]
    assert environment("api-1")["PREFECT_SERVER_UI_API_URL"] == worker["prefect_ui_url"].replace("/v2", "/api")
    (home,) = (one for one in instructions(ROOT / "deploy" / "Dockerfile") if one.name == "ENV")
    assert f"PREFECT_HOME={client['PREFECT_HOME']} " in home.rest
    assert worker["kept_folder"].startswith("/var/lib/rekey/")
    kept = {name: [one for one in SERVICES[name]["volumes"] if one.endswith(":/var/lib/rekey")] for name in CLIENTS[1:]}
    assert sorted(kept.values()) == [[f"{name}:/var/lib/rekey"] for name in sorted(kept)]


def test_docker_itself_reads_it() -> None:
    if shutil.which("docker") is None:
        pytest.skip("docker is not installed")
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0:
        pytest.skip("docker has no compose plugin")
    command = ["docker", "compose", "-f", str(FILE), "config", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["services"]) == set(SERVICES)
