"""The live operating procedure (SOP) as a shell script (sop-live.sh) in the same sandbox; a robot regenerates.

Its downtime begins as rekey's does. It ends when the router leads to a dyno without the brake: the script looks once
and too early, as the SOP has it, and what it would take a person to look again is not counted against it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from deployments.rehearsal.robot import Robot
from deployments.sandbox.estate import LIVE, LIVE_RUNTIMES, VAULT_ENVIRONMENT, VAULT_PATH, Estate
from deployments.sandbox.raptor.app import KILL_SWITCH
from tests.bench.live import BETWEEN, Downtime, first_change
from tests.bench.times import Span
from tests.waiting import wait_until

SCRIPT = Path(__file__).with_name("sop-live.sh")
RUNTIME = "raptor-prod"
APP = LIVE_RUNTIMES[RUNTIME]


@dataclass(frozen=True, slots=True)
class ByHand:
    """What the script took, and what it saw at its end."""

    downtime: Downtime
    last_look: str


def missing() -> list[str]:
    """The programs that the script needs and this machine does not have."""
    return [name for name in ("bash", "curl", "jq") if shutil.which(name) is None]


def measure(robot: Robot, estate: Estate) -> ByHand:
    """Run it once."""
    began = datetime.now(UTC)
    marks: list[tuple[str, datetime]] = []
    last_look = ""
    person = Span(began, began)
    with subprocess.Popen(
        [str(SCRIPT)], env=_environment(estate), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as script:
        assert script.stdin is not None
        assert script.stdout is not None
        for line in script.stdout:
            word, _, rest = line.strip().partition(" ")
            if word == "step":
                marks.append((rest, datetime.now(UTC)))
            elif word == "regenerate":
                asked = datetime.now(UTC)
                pair = robot.regenerate("live")
                person = Span(asked, datetime.now(UTC))
                script.stdin.write(f"{pair.key_id}\n{pair.secret.get_secret_value()}\n")
                script.stdin.flush()
            else:
                last_look = rest
    if script.returncode != 0:
        sys.exit(f"the script ended with {script.returncode}: read what it printed")
    wait_until(lambda: _on(estate), description="trading is on again", timeout_s=60)
    return ByHand(_downtime(Span(first_change(estate, began), datetime.now(UTC)), person, marks), last_look)


def _downtime(down: Span, person: Span, marks: list[tuple[str, datetime]]) -> Downtime:
    ends = [at for _, at in marks[1:]] + [down.end]
    spans = {name: Span(at, end) for (name, at), end in zip(marks, ends, strict=True)}
    steps = {name: span.within(down) - span.within(person) for name, span in spans.items()}
    return Downtime(down.seconds - person.seconds, {**steps, BETWEEN: 0.0})


def _on(estate: Estate) -> bool:
    return (estate.heroku.serving(APP) or {}).get(KILL_SWITCH) == "0"


def _environment(estate: Estate) -> dict[str, str]:
    """Addresses and tokens for the script; all of them are made up."""
    vault = estate.vault_values()
    return {
        "PATH": os.environ["PATH"],
        "ALPACA_URL": estate.url("alpaca-live"),
        "HEROKU_URL": estate.url("heroku"),
        "HEROKU_TOKEN": estate.heroku.token,
        "VAULT_URL": estate.url("infisical"),
        "VAULT_TOKEN": _vault_token(estate),
        "VAULT_PROJECT": estate.project_id,
        "VAULT_ENVIRONMENT": VAULT_ENVIRONMENT,
        "VAULT_PATH": VAULT_PATH,
        "APP_URL": estate.url(RUNTIME),
        "KEY_ID": vault[LIVE[0]],
        "SECRET": vault[LIVE[1]],
    }


def _vault_token(estate: Estate) -> str:
    """The operator is logged in before trading is stopped."""
    credentials = dict(zip(("clientId", "clientSecret"), estate.identity, strict=True))
    login = f"{estate.url('infisical')}/api/v1/auth/universal-auth/login"
    return str(httpx.post(login, json=credentials, trust_env=False).raise_for_status().json()["accessToken"])
