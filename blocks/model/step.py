"""The name of each step, as the ledger, the forms and Prefect have it."""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    """What a row of the ledger may be about. The first twelve are the procedure (flows/rotate.py), in its order."""

    PREFLIGHT = "preflight"
    AWAIT_READINESS = "await_readiness"
    # Only where the catalog asks for more than one approval.
    APPROVE = "approve"
    PAUSE = "pause"
    SNAPSHOT = "snapshot"
    AWAIT_HUMAN_INPUT = "await_human_input"
    VALIDATE = "validate"
    STORE = "store"
    PROPAGATE = "propagate"
    VERIFY = "verify"
    RETIRE = "retire"
    RESUME = "resume"
    # What a step asks a person, and what is asked when a step cannot go on.
    EQUITY = "equity"
    UNKNOWN_ACCOUNT = "unknown_account"
    HOLD = "hold"
    # Whoever answered, when the name cannot be shown.
    NAME = "name"
    # Whose entry it is, when what was entered with it does not prove that.
    PROOF = "proof"
    # What is noted beside the steps.
    VAULT_SYNCS = "vault syncs"
    TELL_FORM = "tell form"
    SLOW_STEP = "slow step"
    LOOK_AFTER = "look_after"
    LOOK_FOR_DEATH = "look for death"
    REFUSED_TOGETHER = "refused together"
    PROVE_OLD_DEAD = "prove old dead"
    CLOCKS = "clocks"
