"""What tests of health share: a credential that was rotated some time ago, and what a health run says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from pydantic import SecretStr

from blocks.catalog import load_catalog
from blocks.check import Depth, worst
from blocks.ledger import statements
from blocks.ledger.row import Action
from blocks.model.credential import Credential
from blocks.prefect_api import heads
from blocks.secret import fingerprint
from deployments.sandbox.estate import REPOSITORY
from flows.health import health
from tasks.health.ask_shared import ask_shared, readable, unexamined
from tasks.health.examine import examine
from tasks.health.report import as_dict
from tests.operator import Operator
from tests.steps.support import SHIPPED

PAPER, LIVE = "alpaca-paper", "alpaca-live"
GITHUB = "copy of github raxx/raxx"


def shipped(name: str) -> Credential:
    """One of the shipped catalog."""
    return load_catalog(SHIPPED).get(name)


def rotated(operator: Operator, name: str, *, days_ago: int = 30) -> None:
    """Let the ledger and GitHub be as rekey leaves them after a rotation."""
    credential, estate = shipped(name), operator.estate
    values = estate.vault_values()
    mark = fingerprint(SecretStr(values[list(credential.vault.names.values())[-1]]))
    account = estate.paper if name == PAPER else estate.live
    at = datetime.now(UTC) - timedelta(days=days_ago)
    # GitHub's own clock, whole seconds: right after the vault was written.
    written = datetime.now(UTC).replace(microsecond=0)
    facts: dict[str, dict[str, Any]] = {
        "validate": {"accepted": mark},
        **{f"propagate {one.label}": {"subject": one.label} for one in credential.consumers},
        "verify": {"account_number": account.number},
    }
    for one in credential.consumers:
        if one.kind == "github":
            facts[f"propagate {one.label}"]["updated_at"] = written.isoformat()
            for variable in one.names.values():
                estate.github.edit_by_hand(REPOSITORY, variable, values[variable], updated_at=written.timestamp())
    with patch.object(statements, "now", return_value=at):
        _write(operator, name, Action.STARTED, {"flow_run_id": "no-run", "reason": "scheduled"})
        for step, more in facts.items():
            _write(operator, name, Action.STEP, {"step": step.split()[0], "outcome": "done", "proofs": [], **more})
        _write(operator, name, Action.COMPLETED, {"new": mark, "brakes_left_engaged": []})


def forget_heads(operator: Operator) -> None:
    """Let Prefect know no head of a ledger: the ledgers of other tests posted theirs there, too."""
    known = {"artifacts": {"key": {"any_": [heads.KEY]}}, "limit": 200}
    while found := operator.api.post("/artifacts/filter", json=known).raise_for_status().json():
        for one in found:
            operator.delete(f"/artifacts/{one['id']}")


def post_head(operator: Operator) -> None:
    """Let Prefect know where the ledger ends now, as the end of a rotation does."""
    data = json.dumps([heads.payload(operator.ledger.head())])
    operator.made("/artifacts/", {"key": heads.KEY, "type": "table", "data": data})


class Then(datetime):
    """A clock that stands still at some time of the past."""

    at: datetime

    @classmethod
    def of(cls, at: datetime) -> type[Then]:
        """Such a clock."""
        return type("Then", (cls,), {"at": at})

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]  # its result is a plain one
        """The time at which it stands still."""
        return cls.at.astimezone(tz)


def _write(operator: Operator, name: str, action: Action, context: dict[str, Any]) -> None:
    operator.ledger.append(action, rotation=f"r-{name}", credential=name, actor="somebody", context=context)


def examined(credential: str = "all", depth: Depth = Depth.LIGHT) -> dict[str, Any]:
    """What a health run found; beside it ``state``, the name of the run's final state."""
    state: Any = health(credential=credential, depth=depth, return_state=True)
    assert isinstance(getattr(state.data, "result", None), dict), f"{state.name}: {state.message}"
    return {**state.data.result, "state": state.name, "message": state.message}


def looked(credential: str, depth: Depth = Depth.LIGHT) -> dict[str, Any]:
    """What health asks, without its flow run, which takes ten times as long: nothing is recorded, nobody is told."""
    checks = ask_shared.fn(credential, depth)
    for name in readable(credential, checks):
        checks += examine.fn(name, depth)
    checks += unexamined(credential, checks)
    return {"outcome": worst(checks).value, "checks": [as_dict(one) for one in checks]}


def wrong(found: dict[str, Any]) -> dict[str, str]:
    """Outcome by credential and check, of those that are not ok."""
    return {f"{one['credential']}: {one['check']}": one["outcome"] for one in found["checks"] if one["outcome"] != "ok"}


def told(found: dict[str, Any], subject: str, credential: str | None = None) -> str:
    """What that check says, and what to do."""
    (one,) = (one for one in found["checks"] if one["check"] == subject and credential in {None, one["credential"]})
    return f"{one['what']} {one['what to do']}".strip()


def messages(operator: Operator) -> list[str]:
    """What people on call were told by Slack, oldest first."""
    return [str(one["text"]) for one in operator.estate.slack.messages]


def runs_of(operator: Operator, deployment: str) -> list[dict[str, Any]]:
    """The runs that were started by this deployment."""
    found: list[dict[str, Any]] = operator.api.post(
        "/flow_runs/filter", json={"deployments": {"id": {"any_": [deployment]}}}
    ).json()
    return found
