"""docs/how-to/production.md from nothing to the first rotation, as far as the loopback goes; by what stands there."""

from __future__ import annotations

import inspect
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.settings import ROOT
from deployments.cli.exit_codes import Examined
from deployments.production.here import Here
from deployments.production.stores import Postgresql
from deployments.rehearsal import proof
from deployments.rehearsal.robot import Robot
from deployments.rehearsal.silence import leaks
from deployments.sandbox.estate import Estate
from tests.blocks.postgresql import why_not
from tests.canaries import Canaries
from tests.deploy.named import REKEYS, prefects
from tests.failover.cells import restored
from tests.failover.silence import tables_of
from tests.production import page
from tests.production.newcomer import Newcomer
from tests.waiting import wait_until

CREDENTIAL = "alpaca-paper"
# What the page asks for and the loopback has not, with why, and with the test that comes closest.
NOT_HERE = {
    "Put it behind TLS and a gateway with a login for each person": (
        "there is no name that others reach, and no certificate for one",
        ("tests/deploy/test_proxy.py", "tests/door/test_gateway.py"),
    ),
    "Make an environment of `requirements-production.lock`": (
        "it takes minutes and a package index; this one is made of the lock of tests, with the same versions",
        ("tests/deploy/test_image_steps.py",),
    ),
    "Others reach it by https and a name alone": (
        "there is no name that others reach",
        ("tests/console/test_https.py",),
    ),
    "Only addresses and tokens differ": (
        "the sandbox is the vendors, because a real one has real money behind it",
        ("tests/vendors",),
    ),
}
# Who executes the section "Backup and restore", which is not repeated here: `make failover`, by these.
BACKED_UP: dict[str, Callable[..., Any]] = {"pg_dump": Postgresql.dump, "pg_restore": Postgresql.restore}
RESTORED: tuple[tuple[str, Callable[..., Any] | None], ...] = (
    ("Make an empty PostgreSQL with the roles and databases", Postgresql.make_databases),
    ("`pg_restore --exit-on-error", Postgresql.restore),
    ("Put the secrets where they were", Here.again),
    # Below, at the end of the first rotation.
    ("`rekey ledger verify`; then `rekey status`", None),
)
BACKUP = "Backup and restore"


def test_every_setting_of_the_table_is_one() -> None:
    told = [one.name for one in page.settings()]
    assert len(told) == len(set(told)) > 10
    assert set(told) - prefects() - REKEYS == {"DO_NOT_TRACK"}


def test_what_the_loopback_has_not_stands_on_the_page_and_has_another_test() -> None:
    told = " ".join(page.text().split())
    assert [words for words in NOT_HERE if told.count(words) != 1] == []
    assert [one for _, others in NOT_HERE.values() for one in others if not (ROOT / one).exists()] == []


def test_each_step_of_a_restoration_is_executed_by_a_test() -> None:
    told = page.section(BACKUP)
    steps = [line.partition(". ")[2] for line in told.splitlines() if line[:1].isdigit()]
    assert [(line, words) for line, (words, _) in zip(steps, RESTORED, strict=True) if not line.startswith(words)] == []
    for command in page.commands(told):
        program, *options = page.options(command)
        by = BACKED_UP.get(program)
        assert by is not None or program == "rekey", command
        assert [one for one in options if by is not None and one not in inspect.getsource(by)] == [], command
    assert len(restored()) == 2


@pytest.mark.long  # minutes: a server, a worker, a console, a rotation and an examination in processes of their own
@pytest.mark.prefect
@pytest.mark.timeout(3_600)
@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
def test_from_nothing_to_the_first_rotation(tmp_path: Path, estate: Estate, canaries: Canaries) -> None:
    folder = tmp_path / "empty"
    folder.mkdir(mode=0o700)
    with Newcomer(folder, estate) as one:
        prefect_runs(one)
        files_are_there(one)
        blocks_are_seeded(one)
        worker_runs(one)
        console_runs(one)
        first_rotation(one)
        afterwards(one, canaries.secrets)
        steps = set().union(*(page.commands(page.step(number)) for number in range(1, page.STEPS + 1)))
        asked = steps | {command for command in page.commands(page.section(BACKUP)) if command.startswith("rekey ")}
        assert asked - one.executed == set()
        assert one.executed - asked == set()


