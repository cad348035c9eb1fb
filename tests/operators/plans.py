"""What is said of a plan in one rotation, by people who sign it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from blocks.catalog import load_catalog
from blocks.ledger.row import Action, Row
from blocks.model.credential import Credential
from blocks.operators import approval
from blocks.operators.approval import Approval
from blocks.operators.registry import SUPERADMIN
from blocks.settings import ROOT
from tests.operators.conftest import Team, act

PLAN, ANOTHER = "a" * 64, "b" * 64
LIVE = load_catalog(ROOT / "deployments" / "catalog.toml").get("alpaca-live")


def live(approvals: Literal[1, 2, "delayed"]) -> Credential:
    return LIVE.model_copy(update={"approvals": approvals, "proof": "passkey"})


class Plan:
    """What is said of a plan in one rotation, by people who sign it."""

    def __init__(self, team: Team, approvals: Literal[2, "delayed"] = 2) -> None:
        self.team = team
        self.credential = live(approvals)
        self._forms = 0

    @classmethod
    def of_two(cls, team: Team) -> Plan:
        """Of a team of two, Sam and Kim."""
        team.add("Sam", SUPERADMIN)
        team.add("Kim", SUPERADMIN, by="Sam")
        return cls(team)

    def ready(self, name: str, plan: str = PLAN) -> Row:
        """Somebody says to be ready for it."""
        return self._step("await_readiness", operator=name, plan=plan)

    def checked(self, plan: str = PLAN) -> None:
        """Preflight makes this plan the one that counts."""
        self._step("preflight", plan=plan)

    def told(self, plan: str = PLAN) -> datetime:
        """People are told that it cools off."""
        return self._step("approve", outcome="noted", cool_off=plan).at

    def say(self, name: str, choice: str = "", why: str = "", rotation: str = "r-1") -> None:
        """Somebody answers the form of an approval."""
        self._forms += 1
        chosen = {"choice": choice or approval.approve(PLAN), "operator": name, "why": why}
        self.team.prove(act(rotation=rotation, step="approve", form=f"form-{self._forms}", chosen=chosen), name)

    def now(self, plan: str = PLAN) -> Approval:
        """How far it is approved."""
        ledger = self.team.ledger
        acted = ledger.rows(actions=(Action.OPERATOR_ACTED,))
        mine = [row for row in acted if (row.facts.act or {}).get("rotation") == "r-1"]
        return approval.of(self.credential, plan, ledger.rows(rotation="r-1"), mine, self.team.known)

    def approver(self, plan: str = PLAN) -> str | None:
        """Whose approval counts."""
        found = self.now(plan).second
        return found.who if found else None

    def _step(self, step: str, **facts: Any) -> Row:
        context = {"step": step, "outcome": "done", **facts}
        return self.team.ledger.append(
            Action.STEP, rotation="r-1", credential="alpaca-live", actor="somebody", context=context
        )
