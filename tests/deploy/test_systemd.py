"""The units for machines without containers are ones that systemd takes, with every setting and without a privilege."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from blocks.settings import ROOT, WORK_POOL
from deployments.setup.production_secrets import Site, files
from tests.deploy.named import CLIENT, SERVER, SEVERAL, wrong

FOLDER = ROOT / "deploy" / "systemd"
SERVICES = sorted(FOLDER.glob("*.service"))
PROGRAMS = "/opt/rekey/.venv/bin/"
INSTANCE = "4201"
# Of 10 in all, as systemd counts what an attacker inside could reach; below 2 is its own "OK".
MOST_EXPOSED = 2.0
YES = (
    *("NoNewPrivileges", "ProtectHome", "ProtectClock", "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules"),
    *(
        "ProtectKernelTunables",
        "ProtectControlGroups",
        "PrivateTmp",
        "PrivateDevices",
        "PrivateUsers",
        "LockPersonality",
    ),
    *("RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "RemoveIPC"),
)


def read(path: Path) -> list[tuple[str, str]]:
    """Its lines, NAME=value."""
    return re.findall(r"^(\w+)=(.*)$", path.read_text(), re.MULTILINE)


def said(path: Path, name: str) -> list[str]:
    return [value for one, value in read(path) if one == name]


def environment(unit: Path) -> dict[str, str]:
    """What its process gets: by the unit, its file beside it, and the file of its secrets."""
    made = files(Site())
    given = dict(one.split("=", 1) for line in said(unit, "Environment") for one in line.split())
    plain, secret = said(unit, "EnvironmentFile")
    held = made[secret.removeprefix("/etc/rekey/secrets/")]
    assert isinstance(held, str)
    for text in ((FOLDER / plain.removeprefix("/etc/rekey/")).read_text(), held):
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        pairs = [re.fullmatch(r"([A-Z_]+)='(.*)'", line) for line in lines]
        given |= {one[1]: one[2] for one in pairs if one}
        assert None not in pairs
    return given


def is_prefects(unit: Path) -> bool:
    return unit.name.startswith("rekey-prefect")


def test_all_that_is_asked_for_has_one() -> None:
    started = {path.stem: said(path, "ExecStart") for path in SERVICES}
    assert started == {
        "rekey-prefect-migrate": [f"{PROGRAMS}prefect server database upgrade --yes"],
        "rekey-prefect-api@": [f"{PROGRAMS}prefect server start --no-services --host 127.0.0.1 --port %i"],
        "rekey-prefect-services": [f"{PROGRAMS}prefect server services start"],
        "rekey-worker": [
            f"{PROGRAMS}prefect worker start --pool {WORK_POOL} --type process --limit 10 "
            "--no-create-pool-if-not-found --with-healthcheck"
        ],
        "rekey-console": [f"{PROGRAMS}rekey console"],
        "rekey-metrics": [f"{PROGRAMS}rekey metrics --listen 127.0.0.1:9464"],
        "rekey-watchdog": [f"{PROGRAMS}rekey watchdog"],
        "rekey-ledger-verify": [f"{PROGRAMS}rekey ledger verify"],
    }
    for timer in FOLDER.glob("*.timer"):
        assert timer.with_suffix(".service") in SERVICES


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.stem)
def test_it_has_every_setting(unit: Path) -> None:
    assert wrong(environment(unit), {**SERVER, **SEVERAL} if is_prefects(unit) else CLIENT) == {}


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.stem)
def test_it_has_no_privilege(unit: Path) -> None:
    given = dict(read(unit))
    assert {name: given.get(name) for name in YES if given.get(name) != "yes"} == {}
    assert (given["User"], given["UMask"], given["StateDirectoryMode"]) == ("rekey", "0077", "0700")
    assert (given["ProtectSystem"], given["CapabilityBoundingSet"]) == ("strict", "")
    assert (given["SystemCallFilter"], given["SystemCallErrorNumber"]) == ("@system-service", "EPERM")


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.stem)
def test_what_it_writes_is_in_its_own_folder(unit: Path) -> None:
    (state,) = said(unit, "StateDirectory")
    given = environment(unit)
    assert given["PREFECT_HOME"] == f"%S/{state}/prefect"
    assert given["PREFECT_RESULTS_LOCAL_STORAGE_PATH"].startswith(f"{given['PREFECT_HOME']}/")
    if not is_prefects(unit):
        assert Site().kept == f"/var/lib/{state}/kept"


def test_no_secret_is_in_a_file_that_is_read_by_others() -> None:
    secret = re.compile(
        r"(PASSWORD|AUTH_STRING|ENCRYPTION_KEY|CONNECTION_URL|DOCKET_URL|MESSAGING_URL|QUEUE_URL|TOKEN)$"
    )
    given = {name for path in FOLDER.glob("*.environment") for name, _ in read(path)}
    assert given
    assert {one for one in given if secret.search(one)} == set()


@pytest.fixture
def here(tmp_path: Path) -> list[Path]:
    """The units as they would be on this machine: with its programs and, of the template, an instance."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    for path in (*SERVICES, *FOLDER.glob("*.timer")):
        text = path.read_text().replace(PROGRAMS, f"{Path(sys.executable).parent}/").replace("/opt/rekey", str(ROOT))
        (tmp_path / path.name.replace("@", f"@{INSTANCE}")).write_text(text)
        if "@" in path.name:
            (tmp_path / path.name).write_text(text)
    return sorted(one for one in tmp_path.iterdir() if "@." not in one.name)


def analyzed(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"SYSTEMD_UNIT_PATH": f"{folder}:", "PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    command = ["systemd-analyze", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_systemd_takes_them(here: list[Path]) -> None:
    folder = here[0].parent
    done = analyzed(folder, "verify", "--man=no", "--recursive-errors=no", *map(str, here))
    assert (done.returncode, done.stderr) == (0, "")
    # The same question finds a word that systemd does not know.
    wrong_one = folder / "rekey-console.service"
    wrong_one.write_text(wrong_one.read_text().replace("NoNewPrivileges", "NoNewPriviledges"))
    assert "NoNewPriviledges" in analyzed(folder, "verify", "--man=no", "--recursive-errors=no", str(wrong_one)).stderr


def test_systemd_finds_little_that_an_attacker_inside_could_reach(here: list[Path]) -> None:
    for unit in (one for one in here if one.suffix == ".service"):
        done = analyzed(unit.parent, "security", "--offline=true", "--no-pager", str(unit))
        (exposed,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
        assert float(exposed) < MOST_EXPOSED, unit.name