def prefect_runs(one: Newcomer) -> None:
    """Step 1: with the settings of the table and PostgreSQL; nobody gets in without the login."""
    one.has_databases()
    one.has_settings()
    one.serve()
    url = one.own["PREFECT_API_URL"]
    assert httpx.get(f"{url}/admin/version", trust_env=False).status_code == 401
    login = tuple(one.own["PREFECT_API_AUTH_STRING"].split(":"))
    by_another_page = httpx.post(f"{url}/flow_runs/filter", auth=(login[0], login[1]), json={}, trust_env=False)
    assert by_another_page.status_code == 403
    with one.api as api:
        assert api.post("/flow_runs/filter", json={}).json() == []


def files_are_there(one: Newcomer) -> None:
    """Step 2: the worker's file and the catalog."""
    one.has_worker_file()
    assert CREDENTIAL in one.run("rekey catalog", one.own)


def blocks_are_seeded(one: Newcomer) -> None:
    """Step 3: each address and token of the sandbox, by the variables of the page; the file is deleted."""
    seeds = one.folder / "rekey.env"
    one.estate.write_env_file(seeds)
    written = [line.partition("=")[0] for line in seeds.read_text().splitlines()]
    assert [name for name in written if name not in page.variables()] == []
    told = one.run("rekey register --env-file rekey.env", one.own)
    seeds.unlink()
    assert "Alpaca/rekey: saved." in told
    assert "Deployments: deployed." in told


def worker_runs(one: Newcomer) -> None:
    """Step 4: after the ledger has all that this version wants."""
    one.run("rekey ledger migrate", one.own)
    one.start("python -m prefect worker start --pool rekey", one.own, lambda: bool(one.workers()))


def console_runs(one: Newcomer) -> None:
    """Step 5: it shows that nothing waits, and every credential."""
    one.start("rekey console", one.own, lambda: bool(shown(one)))
    wait_until(lambda: f">{CREDENTIAL}<" in shown(one), description="the console shows the credential")
    assert "Nothing waits for a person" in shown(one)


def shown(one: Newcomer) -> str:
    """The console's first page; empty while it does not answer."""
    try:
        answer = httpx.get(one.console_url, trust_env=False, timeout=30)
    except httpx.HTTPError:
        return ""
    return answer.text if answer.is_success else ""


def first_rotation(one: Newcomer) -> None:
    """Step 5: by the deployment, with a robot at the form; the estate itself shows the new pair everywhere."""
    one.estate.heroku.knobs.boot_delay_s = 1
    before = proof.observe(one.estate)
    ledger = Ledger(SecretStr(one.ledger_url))
    robot = Robot(one.estate.url("dashboard"), one.own)
    robot.ledger = ledger
    run = robot.start(f"rotate/{CREDENTIAL}")
    answered: set[str] = set()

    def is_over() -> bool:
        found = robot.api.get(f"/flow_runs/{run}").json()
        keyset = robot.form_of(found)
        if keyset and keyset["response"] not in answered:
            fields = robot.fields_of(run, keyset)
            assert "key_id" in fields, fields
            robot.resume(run, robot.regenerate(), fields)
            answered.add(keyset["response"])
        return found["state"]["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}

    wait_until(is_over, description="the first rotation is over", timeout_s=1_200)
    assert robot.state(run)[0] == "COMPLETED", robot.state(run)
    assert len(answered) == 1
    assert proof.prove_rotated(before, proof.observe(one.estate), ledger)
    assert [row.credential for row in ledger.rows() if row.action is Action.COMPLETED] == [CREDENTIAL]


def afterwards(one: Newcomer, secrets: list[str]) -> None:
    """Step 5: nothing fails; whatever else the steps name; and who may read what was written, and what is in it."""
    wait_until(one.watch_ended_well, description="a run of watch ends well", timeout_s=600)
    told = one.run("rekey health --full", one.own, code=Examined.UNKNOWN)
    assert re.findall(r"^([A-Z]+)  (.+)$", told, re.MULTILINE) == [("UNKNOWN", "alpaca-live: age")], told
    assert "Alpaca/rekey: left as it is (none of its variables is set)." in one.run("rekey register", one.own)
    one.run("rekey ledger verify", one.own)
    assert "No rotation is open." in one.run("rekey status", one.own)
    written = [path for path in one.folder.rglob("*") if path.is_file()]
    assert [str(path) for path in written if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    prefects = one.servers["PREFECT_SERVER_DATABASE_CONNECTION_URL"].replace("+asyncpg", "+psycopg")
    assert [tables_of(url, secrets) for url in (prefects, one.ledger_url)] == [[], []]
    login = one.own["PREFECT_API_AUTH_STRING"]
    held = {str(Path(path).relative_to(one.secrets)) for path in leaks([login], [one.folder])}
    assert held == {"prefect/environment", "rekey/environment", "operator/prefect.login"}
