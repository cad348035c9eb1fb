"""Rotations of rekey's own keys, which an API makes and ends: their issuer fails in every way, and nobody is asked.

What was wrong is told by a form of a held step, or by a rotation that ends with the old key in use; then the fault is
mended, and a key that is said to be left over is deleted. Of the vault's own key only those calls count that are about
keys: its secrets fail in other cells.
"""

from __future__ import annotations

import re

from deployments.sandbox.estate import Estate
from tests.chaos.machines import OWN, listed
from tests.faults.calls import Call, calls_of
from tests.faults.cell import Result
from tests.faults.contracts import KeyCell, Mender, fault_in, rotated
from tests.operator import Operator

# Who makes them, and the paths by which that is done: what else is asked of the same server is asked of any vault.
VENDORS = {"heroku-rekey": ("heroku", "/"), "infisical-rekey": ("infisical", "/api/v1/auth/")}
# In the form's place the key is made. The other steps ask nothing of its issuer, or in the same way as those here.
STEPS = ("preflight", "await_human_input", "validate", "propagate", "verify", "retire")
# What is written is applied, and only the answer is lost: what is ended once is gone when it is to be ended again.
_MAY_GO_ON = (r"retire: heroku DELETE \S+ \| drop after", r"retire: infisical POST \S+/revoke \| drop after")
_LEFT_OVER = re.compile(r"What(?:ever)? is listed as '(rekey r-[\w-]+)' at \w+ has to be deleted")


class _Owner(Mender):
    """Whoever is told that a key is left over deletes it at its issuer, and no other."""

    def begin_again(self) -> None:
        """As the run said when it ended."""
        for label in _LEFT_OVER.findall(self.result.told[-1]):
            _DELETED[self.fault.vendor](self.operator.estate, label)


def _at_heroku(estate: Estate, label: str) -> None:
    access = estate.heroku.access
    for one in [one for one in access.authorizations.values() if (one.description or "").startswith(label)]:
        access.end(one)


def _at_infisical(estate: Estate, label: str) -> None:
    for one in estate.infisical.secrets_of(estate.identity[0]):
        one.revoked = one.revoked or one.description.startswith(label)


_DELETED = {"heroku": _at_heroku, "infisical": _at_infisical}


def calls_in(operator: Operator, credential: str) -> list[Call]:
    """The calls to its issuer in a clean rotation."""
    listed(operator)
    outcome = operator.rotate(credential=credential)
    assert outcome.state.is_completed(), outcome.message
    vendor, below = VENDORS[credential]
    found = calls_of(operator.estate.server.journal.entries, operator.ledger)
    return [one for one in found if one.vendor == vendor and one.step in STEPS and one.path.startswith(below)]


def play(cell: KeyCell, operator: Operator) -> Result:
    """Rotate with this fault, and say how it went and which promise was broken."""
    listed(operator)
    own, result = OWN[cell.credential], Result()
    old = own.in_the_vault(operator.estate)
    may_go_on = any(re.fullmatch(one, f"{cell.call} | {cell.fault}") for one in _MAY_GO_ON)
    rotated(cell, _Owner(operator, fault_in(cell, operator), result), may_go_on=may_go_on)
    result.violations += own.wrong(operator, old, cell.credential)
    return result
