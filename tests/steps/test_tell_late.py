"""What Slack did not take when it happened is told later, once, by watch."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from blocks.catalog import load_catalog
from blocks.ledger import untold as untold_alarms
from blocks.ledger.row import SHARED, Action
from blocks.operators import enrolment, registration, registry
from blocks.operators.passkeys import Site
from blocks.settings import read_settings
from deployments.rehearsal.authenticator import Authenticator
from deployments.sandbox.faults import Fault, FaultKind
from tasks.run import notify as alarms
from tasks.run import untold
from tasks.run.notify import Kind, notify
from tests.operator import Operator
from tests.steps.alarms import POST, told
from tests.steps.live import live_rotation
from tests.steps.support import alone
from tests.steps.watching import told_late, watched


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "PAUSES_S", (0.01, 0.01, 0.01))


def away(operator: Operator) -> None:
    """Slack takes no message until the plan is cleared."""
    operator.estate.server.plan.add(Fault("slack", FaultKind.ANSWER, "POST", POST, status=503, times=None))


def sent(headline: str, kind: Kind = Kind.ALARM) -> None:
    """Send a message about a rotation from a run."""
    assert alone(lambda: notify(live_rotation(), headline, "Why.", kind=kind)).is_completed()


def actions(operator: Operator) -> list[Action]:
    """Those about alarms."""
    return [row.action for row in operator.ledger.rows(actions=(Action.UNTOLD, Action.TOLD_LATE))]


def test_an_alarm_that_slack_did_not_take_is_told_once_when_it_takes_messages_again(operator: Operator) -> None:
    away(operator)
    sent("alpaca-live is held")
    sent("alpaca-live: trading may be on")

    watched()

    assert told(operator) == []
    assert actions(operator) == [Action.UNTOLD, Action.UNTOLD]

    operator.estate.server.plan.clear()
    watched()
    watched()

    first, second = told(operator)
    assert first.startswith("alpaca-live is held: Why. (Told late: Slack did not take it at ")
    assert second.startswith("alpaca-live: trading may be on: Why. (Told late: ")
    assert actions(operator)[2:] == [Action.TOLD_LATE, Action.TOLD_LATE]


def test_a_message_that_slack_does_not_take_keeps_no_other_from_people(operator: Operator) -> None:
    away(operator)
    sent("alpaca-live is held")
    sent("alpaca-live: trading may be on")
    operator.estate.server.plan.clear()
    # All tries of the first one, and no more.
    tries = len(alarms.PAUSES_S) + 1
    operator.estate.server.plan.add(Fault("slack", FaultKind.ANSWER, "POST", POST, status=503, times=tries))

    told_late()

    (only,) = told(operator)
    assert only.startswith("alpaca-live: trading may be on: Why. (Told late: ")
    told_late()
    assert told(operator)[1].startswith("alpaca-live is held: Why. (Told late: ")


def test_the_message_of_a_form_has_a_way_of_its_own_and_is_not_kept(operator: Operator) -> None:
    away(operator)

    sent("alpaca-live waits for the new pair", Kind.FORM)

    assert actions(operator) == []


def test_what_nobody_was_told_for_a_day_is_not_told_any_more(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    away(operator)
    sent("alpaca-live is held")
    operator.estate.server.plan.clear()
    monkeypatch.setattr(untold_alarms, "KEPT_FOR", timedelta(0))

    told_late()

    assert told(operator) == []


def test_a_catalog_that_names_nobody_keeps_nothing(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "_sent", lambda *_: False)

    sent("alpaca-live is held")

    assert actions(operator) == []


def test_whoever_got_the_right_to_act_is_told_once(operator: Operator) -> None:
    site = Site.of(read_settings().console_url)
    token, link = enrolment.invite(operator.ledger, "Sam", "superadmin", "claimed by somebody")
    one = Authenticator(site)
    response = one.register(registration.enrolling(link).challenge)
    registration.register(operator.ledger, site, token, response, "blue key")
    sam = registry.of(operator.ledger).operators["Sam"]
    enrolment.coded(operator.ledger, sam, "claimed by somebody")
    # A link that is approved lets nobody act by itself, but for codes.
    invited = enrolment.invite(operator.ledger, "Robin", "ops", "claimed by somebody")
    for token, link in (invited, enrolment.invite_codes(operator.ledger, sam, "claimed by somebody")):
        signed = one.sign(registration.approving(link).challenge, "Sam")
        registration.approve(operator.ledger, site, token, signed)

    told_late()
    told_late()

    key, code, approved = (str(message["text"]) for message in operator.estate.slack.messages)
    assert key.startswith(
        'Sam may act as an operator (superadmin): By the passkey "blue key", which was registered at '
    )
    assert "end it: 'rekey operator remove'" in key.replace("`", "'")
    for told_of in (code, approved):
        assert told_of.startswith("Sam may act as an operator (superadmin): By one-time codes, which were made at ")


def test_who_got_the_right_to_act_waits_for_nobody_where_the_catalog_names_nobody(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = read_settings().catalog.read_text()
    catalog = tmp_path / "nobody.toml"
    catalog.write_text(re.sub(r"(?m)^\[alerts\]\n(?:(?!\[).*\n)*", "", text))
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))
    assert load_catalog(catalog).alerts is None
    enrolled = {"who": "Sam", "role": "ops"}
    operator.ledger.append(Action.OPERATOR_CODED, rotation="", credential=SHARED, actor="somebody", context=enrolled)

    assert untold.waiting() == []
