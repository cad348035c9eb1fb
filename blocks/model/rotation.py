"""What the steps of one rotation know of it. Nothing here is secret: pairs are fingerprints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from blocks.model.credential import Credential


class Reason(StrEnum):
    """Why the credential is rotated."""

    SCHEDULED = "scheduled"
    COMPROMISE = "suspected compromise"
    OFFBOARDING = "offboarding"
    # The account was reset or deleted: its keys are dead already, and an account with another identity may answer.
    ACCOUNT_RESET = "account reset"
    # Its keys were regenerated while another credential was meant; rekey starts such a rotation by itself.
    MISROTATION = "mis-rotation"


@dataclass(frozen=True, slots=True)
class Rotation:
    """One rotation of one credential, across all the runs that it may take."""

    id: str
    credential: Credential
    reason: Reason
    flow_run_id: str
    # By whom automatic steps are: rekey, in this run.
    actor: str
    started_at: datetime
    # Fingerprint of the pair that was current when the rotation began; empty until preflight has read it.
    old: str = ""
    # Fingerprint of the new pair when an earlier run of this rotation already validated one.
    accepted_before: str | None = None
    # An earlier run of this rotation came as far as the snapshot: the key may have been regenerated already.
    may_be_clicked: bool = False
    # An earlier run of this rotation stopped trading, or began to.
    brakes_began: bool = False
    # Alpaca refused the vault's pair when this run began.
    old_is_dead: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The subject before the click: whose it is, and of its activity only what validation needs."""

    # The name of the account (or whatever the pair belongs to) that people know.
    subject: str
    # How much is going on that a pair has to end, such as open orders.
    in_flight: int = 0
    # What else its issuer keeps of it, by the names that the ledger has: JSON values, nothing secret.
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_context(self) -> dict[str, Any]:
        """For the ledger, in the words that it has for them since its first row."""
        return {"account_number": self.subject, "open_orders": self.in_flight, **self.facts}

    @classmethod
    def from_context(cls, context: Mapping[str, Any]) -> Snapshot:
        """Back from the ledger."""
        facts = {name: value for name, value in context.items() if name not in {"account_number", "open_orders"}}
        return cls(str(context["account_number"]), int(context.get("open_orders") or 0), facts)


@dataclass(frozen=True, slots=True)
class Submission:
    """Where Prefect keeps what the operator typed, and what may be known of it without reading the secret."""

    flow_run_id: str
    # The base of the three keys (schema, description, response) under which Prefect keeps this form.
    key: str
    fingerprint: str
    operator: str
    # How it was entered, in a word of the ledger's.
    entry: str = "plain"


class Todo(StrEnum):
    """What a person has to do now for the new pair: one thing, which the form's first line says."""

    REGENERATE = "click Regenerate, and enter the pair that it shows"
    # It was clicked already; what it showed did not arrive as it was.
    COPY = "copy both values again"
    # It was clicked, and nothing was entered yet.
    ENTER = "enter the pair that the dashboard shows"
    # The pair is right, and something else has to be well first.
    ENTER_AGAIN = "enter the same pair again"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What validation says: the accepted pair's fingerprint, or the sentence with which the form comes back."""

    accepted: str | None
    problem: str | None = None
    # What is to be done about the problem; None where the state of the old pair alone says it.
    todo: Todo | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """How a held rotation goes on, or that its run ends; the empty one: nothing was held since the last verdict."""

    # The sentence with which the run ends.
    stopped: str | None = None
    # With what the form for another pair comes; None when what was validated stays as it is.
    another: Verdict | None = None
    # For which trouble the rotation was held, and how often it was tried again by itself since then.
    held_for: str = ""
    again: int = 0
