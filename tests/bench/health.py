"""How health grows: a catalog of more and more credentials with four consumers each, the sandbox without any delay."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deployments.local.processes import LocalPrefect
from deployments.sandbox.estate import CHANNEL, PAPER, VAULT_ENVIRONMENT, Estate
from tests.bench.another_process import printed
from tests.bench.output import say

# What Heroku documents for an account: 4500 at once, 75 more a minute.
HEROKU_ALLOWANCE = 4500
PROGRAM = """
import json, resource, sys, time
from flows.health import health
began, busy = time.monotonic(), time.process_time()
state = health(return_state=True)
print(json.dumps({
    "seconds": time.monotonic() - began,
    "cpu": time.process_time() - busy,
    # KiB on Linux.
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "checks": len(state.data.result["checks"]),
    "wrong": sorted({one["check"].split(" ")[0] for one in state.data.result["checks"] if one["outcome"] != "ok"}),
}))
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One light health run over so many credentials; ``peak`` in MiB, ``cpu`` in seconds of this process alone."""

    credentials: int
    seconds: float
    cpu: float
    peak: float
    checks: int
    requests: Counter[str]


def measure(estate: Estate, prefect: LocalPrefect, folder: Path, count: int) -> Measured:
    """Grow the estate to so many credentials, and examine all of them in a process of its own."""
    return measured(estate, prefect, folder, count, grown(estate, count))


def grown(estate: Estate, count: int) -> str:
    """The catalog of an estate that has so many credentials; what it lacks is made."""
    return estate.catalog("\n".join(_entry(estate, number) for number in range(count)))


def measured(estate: Estate, prefect: LocalPrefect, folder: Path, count: int, text: str) -> Measured:
    """Examine all credentials of this catalog in a process of its own."""
    catalog = folder / f"catalog-{count}.toml"
    catalog.write_text(text)
    estate.server.journal.clear()
    (found,) = printed("health", PROGRAM, prefect, catalog, folder / f"ledger-{count}.db")
    # None of them was ever rotated or deployed, nobody looks after them here, and this catalog names nobody to tell.
    # The heads that Prefect holds are those of the ledger that the rotations before were written to.
    if set(found["wrong"]) - {"age", "deployments", "ledger", "people", "schedule"}:
        sys.exit(f"health is not as it should be: {found['wrong']}")
    requests = Counter(one.vendor for one in estate.server.journal.entries)
    return Measured(count, found["seconds"], found["cpu"], found["peak"], found["checks"], requests)


def report(measured: Iterable[Measured]) -> None:
    """Seconds, requests and memory, and how they grow; each line as soon as it was measured."""
    say("\nHealth (light), four consumers a credential, no latency")
    say("  credentials   checks   seconds   ms a credential   peak MiB   requests a credential   Heroku's allowance")
    for one in measured:
        each = sum(one.requests.values()) / one.credentials
        used = one.requests["heroku"] / HEROKU_ALLOWANCE
        say(
            f"  {one.credentials:11d} {one.checks:8d} {one.seconds:9.1f} {1000 * one.seconds / one.credentials:17.0f} "
            f"{one.peak:10.0f} {each:23.1f} {used:19.0%}"
        )


def _entry(estate: Estate, number: int) -> str:
    """One credential with an account, a folder, two apps, a repository and a person of its own."""
    name, path, repository = f"c-{number:04d}", f"/grown/{number:04d}", f"raxx/r-{number:04d}"
    apps = [f"{name}-{letter}" for letter in "ab"]
    if apps[0] not in estate.heroku.apps:
        values = dict(zip(PAPER, estate.alpaca.add_account("paper", name=name).regenerate(), strict=True))
        estate.infisical.add_folder(estate.project_id, VAULT_ENVIRONMENT, path)
        estate.infisical.put(estate.project_id, VAULT_ENVIRONMENT, path, values)
        for app in apps:
            estate.heroku.add_app(app, values)
        estate.github.add_repository(repository)
        for variable, value in values.items():
            estate.github.edit_by_hand(repository, variable, value)
    names = "\n".join(f'{field} = "{variable}"' for field, variable in zip(("key_id", "secret"), PAPER, strict=True))
    consumers = [
        *(f'kind = "heroku"\napp = "{app}"' for app in apps),
        f'kind = "github"\nrepository = "{repository}"',
        f'kind = "slack"\nchannel = "{CHANNEL}"',
    ]
    return "\n".join(
        [
            f'[credential.{name}]\nvendor = "alpaca"\nenvironment = "paper"\nrole = "ops"\ncadence_days = 180',
            f'[credential.{name}.vault]\nenvironment = "{VAULT_ENVIRONMENT}"\npath = "{path}"\n{names}',
            f'[credential.{name}.verification.check_order]\nkind = "none"',
            *(f"[[credential.{name}.consumers]]\n{one}\n{names}" for one in consumers),
        ]
    )
