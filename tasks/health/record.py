"""Record health: what was found goes to the ledger, and people hear of what changed, once.

A full examination is always recorded, because the ledger says when a rotation was rehearsed last; a light one only when
something changed. Another cause of what is not ok already is a change, too. Two health runs at once tell a change once:
the second one finds that it is recorded already.
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

# Of one check: none is forgotten before it came to so many.
MOST_CAUSES = 20
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
    changed = _changed(checks, _states(before), _causes(before))
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
        known = {**found["causes"], **{one.subject: _causes(before).get(one.subject, []) for one in changed}}
        states = {**found["states"], **_but(changed, before)}
        untold = {**found, "states": states, "causes": known, "changed": []}
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


def _changed(checks: list[Check], states: Mapping[str, str], causes: Mapping[str, Sequence[str]]) -> list[Check]:
    """What was never asked before is a change only when it is not ok; a cause that was not told yet is one, too."""

    def is_change(one: Check) -> bool:
        told = causes.get(one.subject, ())
        is_other = states.get(one.subject, _fresh(Outcome.OK, "")) != _fresh(one.outcome, one.short)
        # Rows of before know no causes, and what was found then was told.
        return is_other or (one.outcome is not Outcome.OK and bool(told) and one.cause not in told)

    return [one for one in checks if one.short != NOT_EXAMINED and is_change(one)]


def _causes(before: Row | None) -> Mapping[str, Sequence[str]]:
    return (before.facts.causes or {}) if before else {}


def _known_causes(asked: list[Check], before: Row | None) -> dict[str, list[str]]:
    """Each that was told since the check was ok: two that come and go in turn are told once each."""
    told = dict(_causes(before))
    now = {one.subject: [] if one.outcome is Outcome.OK else [*told.get(one.subject, ()), one.cause] for one in asked}
    found = {subject: list(dict.fromkeys(causes))[-MOST_CAUSES:] for subject, causes in {**told, **now}.items()}
    return {subject: causes for subject, causes in found.items() if causes}


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
        "causes": _known_causes(asked, before),
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
