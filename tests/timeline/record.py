"""One rotation of the live pair, as the ledger has it: real flow, worker and Prefect server, simulated vendors."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from blocks.ledger.outcomes import NOTED, WAITING
from blocks.ledger.row import Action, Row
from blocks.settings import ROOT
from deployments.local.demo import ledger_of, running
from deployments.local.places import Places
from deployments.local.processes import free_port
from deployments.rehearsal.robot import Robot
from deployments.sandbox.estate import Estate
from tests.bench import live

RECORD = ROOT / "docs" / "rotation.json"


def record() -> None:
    """Rotate once, with boots and latencies as in ``make bench``, and keep the steps in docs/rotation.json."""
    with tempfile.TemporaryDirectory(prefix="rekey-timeline-") as folder:
        places = Places.made(Path(folder))
        with Estate() as estate, running(places, estate, free_port()) as prefect:
            robot = Robot(estate.url("dashboard"), prefect.environment)
            live.slow_down(estate)
            live.measure(robot, estate)
            rows = ledger_of(places).rows(credential=live.DEPLOYMENT.partition("/")[2])
    RECORD.write_text(json.dumps(list(_steps(rows)), indent=1) + "\n")


def _steps(rows: Iterable[Row]) -> Iterable[dict[str, Any]]:
    """Of each step when it began and ended, when a form of it was shown, and what it proved; seconds from the start."""
    began = next(row.at for row in rows if row.action is Action.STARTED)
    waits: dict[str, float] = {}
    for row in rows:
        context = row.context
        if row.action is not Action.STEP or context["outcome"] == NOTED:
            continue
        at = round((row.at - began).total_seconds(), 2)
        if context["outcome"] == WAITING:
            waits[context["step"]] = at
            continue
        yield {
            "step": context["step"],
            "subject": context.get("subject", ""),
            "outcome": context["outcome"],
            "begin": round(at - context["seconds"], 2),
            "end": at,
            "form": waits.get(context["step"]),
            "proofs": context.get("proofs", []),
        }
