"""Rotations of a key that lives on by a clock: nothing is down, and its death is proved when its time is over."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from blocks.catalog import load_catalog
from blocks.ledger.row import Action
from blocks.model.rotation import Reason
from blocks.prefect_api import estate
from blocks.secret import Minted
from blocks.settings import read_settings
from blocks.vaults import pending
from deployments.cli.main import main
from deployments.sandbox.estate import STRIPE
from deployments.sandbox.faults import Fault, FaultKind
from tests.issuers.retired import looked, retired
from tests.issuers.stripe.conftest import HOUR, NAME, Bench, key
from tests.operator import Answer, Operator
from tests.steps.watching import watched

MINUTE = timedelta(minutes=1)


def alerts(bench: Bench) -> str:
    """What Slack told."""
    return json.dumps(bench.operator.estate.slack.messages)


def times_told(bench: Bench, headline: str) -> int:
    """How often people were told that."""
    return sum(headline in json.dumps(one) for one in bench.operator.estate.slack.messages)


def minting(bench: Bench, hours: float = 24) -> Answer:
    """A person who rotates the key as the form says."""

    def mint(person: Operator) -> Minted:
        assert person.form is not None
        assert "In the old restricted key's menu (three dots) press **Rotate key**." in person.form.description
        return bench.rotated(hours)

    return mint


def ended(bench: Bench) -> None:
    """A rotation is over, of which the step retire alone was run."""
    retired(bench.operator, NAME, STRIPE, bench.rotated())


def every_wrong_thing_first(bench: Bench, made: list[Minted], of_live: Minted) -> tuple[Answer, ...]:
    """A secret key, one of the other mode, one that may do too little, and too much; then the right one."""

    def may(*permissions: str) -> None:
        granted = bench.operator.estate.issuers.stripe.permissions
        granted.clear()
        granted.update(permissions)

    def first(_: Operator) -> Minted:
        return key(f"sk_test_{40 * 'a'}")

    def of_the_other_mode(person: Operator) -> Minted:
        assert person.form is not None
        assert "which may do everything: rekey does not keep it." in person.form.description
        return of_live

    def without_the_permission(person: Operator) -> Minted:
        assert person.form is not None
        made.append(bench.rotated())
        may()
        return made[-1]

    def with_too_many(person: Operator) -> Minted:
        assert person.form is not None
        assert "does not let the new key ask /v1/charges" in person.form.description
        may("charges", "payouts")
        return made[-1]

    def right(person: Operator) -> Minted:
        assert person.form is not None
        assert "lets the new key ask /v1/payouts" in person.form.description
        may("charges")
        return made[-1]

    return first, of_the_other_mode, without_the_permission, with_too_many, right


def test_the_old_key_is_kept_until_its_time_is_over_and_its_death_is_proved_then(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person enters every wrong thing first: each is told apart, and nothing is down meanwhile."""
    (old,) = bench.keys.living.values()
    seen: list[bool] = []
    made: list[Minted] = []
    of_live = key(bench.operator.estate.issuers.stripe.live.mint())

    class Looking(Fault):
        def strike(self) -> None:
            seen.append(bench.used <= set(bench.keys.living.values()))

    for vendor in ("infisical", "heroku"):
        bench.operator.estate.server.plan.add(Looking(vendor, FaultKind.SLOW, seconds=0.0, times=None))

    outcome = bench.operator.rotate(*every_wrong_thing_first(bench, made, of_live), credential=NAME)

    assert outcome.state.is_completed(), outcome.message
    assert "Choose that it expires in **24 hours**" in outcome.descriptions[0]
    (kept,) = bench.kept
    assert f"the old key {kept.mark} dies by" in outcome.message
    assert "not proved when this was written" in bench.operator.report(NAME)
    assert bench.used == {made[-1].secret.get_secret_value()}
    assert len(seen) > 10
    assert all(seen)
    left = {f"STRIPE_TEST_KEY__{of_live.fingerprint.upper()}"}
    assert bench.folder == {f"STRIPE_TEST_KEY__{kept.mark.upper()}", *left}, (
        "what works in live mode is not thrown away"
    )
    capsys.readouterr()
    assert main(["status"]) == 0
    assert f"{NAME}: the old {kept.mark} dies by" in " ".join(capsys.readouterr().out.split())
    watched()
    assert bench.kept == [kept], "it lives until its date, and nobody is told of that"

    bench.later(24 * HOUR + MINUTE)
    watched()

    assert old not in bench.keys.living.values()
    assert (bench.kept, bench.folder) == ([], left)
    proved = [row for row in bench.operator.ledger.rows() if row.action is Action.OLD_ASKED]
    assert [row.facts.old_answer for row in proved] == ["dead"]
    assert "is dead: refused 9 times in a row" in proved[0].facts.reason
    assert bench.operator.ledger.verify() is None
    assert f"{NAME}: the old one is dead" in alerts(bench)


