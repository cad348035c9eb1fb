"""Somebody approves a plan, ends a rotation, and closes one in Chromium: each is signed by a passkey.

Beside a Prefect server that only shows forms and keeps what they are answered: what it got is checked as a run does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from prefect.input import RunInput

from blocks.catalog import load_catalog
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.model.step import Step
from blocks.operators import approval, assertion, offline, offline_decisions, prove
from blocks.operators.act import PROOF, act_of, shown
from blocks.operators.approval import DO_NOT
from blocks.operators.passkeys import Site
from blocks.operators.registry import SUPERADMIN
from blocks.settings import read_settings
from tasks.person.prove import with_proof
from tasks.rotate import approve_form, readiness_form
from tasks.rotate.readiness_form import NOT_READY
from tests.blocks.catalog_text import SHIPPED
from tests.console.conftest import RUN, Served
from tests.console.prefect_twin import LOGIN, PrefectTwin
from tests.console.test_enrol import invited
from tests.console.test_enrol_in_the_browser import Desk, register
from tests.waiting import wait_until

pytestmark = pytest.mark.prefect
LIVE, ROTATION, PLAN = "alpaca-live", "r-20261128-090000-ab12", "0" * 64
WORDS = "What is asked."


@dataclass
class Deciding:
    """Sam, who is enrolled with an authenticator of the browser, and a rotation that waits for somebody."""

    served: Served
    prefect: PrefectTwin
    page: Page

    def ask(self, step: Step, form: type[RunInput], number: int) -> dict[str, Any]:
        """Its run shows this form now; open its page there. The schema of the form."""
        key, schema = f"paused-{ROTATION}-{step}-{number}", with_proof(form, "passkey").model_json_schema()
        self.prefect.show(RUN, key, WORDS, schema)
        self.served.wait(step.value, LIVE, rotation=ROTATION, form=key, run=RUN, awaited="a word")
        self.page.goto(f"{self.served.url}/rotations/{ROTATION}")
        return schema

    def submit(self) -> dict[str, Any]:
        """Press the button; what Prefect gets for that."""
        before = len(self.prefect.answers)
        self.page.get_by_role("button", name="Sign with your passkey, and submit").click()
        wait_until(lambda: len(self.prefect.answers) > before, description="Prefect has the answer", timeout_s=30)
        return self.prefect.answers[-1][1]

    def demand_signed(self, step: Step, schema: dict[str, Any], values: dict[str, Any], number: int) -> None:
        """As a run checks it: Sam signed this very answer to this very form."""
        key = f"paused-{ROTATION}-{step}-{number}"
        done = act_of(ROTATION, step.value, key, shown(WORDS, schema), values, Alpaca.fields)
        given = assertion.read(values[PROOF])
        proof = prove.by_passkey(self.served.ledger, Site.of(self.served.url), done, given, SUPERADMIN)
        assert (proof.who, proof.how) == ("Sam", "passkey")


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: None) -> None:  # noqa: ARG001  # set before
    """Live asks for a passkey, and for two approvals."""
    text, table = tmp_path / "catalog.toml", f"[credential.{LIVE}]\n"
    assert table in SHIPPED
    text.write_text(SHIPPED.replace(table, f'{table}proof = "passkey"\napprovals = 2\n'))
    monkeypatch.setenv("REKEY_CATALOG", str(text))


@pytest.fixture
def desk(browser: Browser) -> Iterator[Desk]:
    """Of Sam, with an authenticator."""
    one = Desk(browser)
    one.take()
    yield one
    one.close()


def begun(served: Served, page: Page) -> None:
    """A rotation, and Sam, who enrols and logs in."""
    served.start(LIVE, ROTATION)
    served.shows(LIVE)
    page.goto(served.url + invited(served.ledger, "Sam"))
    register(page, "laptop")
    expect(page.get_by_text("1 of 2 authenticators registered: laptop")).to_be_visible()
    page.goto(f"{served.url}/login")
    page.get_by_label("Your name").fill("Sam")
    page.get_by_label("Prefect's login").fill(LOGIN)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="All credentials")).to_be_visible()


def protected(ledger: Ledger) -> None:
    """Before a console begins, which looks again for a ledger that is not there only after seconds."""
    ledger.append(Action.PROTECTED, rotation="", credential="all credentials", actor="somebody", context={})


@pytest.fixture
def deciding(
    prefect_twin: PrefectTwin,
    catalog: None,  # noqa: ARG001  # it sets the environment
    ledger: Ledger,
    serve: Callable[[], Served],
    desk: Desk,
) -> Deciding:
    protected(ledger)
    one = Deciding(serve(), prefect_twin, desk.page)
    begun(one.served, desk.page)
    return one


def test_a_plan_is_approved_and_another_one_is_refused_with_a_reason(deciding: Deciding) -> None:
    """Whoever has the role does it, without taking the rotation."""
    page = deciding.page
    schema = deciding.ask(Step.APPROVE, approve_form.form_of(PLAN), 1)
    page.get_by_label(approval.approve(PLAN)).check()

    values = deciding.submit()

    assert values["choice"] == approval.approve(PLAN)
    deciding.demand_signed(Step.APPROVE, schema, values, 1)

    schema = deciding.ask(Step.APPROVE, approve_form.form_of("1" * 64), 2)
    page.get_by_label(DO_NOT).check()
    page.get_by_label("Why not").fill("the release is today")
    values = deciding.submit()
    assert (values["choice"], values["why"]) == (DO_NOT, "the release is today")
    deciding.demand_signed(Step.APPROVE, schema, values, 2)
    assert offline.broken(deciding.served.ledger)[1] is None


def test_whoever_is_not_ready_need_not_fill_in_the_rest(deciding: Deciding) -> None:
    """A browser itself demands what is required, until the switch is on."""
    page = deciding.page
    form = readiness_form.form_of(load_catalog(read_settings().catalog).get(LIVE), may_be_open=False, may_stop=True)
    schema = deciding.ask(Step.AWAIT_READINESS, form, 1)
    page.get_by_role("button", name=re.compile("^Take it, as Sam")).click()
    page.get_by_role("button", name="Sign with your passkey, and submit").click()
    assert not page.get_by_label("I have the second factor at hand").evaluate("field => field.validity.valid")
    assert deciding.prefect.answers == []

    page.get_by_label(NOT_READY).check()
    page.get_by_label("Why not").fill("no second factor")
    values = deciding.submit()

    assert (values["stop_here"], values["at_dashboard"], values["why"]) == (True, False, "no second factor")
    deciding.demand_signed(Step.AWAIT_READINESS, schema, values, 1)


@pytest.mark.usefixtures("catalog")
def test_a_rotation_of_which_no_run_lives_is_closed(
    ledger: Ledger, serve: Callable[[], Served], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REKEY_LEASE_S", "0.5")
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", LOGIN)
    protected(ledger)
    served, page = serve(), desk.page
    begun(served, page)
    served.shows("start the rotation again: no form of it takes an answer")
    page.goto(f"{served.url}/rotations/{ROTATION}")
    page.get_by_text("Close it by hand").click()
    page.get_by_label("Why it is over").fill("done in the dashboard")

    page.get_by_role("button", name="Sign with your passkey, and close it").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Over since")
    expect(page.locator("main > p.lines")).to_have_text("done in the dashboard")
    row = ledger.rows()[-1]
    assert (row.action, row.actor) == (Action.ABORTED, "proved to be Sam (superadmin, passkey)")
    assert offline_decisions.broken(ledger)[1] is None
    expect(page.get_by_text("closed it by hand: done in the dashboard")).to_be_visible()
