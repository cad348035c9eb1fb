"""How a row of the ledger says that a step ended. Apart, so that reading the ledger does not import Prefect."""

from __future__ import annotations

DONE = "done"
FAILED = "failed"
WAITING = "waiting"
# A fact in between that is no step: it has proofs and no seconds.
NOTED = "noted"
