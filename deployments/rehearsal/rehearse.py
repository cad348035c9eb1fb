"""``rekey rehearse``: a whole rotation without a human, in the sandbox. It ends well only with a rotated estate."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path

from blocks.catalog import load_catalog
from blocks.errors import RekeyError
from blocks.ledger.ledger import Ledger
from blocks.model.credential import Credential
from blocks.operators import offline, offline_decisions
from blocks.operators.passkeys import Site
from blocks.operators.policy import NONE
from blocks.operators.registry import SUPERADMIN
from blocks.settings import read_settings
from deployments.local.demo import POLL_S, ledger_of, running
from deployments.local.places import Places
from deployments.local.processes import free_port
from deployments.rehearsal import proof
from deployments.rehearsal.enrolled import enrolled
from deployments.rehearsal.robot import COLLEAGUE, OPERATOR, Carried, Robot
from deployments.rehearsal.scenarios import PLAIN, SCENARIOS, Scenario
from deployments.rehearsal.silence import leaks
from deployments.sandbox import made_up
from deployments.sandbox.estate import Estate
from deployments.terminal.telling import say
from deployments.terminal.timeline import Follower, lines_of

# Without a new row and without a form to answer. A busy machine starts a run in minutes.
STANDSTILL_S = 300.0
TERMINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED", "CRASHED"})
# A robot mends what is wrong at once, so a step need not be patient for minutes before it is held; and the simulated
# Alpaca activates a pair at once, so one that is refused for ten seconds is a wrong one.
WORKER = {"REKEY_PATIENCE_S": "[0.2, 0.5, 1]", "REKEY_ACTIVATION_TIMEOUT_S": "10"}


# A credential's own table: its head, and what stands in it.
_CREDENTIAL = re.compile(r"^(\[credential\.[^.\]\s]+\]\n)(.*?)(?=^\[|\Z)", re.MULTILINE | re.DOTALL)


class RehearsalError(RekeyError):
    """The rehearsal did not end with a rotated estate."""

    slug = "rehearsal"
    advice = "Open the run that it names, and read what its last step says."


def rehearse(
    name: str,
    scenario_name: str,
    places: Places,
    asked_for: str | None = None,
    entry: str | None = None,
    approvals: int | None = None,
) -> None:
    """One rotation by a robot operator; returns only when the estate really is rotated.

    ``asked_for``, ``entry`` and ``approvals`` are what every credential says as ``proof``, ``entry`` and ``approvals``,
    instead of what the catalog says; for a proof the robot and its colleague are enrolled, each with an authenticator
    in software. Raises RehearsalError otherwise, with the reason.
    """
    began = time.monotonic()
    settings = read_settings()
    credential = load_catalog(settings.catalog).get(name)
    if scenario_name != PLAIN and credential.realm != "live":
        raise RehearsalError(f"The scenario {scenario_name} needs a live credential.", "Rehearse alpaca-live with it.")
    text = saying(settings.catalog.read_text(), proof=asked_for, entry=entry, approvals=approvals)
    worker = {**WORKER, "REKEY_CONSOLE_URL": settings.console_url}
    with (
        Estate() as estate,
        running(places, estate, free_port(), worker_settings=worker, catalog_text=text) as prefect,
    ):
        estate.heroku.knobs.boot_delay_s = 1
        robot = Robot(estate.url("dashboard"), prefect.environment)
        robot.ledger = ledger_of(places)
        if asked_for not in {None, NONE}:
            robot.carries = _enrolled(places, OPERATOR)
            robot.colleague = _enrolled(places, COLLEAGUE, robot.carries)
        scenario = SCENARIOS[scenario_name](estate, robot, credential.realm)
        scenario.prepare()
        say(f"\n{credential.name}, scenario {scenario_name}: {(scenario.__doc__ or '').splitlines()[0]}\n")
        rotated = [credential, *(load_catalog(read_settings().catalog).get(one) for one in scenario.also)]
        before = [proof.observe(estate, one.realm) for one in rotated]
        ledger = ledger_of(places)
        robot.start(f"rotate/{credential.name}")
        shown = _carried_through(robot, scenario, ledger, rotated, places.logs)
        say()
        for seen, one in zip(before, rotated, strict=True):
            after = proof.observe(estate, one.realm)
            for sentence in proof.prove_rotated(seen, after, ledger, foreign_pairs=scenario.foreign_pairs):
                say(f"proved: {one.name}: {sentence}")
        _prove_scenario(scenario, ledger, shown)
        _prove_signatures(ledger)
        _prove_silence(places, estate, robot)
    # Kept only when it failed: its logs say why.
    shutil.rmtree(places.home)
    names = " and ".join(one.name for one in rotated) + (" are" if len(rotated) > 1 else " is")
    say(f"\n{names} rotated in the rehearsal ({time.monotonic() - began:.0f} s in all).")


def saying(catalog: str, **fields: str | int | None) -> str:
    """The catalog's text in which every credential says this; a field of None is as it was."""
    said = {name: value for name, value in fields.items() if value is not None}
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in said.items())
    instead_of = re.compile(rf"^(?:{'|'.join(said)}) *=.*\n", re.MULTILINE)
    return _CREDENTIAL.sub(lambda one: one[1] + lines + instead_of.sub("", one[2]), catalog) if said else catalog


