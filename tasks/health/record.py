"""Record health: what was found goes to the ledger, and people hear of what changed, once.

A full examination is always recorded, because the ledger says when a rotation was rehearsed last; a light one only when
something changed. Two health runs at once tell a change once: the second one finds that it is recorded already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prefect import task
from prefect.logging import get_run_logger

from blocks.check import Check, Depth, Outcome, worst
from blocks.ledger import cadence, heartbeat
from blocks.ledger.facts import Facts
from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import rekey_in
from blocks.ledger.row import ENDINGS, SHARED, Action, Row
from blocks.prefect_api import recording
from blocks.settings import read_settings
from tasks.health.ask_shared import NOT_EXAMINED
from tasks.health.examine import BRAKE, DRIFT, RELEASED
from tasks.run import policy
from tasks.run.notify import Kind, tell
from tasks.run.one_at_a_time import page_of, this_run

_MARKS = {Outcome.OK: "is well again", Outcome.FAILED: "FAILED", Outcome.UNKNOWN: "unknown"}


@task(name="record health", **policy.HUMAN)
def record_health(checks: Sequence[Check], depth: Depth) -> None:
    """One row a credential, and one message a credential of which something changed. Raises LedgerError."""
    ledger = recording.open_ledger()
    for name in dict.fromkeys(one.credential for one in checks):
        _record(ledger, name or SHARED, [one for one in checks if one.credential == name], depth)


def _record(ledger: Ledger, name: str, checks: list[Check], depth: Depth) -> None:
    run_id, run_name = this_run()
    is_examined = all(one.short != NOT_EXAMINED for one in checks)
    if is_examined:
        # Also when nothing changed: without it nobody would know that health still runs.
        heartbeat.beat(read_settings().ledger_url, heartbeat.EXAMINED.format(name=name), run_id)
    before = cadence.newest_health(name, ledger)
    changed = _changed(checks, _states(before))
    if not changed and before is not None and depth is Depth.LIGHT and not _is_news(ledger, before, checks):
        return
    found = {**_found(checks, depth, before), "changed": [one.called for one in changed], "flow_run_id": run_id}
    row = ledger.append_if_newest(
        Action.HEALTH_CHECKED, credential=name, actor=rekey_in(run_name), context=found, newest=before
    )
    if row is None:
        get_run_logger().info("Another health run has just recorded %s: it tells what changed.", name)
        return
    recording.announce(row)
    if changed and not _told(name, changed, run_id):
        # The next run finds the change again, and tells it then.
        untold = {**found, "states": {**found["states"], **_but(changed, before)}, "changed": []}
        ledger.append_if_newest(
            Action.HEALTH_CHECKED, credential=name, actor=rekey_in(run_name), context=untold, newest=row
        )


def _is_news(ledger: Ledger, before: Row, checks: list[Check]) -> bool:
    """Whether others read something in this row that none before it says, though nobody is told anything."""
    ended = ledger.newest(credential=before.credential, actions=ENDINGS)
    is_older = ended is not None and ended.sequence > before.sequence
    is_other = before.facts.outcome != worst(checks).value
    return is_older or is_other or list(before.facts.released) != _released(checks)


def _released(checks: list[Check]) -> list[str]:
    return [one.subject.removeprefix(BRAKE) for one in checks if one.short == RELEASED]


def _changed(checks: list[Check], states: Mapping[str, str]) -> list[Check]:
    """What was never asked before is a change only when it is not ok."""
    asked = (one for one in checks if one.short != NOT_EXAMINED)
    return [one for one in asked if states.get(one.subject, _fresh(Outcome.OK, "")) != _fresh(one.outcome, one.short)]


def _fresh(outcome: Outcome, short: str) -> str:
    """What counts as the same: a pair that becomes due is a change, too."""
    return "due soon" if short == "due soon" else outcome.value


def _states(before: Row | None) -> Mapping[str, str]:
    return (before.facts.states or {}) if before else {}


def _but(changed: list[Check], before: Row | None) -> dict[str, str]:
    return {one.subject: _states(before).get(one.subject, "not told") for one in changed}


def _found(checks: list[Check], depth: Depth, before: Row | None) -> dict[str, Any]:
    """What a light run did not ask stays as the full one before found it; so does all of what was not examined."""
    asked = [one for one in checks if one.short != NOT_EXAMINED]
    kept = before.facts if before and (depth is Depth.LIGHT or not asked) else Facts()
    states = {**(kept.states or {}), **{one.subject: _fresh(one.outcome, one.short) for one in asked}}
    copies = {one.subject.removeprefix(DRIFT): one.short for one in checks if one.subject.startswith(DRIFT)}
    return {
        "depth": depth.value,
        "outcome": worst(checks).value,
        "states": states,
        # Also of what nobody was told yet, which is not among the states.
        "failed": [one.subject for one in checks if one.outcome is Outcome.FAILED],
        "copies": {**(kept.copies or {}), **copies},
        "released": _released(checks),
        "problems": {one.subject: f"{one.told} {one.remedy}" for one in checks if one.outcome is not Outcome.OK},
    }


def _told(name: str, changed: list[Check], run_id: str) -> bool:
    """One message; whether the medium took it."""
    lines = [f"{one.called} {_headed(one)}: {one.told} {one.remedy}".strip() for one in changed]
    wrong = [one for one in changed if one.outcome is not Outcome.OK]
    headline = f"{name}: health changed" if wrong else f"{name}: well again"
    kind, footer = Kind.ALARM if wrong else Kind.NEWS, f"Health run: {page_of(run_id)}"
    return tell(headline, "\n".join(lines), footer, {"credential": name}, kind=kind, keep=False)


def _headed(one: Check) -> str:
    return one.short if one.short == "due soon" else _MARKS[one.outcome]
