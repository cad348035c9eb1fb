"""A ledger that was cut off, replaced or computed anew lacks a head that was posted; what was not asked is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from pydantic import SecretStr

from blocks.check import Outcome
from blocks.ledger.ledger import Ledger
from blocks.prefect_api import heads
from deployments.cli.main import main
from deployments.local.processes import free_port
from deployments.sandbox.faults import Fault, FaultKind
from tests.health.heads_of_tests import File, cut, looked, older_copy, post_to_prefect, post_to_slack, write
from tests.health.support import forget_heads
from tests.operator import Operator


def empty(file: File) -> None:
    """A file of no bytes, with the right rights."""
    file.write_bytes(b"")


def computed_anew(file: File) -> None:
    """As many rows, by somebody else: its chain is whole, and longer by one in the end."""
    file.unlink()
    write(Ledger(SecretStr(f"sqlite:///{file}")), 7, "nobody")


CUT, OLDER = "row 6: it ends at row 5, and row 6 was posted in", "row 4: it ends at row 3, and row 6 was posted in"

EMPTY, ANEW = "row 1: it is empty, and row 6 was posted in", "row 6: it is not the row that was posted in"


@pytest.mark.parametrize(
    ("posted", "change", "said"),
    [
        (post_to_prefect, cut, CUT),
        (post_to_slack, older_copy, OLDER),
        (post_to_slack, empty, EMPTY),
        (post_to_prefect, computed_anew, ANEW),
        pytest.param(post_to_slack, cut, CUT, marks=pytest.mark.long),
        pytest.param(post_to_prefect, older_copy, OLDER, marks=pytest.mark.long),
        pytest.param(post_to_prefect, empty, EMPTY, marks=pytest.mark.long),
        pytest.param(post_to_slack, computed_anew, ANEW, marks=pytest.mark.long),
    ],
)
def test_what_no_chain_shows_is_found_by_a_posted_head(
    operator: Operator,
    file: File,
    posted: Callable[[Operator], None],
    change: Callable[[File], None],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    posted(operator)
    assert looked().outcome is Outcome.OK
    capsys.readouterr()

    change(file)

    found = looked()
    assert found.outcome is Outcome.FAILED
    place = "Prefect" if posted is post_to_prefect else "Slack"
    assert f"broken at {said} {place} on {datetime.now(UTC):%Y-%m-%d}" in found.told
    assert "heads_since" in found.remedy
    assert main(["ledger", "verify"]) == 1
    assert said in capsys.readouterr().err


def test_a_chain_that_was_computed_anew_up_to_a_posted_row_is_found_by_an_older_head(
    operator: Operator, file: File
) -> None:
    """Whoever did it let a health run post the new head, too: it is the newest, and not the only one."""
    post_to_prefect(operator)
    computed_anew(file)
    post_to_prefect(operator)

    found = looked()

    assert found.outcome is Outcome.FAILED
    assert "broken at row 6" in found.told


def test_without_any_posted_head_it_is_unknown_and_without_any_row_nothing_can_be_lost(
    operator: Operator, file: File
) -> None:
    found = looked()
    assert (found.outcome, "no head of it was posted yet" in found.told) == (Outcome.UNKNOWN, True)
    assert "The ledger's chain is whole: 6 rows" in found.told

    empty(file)

    assert looked().outcome is Outcome.OK
    post_to_prefect(operator)
    write(operator.ledger, 1)
    assert looked().outcome is Outcome.OK


def test_a_place_that_cannot_be_asked_is_named_and_the_answer_is_unknown(
    operator: Operator, file: File, capsys: pytest.CaptureFixture[str]
) -> None:
    post_to_prefect(operator)
    post_to_slack(operator)
    assert looked().outcome is Outcome.OK

    operator.estate.slack.scopes -= {"im:history"}
    refused = looked()
    assert main(["ledger", "verify"]) == 3
    # Lines are folded at 100 columns.
    printed = " ".join(capsys.readouterr().err.split())
    operator.estate.server.plan.add(Fault("slack", FaultKind.ANSWER, status=503, times=None))
    away = looked()
    operator.estate.server.plan.clear()
    with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api"}):
        silent = looked()

    assert [one.outcome for one in (refused, away, silent)] == [Outcome.UNKNOWN] * 3
    assert "Add the scope im:history to the app" in refused.remedy
    assert "Whether it was cut off or computed anew is unknown: Slack: read the messages of" in printed
    assert "Slack: read the messages of" in away.told
    assert "Prefect: look for the ledger's posted heads failed: ConnectError." in silent.told
    # A head that is missing is told all the same.
    cut(file)
    operator.estate.slack.scopes -= {"im:history"}
    assert looked().outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "data",
    [
        '[{"ledger_row": "many"}]',
        pytest.param("7", marks=pytest.mark.long),
        pytest.param("[7]", marks=pytest.mark.long),
        pytest.param("[" * 100_000, marks=pytest.mark.long),
    ],
    ids=["no row", "a number", "no object", "too deep"],
)
def test_what_somebody_else_posted_as_a_head_is_told_and_proves_nothing(
    operator: Operator, file: File, data: str
) -> None:
    assert file
    operator.made("/artifacts/", {"key": heads.KEY, "type": "table", "data": data})

    found = looked()

    assert found.outcome is Outcome.UNKNOWN
    assert "as the ledger's head is none" in found.told


def test_one_false_head_hides_none_of_the_real_ones(operator: Operator, file: File) -> None:
    post_to_prefect(operator)
    for data in ("[{}]", "[]"):
        operator.made("/artifacts/", {"key": heads.KEY, "type": "table", "data": data})
    post_to_prefect(operator)

    found = looked()
    assert (found.outcome, "as the ledger's head is none (and 1 more there)." in found.told) == (Outcome.UNKNOWN, True)
    assert found.remedy == "Find out who posted it, and delete it there."
    cut(file)

    found = looked()
    assert found.outcome is Outcome.FAILED
    assert "broken at row 6: it ends at row 5" in found.told


def the_head_of_another_chain_again_and_again(operator: Operator, file: File) -> None:
    """Every health run posts its head while nothing happens, so most artifacts hold one and the same."""
    post_to_prefect(operator)
    computed_anew(file)
    for _ in range(heads.MOST):
        post_to_prefect(operator)


def what_people_write_to_each_other(operator: Operator, file: File) -> None:
    """Most messages of a channel hold no head."""
    post_to_slack(operator)
    slack = operator.estate.slack
    (posted,) = slack.messages
    later = int(posted["ts"].partition(".")[0]) + 60
    channel = posted["channel"]
    slack.messages.extend(
        {"type": "message", "channel": channel, "ts": f"{later}.{n:06}", "text": "lunch?"} for n in range(450)
    )
    cut(file)


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        (the_head_of_another_chain_again_and_again, "broken at row 6"),
        (what_people_write_to_each_other, "row 6 was posted in Slack"),
    ],
)
def test_what_is_posted_later_pushes_no_head_out(
    operator: Operator, file: File, posted: Callable[[Operator, File], None], said: str
) -> None:
    posted(operator, file)

    found = looked()

    assert found.outcome is Outcome.FAILED
    assert said in found.told


def test_the_head_of_another_rekey_in_the_same_channel_is_not_taken_for_this_ones(
    operator: Operator, file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert file
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("REKEY_PREFECT_UI_URL", "https://staging.example.com/v2")
        post_to_slack(operator)
    post_to_prefect(operator)
    empty(file)
    write(Ledger(SecretStr(f"sqlite:///{file}")), 3)
    forget_heads(operator)
    post_to_prefect(operator)

    assert looked().outcome is Outcome.OK