def _enrolled(places: Places, name: str, by: Carried | None = None) -> Carried:
    """A robot as an operator: it carries an authenticator for the console of these settings."""
    ledger, site = ledger_of(places), Site.of(read_settings().console_url)
    return Carried(name, enrolled(ledger, site, name, SUPERADMIN, by), ledger)


def _prove_signatures(ledger: Ledger) -> None:
    count, found = offline.broken(ledger)
    if found is not None:
        raise RehearsalError(f"Row {found.sequence}: {found.reason}.", "That must never be: report it as a bug.")
    if count:
        say(f"proved: {count} of {count} signatures of the robot operators hold, checked from the ledger alone")
    _, found = offline_decisions.broken(ledger)
    if found is not None:
        raise RehearsalError(f"Row {found.sequence}: {found.reason}.", "That must never be: report it as a bug.")
    for row in ledger.rows(naming="approver"):
        if row.facts.is_done:
            say(f"proved: {row.credential}: {row.facts.approver} approved what {row.facts.asked_by} stands behind")


def _carried_through(robot: Robot, scenario: Scenario, ledger: Ledger, rotated: list[Credential], logs: Path) -> str:
    """Follow all runs, and answer each form that one of them shows; return what was shown."""
    follower, shown = Follower(ledger), ""
    deadline = time.monotonic() + STANDSTILL_S
    while time.monotonic() < deadline:
        rows = follower.new_rows()
        if rows:
            deadline = time.monotonic() + STANDSTILL_S
        for line in (line for row in rows for line in lines_of(row)):
            shown += line + "\n"
            say(line)
        runs = robot.runs()
        for run in runs:
            keyset = robot.form_of(run)
            if keyset is not None:
                scenario.answer(str(run["id"]), robot.fields_of(str(run["id"]), keyset))
        ended = [(run["state"] or {}).get("type") for run in runs]
        if not rows and len(runs) >= len(rotated) and all(one in TERMINAL for one in ended):
            failed = [run for run in runs if run["state"]["type"] != "COMPLETED"]
            if failed:
                state = failed[0]["state"]
                raise RehearsalError(f"A run ended {state['name']}: {state['message']}", "Read the timeline above.")
            return shown
        time.sleep(POLL_S)
    raise RehearsalError(
        f"Nothing has happened in the rehearsal for {STANDSTILL_S:.0f} s.", f"Read the logs in {logs}."
    )


def _prove_scenario(scenario: Scenario, ledger: Ledger, shown: str) -> None:
    """What the scenario is about did happen."""
    actions = {row.action for row in ledger.rows()}
    missing = [one.value for one in scenario.expected if one not in actions]
    if missing or scenario.told not in shown:
        raise RehearsalError(
            f"The scenario did not show {', '.join(missing) or repr(scenario.told)}.", "Read the timeline above."
        )
    if scenario.told:
        say(f"proved: the timeline shows the scenario ({scenario.told!r})")


def _prove_silence(places: Places, estate: Estate, robot: Robot) -> None:
    """No secret of this rehearsal is where it should not be: the simulated vendors' own memory is not searched."""
    typed = frozenset(robot.typed)
    found = leaks(made_up.issued, [places.home], typed=typed)
    messages = json.dumps(estate.slack.messages)
    found += set(leaks([places.login()], [places.home])) - {str(places.login_file)}
    found += ["Slack's messages" for secret in made_up.issued if secret in messages]
    if found:
        raise RehearsalError(f"A secret is in {', '.join(found)}.", "That must never be: report it as a bug.")
    say(
        "proved: no secret is in any file of Prefect, any log, the ledger or a Slack message; none is in a database row"
    )
