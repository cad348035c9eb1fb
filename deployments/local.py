"""``rekey demo`` and ``rekey rehearse``: the whole of rekey on this machine, against the sandbox."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from prefect.settings import PREFECT_API_URL, temporary_settings
from pydantic import SecretStr

from blocks.errors import RekeyError
from blocks.ledger import Ledger
from deployments import proof
from deployments.places import Places
from deployments.processes import LocalPrefect, free_port, refuse_busy_port
from deployments.register import deploy, seed_blocks
from deployments.robot import Robot
from deployments.sandbox import made_up
from deployments.sandbox.estate import Estate
from deployments.silence import leaks
from deployments.timeline import Follower, lines_of

POLL_S = 0.3
REHEARSAL_TIMEOUT_S = 240.0
TERMINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED", "CRASHED"})


class RehearsalError(RekeyError):
    """The rehearsal did not end with a rotated estate."""


def say(text: str = "") -> None:
    """One line for the person at the terminal, at once."""
    print(text, flush=True)  # noqa: T201  # this is the program's output


@contextmanager
def running(
    places: Places, estate: Estate, port: int, server_settings: Mapping[str, str] | None = None
) -> Iterator[LocalPrefect]:
    """Server, blocks, deployments and worker; all stopped at the end."""
    with LocalPrefect(places, port, server_settings) as prefect:
        say("Starting the Prefect server (about 15 seconds the first time) ...")
        prefect.start_server()
        say("Starting the worker, registering blocks and deployments ...")
        prefect.start_worker()
        with temporary_settings({PREFECT_API_URL: prefect.environment["PREFECT_API_URL"]}):
            seed_blocks(estate.seeds())
        deploy(prefect.environment)
        yield prefect


def demo(home: Path | None, *, prefect_port: int, sandbox_port: int) -> None:
    """Run until Ctrl-C, and show what happens. A busy port is found before the files of another demo are removed.

    ``home`` is where its files are, as they are; None empties .rekey/demo.
    """
    refuse_busy_port(prefect_port, "the Prefect server")
    with Estate(first_port=sandbox_port) as estate:
        places = Places.made(home) if home else Places.fresh("demo")
        estate.heroku.knobs.boot_delay_s = 3
        with running(places, estate, prefect_port) as prefect:
            _greet(prefect, estate)
            follower = Follower(_ledger(places))
            try:
                while True:
                    for row in follower.new_rows():
                        for line in lines_of(row):
                            say(line)
                    prefect.check()
                    time.sleep(POLL_S)
            except KeyboardInterrupt:
                say("\nStopping everything that this command started ...")
    say("Stopped. The ledger stays until the next demo:")
    say(f"  REKEY_LEDGER_URL=sqlite:///{places.ledger} .venv/bin/rekey ledger show")


def rehearse(credential: str, places: Places) -> None:
    """One rotation by a robot operator; returns only when the estate really is rotated.

    Raises RehearsalError otherwise, with the reason.
    """
    began = time.monotonic()
    with Estate() as estate, running(places, estate, free_port()) as prefect:
        estate.heroku.knobs.boot_delay_s = 1
        before = proof.observe(estate)
        robot = Robot(estate.url("dashboard"), prefect.environment["PREFECT_API_URL"])
        ledger = _ledger(places)
        run_id = robot.start(f"rotate/{credential}")
        state, message = _carried_through(robot, run_id, ledger)
        if state != "COMPLETED":
            raise RehearsalError(f"The run ended {state}: {message}", f"Read {prefect.places.logs}/prefect-worker.log.")
        say()
        for sentence in proof.prove_rotated(before, proof.observe(estate), ledger):
            say(f"proved: {sentence}")
        _prove_silence(places, estate, robot)
    # Kept only when it failed: its logs say why.
    shutil.rmtree(places.home)
    say(f"\n{credential} is rotated in the rehearsal ({time.monotonic() - began:.0f} s in all).")


def _prove_silence(places: Places, estate: Estate, robot: Robot) -> None:
    """No secret of this rehearsal is where it should not be: the simulated vendors' own memory is not searched."""
    typed = frozenset(robot.typed)
    found = leaks(made_up.issued, [places.home], typed=typed)
    messages = json.dumps(estate.slack.messages)
    found += ["Slack's messages" for secret in made_up.issued if secret in messages]
    if found:
        raise RehearsalError(f"A secret is in {', '.join(found)}.", "That must never be: report it as a bug.")
    say(
        "proved: no secret is in any file of Prefect, any log, the ledger or a Slack message; none is in a database row"
    )


def _carried_through(robot: Robot, run_id: str, ledger: Ledger) -> tuple[str, str]:
    """Follow the run, and answer each form that it shows."""
    follower = Follower(ledger)
    deadline = time.monotonic() + REHEARSAL_TIMEOUT_S
    while time.monotonic() < deadline:
        rows = follower.new_rows()
        for row in rows:
            for line in lines_of(row):
                say(line)
        if robot.form_is_shown(run_id):
            robot.resume(run_id, robot.regenerate())
        state, message = robot.state(run_id)
        if state in TERMINAL and not rows:
            return state, message
        time.sleep(POLL_S)
    raise RehearsalError(f"The rehearsal is not over after {REHEARSAL_TIMEOUT_S:.0f} s.", "Read the worker's log.")


def _ledger(places: Places) -> Ledger:
    return Ledger(SecretStr(f"sqlite:///{places.ledger}"))


def _greet(prefect: LocalPrefect, estate: Estate) -> None:
    say(
        f"""
rekey runs on this machine against a sandbox; nothing leaves it, and every credential is made up.

  Prefect UI          {prefect.ui_url}/deployments
  Alpaca dashboard    {estate.url("dashboard")}/paper/dashboard/overview
  Slack messages      {estate.url("slack")}
  Sandbox levers      {estate.url("control")}

  1. Prefect UI: open the deployment alpaca-paper, press Run, Quick run, and Run once more.
  2. When it waits for you below: open the run, click the three dots in the upper right corner, then Resume.
  3. Do what the form says: press Regenerate in the Alpaca dashboard, paste both values into the form, and submit.

Ctrl-C stops everything. What happens is shown here:
"""
    )