@pytest.mark.long
def test_one_that_was_ended_with_the_click_is_told_and_replaced_at_once(bench: Bench) -> None:
    """Grace "now", chosen by mistake: what uses the key is down, so it goes on forward, whatever fails meanwhile."""

    def now(person: Operator) -> Minted:
        made = bench.rotated(hours=0)
        fault = Fault("infisical", FaultKind.ANSWER, "PATCH", "/api/v3/secrets/batch/raw", 500, times=4)
        person.estate.server.plan.add(fault)
        return made

    def go_on(person: Operator) -> None:
        person.estate.server.plan.clear()
        person.choose("retry this step")

    outcome = bench.operator.rotate(now, go_on, credential=NAME)

    assert outcome.state.is_completed(), outcome.message
    assert f"{NAME}: the old one died too early" in alerts(bench)
    assert "What uses it is down until rekey has written the new one." in alerts(bench)
    assert bench.used == set(bench.keys.living.values())
    assert bench.kept == []
    (proof,) = [one for one in bench.operator.steps("retire")[-1].context["proofs"] if "is dead" in one]
    assert "refused 6 times in a row" in proof


@pytest.mark.long
def test_another_rotation_while_one_lives_still_keeps_both_and_each_is_proved_dead_at_its_date(bench: Bench) -> None:
    """One that outlives its time is told, and reminded of each day; it is proved dead when somebody deleted it."""
    (first,) = bench.keys.living.values()
    assert bench.operator.rotate(minting(bench), credential=NAME).state.is_completed()
    (second,) = bench.used
    outcome = bench.operator.rotate(minting(bench, hours=1), credential=NAME, reason=Reason.COMPROMISE)

    assert outcome.state.is_completed(), outcome.message
    assert "Choose that it expires in **1 hour**" in outcome.descriptions[0]
    assert len(bench.kept) == len(bench.folder) == 2
    assert {first, second} < set(bench.keys.living.values())

    bench.later(HOUR + MINUTE)
    watched()
    assert [one.mark for one in bench.kept] == [key(first).fingerprint], "the second one died first"
    bench.keys.knobs.outlives = True
    bench.later(23 * HOUR)
    watched()
    watched()
    assert times_told(bench, f"{NAME}: the old one lives on") == 1
    assert f"ends with {first[-4:]}" in alerts(bench)
    bench.later(24 * HOUR)
    watched()
    assert times_told(bench, f"{NAME}: the old one lives on") == 2, "each day"
    bench.keys.delete(first)
    watched()
    assert (bench.kept, bench.folder) == ([], set())


@pytest.mark.long
def test_while_nobody_can_say_it_is_asked_again_and_told_when_that_lasts(bench: Bench) -> None:
    """Unknown is never dead. One that somebody ended before its date is not kept longer; a lost one is told."""
    ended(bench)
    plan = bench.operator.estate.server.plan
    bench.later(25 * HOUR)
    plan.add(Fault("issuers", FaultKind.ANSWER, path="/v1/account", status=500, times=None))
    looked()
    bench.later(31 * MINUTE)
    looked()
    looked()
    assert times_told(bench, "whether the old one is dead is unknown") == 1
    assert len(bench.folder) == 1
    plan.clear()
    looked()
    assert bench.kept == []

    bench.later(-bench.ahead)
    ended(bench)
    bench.keys.delete(next(iter(bench.keys.living.values())))
    bench.later(HOUR)
    looked()
    assert bench.kept == [], "dead before its date"
    assert "It died before its date." in json.dumps([row.context for row in bench.operator.ledger.rows()])

    ended(bench)
    (kept,) = bench.kept
    place = load_catalog(read_settings().catalog).get(NAME).vault
    with estate.vault(place).get_client() as vault:
        pending.drop(vault, place, [kept.mark])
    bench.later(25 * HOUR)
    looked()
    assert bench.kept == []
    assert f"{NAME}: nobody can prove that the old one is dead" in alerts(bench)
