"""Health of a credential of one token: whatever it finds, people read of tokens and never of pairs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.catalog import load_catalog
from blocks.check import Depth
from blocks.ledger import dying
from blocks.ledger.row import Action
from blocks.prefect_api import estate as blocks
from blocks.settings import read_settings
from blocks.vaults import pending
from deployments.cli.health import for_programs, print_found
from deployments.sandbox.estate import ISSUERS_PATH, POSTMARK, VAULT_ENVIRONMENT
from deployments.terminal.timeline import lines_of
from tests.health.support import examined
from tests.issuers.support import token
from tests.operator import Operator

NAME = "postmark-server"


def nothing(_: Operator) -> None:
    """It was never rotated by rekey, and is well otherwise."""


def deleted(postmark: Operator) -> None:
    """Somebody deleted its token, and a rotation left a second one behind."""
    keys, estate = postmark.estate.issuers.postmark.keys, postmark.estate
    left = keys.mint()
    keys.delete(next(iter(keys.living.values())))
    names = {f"{POSTMARK}__{token(left).fingerprint.upper()}": left}
    estate.infisical.put(estate.project_id, VAULT_ENVIRONMENT, f"{ISSUERS_PATH}/rekey", names)


def emptied(_: Operator) -> None:
    """The vault has it no more."""
    place = load_catalog(read_settings().catalog).get(NAME).vault
    with blocks.vault(place).get_client() as vault:
        vault.delete(pending.place_of(place), [POSTMARK])


def moved(postmark: Operator) -> None:
    """It opens another server than when it was rotated last."""
    context = {"step": "verify", "outcome": "done", "proofs": [], "account_number": "another"}
    postmark.ledger.append(Action.STEP, rotation="r-0", credential=NAME, actor="rekey", context=context)


def old_ones(postmark: Operator) -> None:
    """Of three old ones one dies later, one lives on, and of one nobody can say."""
    now = datetime.now(UTC)
    past, later = (now - timedelta(hours=1)).isoformat(), (now + timedelta(hours=1)).isoformat()
    for at, (date, answer) in enumerate(((later, ""), (past, dying.ACCEPTED), (past, dying.UNKNOWN))):
        mark = f"{at}" * 12
        rows: dict[Action, dict[str, Any]] = {
            Action.STARTED: {"reason": "scheduled", "flow_run_id": "r"},
            Action.OLD_KEPT: {"old": mark, "old_dies_at": date, "old_window_s": 0.0},
            Action.COMPLETED: {"old": mark, "new": "a" * 12},
        }
        if answer:
            rows[Action.OLD_ASKED] = {"old": mark, "old_answer": answer, "old_asked_at": now.isoformat()}
        for action, context in rows.items():
            postmark.ledger.append(action, rotation=f"r-{at}", credential=NAME, actor="rekey", context=context)


@pytest.mark.parametrize("is_so", [nothing, deleted, emptied, moved, old_ones])
def test_whatever_is_found_nobody_reads_of_a_pair(
    postmark: Operator, capsys: pytest.CaptureFixture[str], is_so: Callable[[Operator], None]
) -> None:
    is_so(postmark)

    found = examined(NAME, Depth.FULL)

    print_found(found)
    told = texts_of(postmark, found, capsys.readouterr().out)
    assert pairs_in(told) == []
    by_name = {one["check"]: one for one in for_programs(found)["checks"] if one["credential"] == NAME}
    assert by_name["current pair"]["called"] == "current token", "programs find it by the name that does not change"
    assert "current pair" in health_rows(postmark)[-1].context["states"], "and it is compared by that"


def test_what_was_found_before_the_names_were_said_so_is_no_change(postmark: Operator) -> None:
    examined(NAME, Depth.FULL)
    (first,) = health_rows(postmark)
    assert [one for one in first.context["changed"] if "pair" in one] == []

    examined(NAME, Depth.FULL)

    assert health_rows(postmark)[-1].context["changed"] == []


def health_rows(operator: Operator) -> list[Any]:
    """The ledger's rows of its health, oldest first."""
    return [row for row in operator.ledger.rows(credential=NAME) if row.action is Action.HEALTH_CHECKED]


def texts_of(operator: Operator, found: dict[str, Any], printed: str) -> list[str]:
    """Whatever people read of it: the terminal, the run's end and artifacts, messages, and the ledger's sentences."""
    shown = [text for one in found["checks"] for text in (one["called"], one["what"], one["what to do"])]
    pages = [operator.api.get(f"/artifacts/{key}/latest").json()["data"] for key in ("health", "health-checks")]
    rows = health_rows(operator)
    kept = [text for row in rows for text in (*row.context["problems"].values(), *row.context["changed"])]
    lines = [line for row in rows for line in lines_of(row)]
    slack = [json.dumps(one) for one in operator.estate.slack.messages]
    assert len(shown) > 40
    assert NAME in pages[0]
    assert "token" in pages[1]
    assert rows
    assert slack
    return [printed, found["message"], *shown, *pages, *kept, *lines, *slack]


def pairs_in(texts: list[str]) -> list[str]:
    """Where they say so."""
    pattern = r"[^.\n]{0,60}\bpairs?\b[^.\n]{0,20}"
    return sorted({one for text in texts for one in re.findall(pattern, text, re.IGNORECASE)})
