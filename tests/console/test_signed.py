"""An operator answers on the console and signs it; the run, which looks at the signature, takes what was signed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect import tags

from blocks.ledger.row import Action
from blocks.model.step import Step
from blocks.operators import offline, offline_decisions, outside
from blocks.operators.approval import DO_NOT
from blocks.operators.passkeys import Site
from blocks.sealed.keys import bytes_of
from blocks.settings import read_settings
from deployments.console.signing import NO_PROOF
from deployments.rehearsal.authenticator import Authenticator
from deployments.rehearsal.robot import agreed_to
from tests.console.conftest import Served
from tests.operator import Operator
from tests.steps.beginning import begun
from tests.steps.live import first
from tests.steps.proving import ask_for, refusals
from tests.steps.test_await_readiness import releases
from tests.steps.test_sealing_key import in_folder
from tests.waiting import wait_until

pytestmark = pytest.mark.prefect
NAME = "test operator"


@pytest.fixture
def served(operator: Operator, serve: Callable[[], Served], monkeypatch: pytest.MonkeyPatch) -> Served:
    """A console of the estate in which the rotation runs."""
    for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING"):
        monkeypatch.setenv(name, operator.prefect.environment[name])
    monkeypatch.setenv("REKEY_LEASE_S", "60")
    ask_for(operator, "passkey", "alpaca-live")
    return serve()


@pytest.fixture
def two(operator: Operator) -> dict[str, Authenticator]:
    """Two operators with passkeys, and a catalog that asks for both."""
    catalog = Path(os.environ["REKEY_CATALOG"])
    table = "[credential.alpaca-live]\n"
    catalog.write_text(catalog.read_text().replace(table, f"{table}approvals = 2\n"))
    return {name: operator.enrol(name) for name in (NAME, "Kim")}


class Browser:
    """Somebody who is logged in, at the page of the rotation that waits."""

    def __init__(self, served: Served, operator: Operator, name: str = NAME, shows: str = "say whether") -> None:
        self._served = served
        login = operator.prefect.environment["PREFECT_API_AUTH_STRING"]
        answer = self._post("/login", {"name": name, "login": login}, {})
        assert answer.status_code == httpx.codes.OK, answer.text
        self._cookie = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
        assert operator.form is not None
        self.form = operator.form
        row = next(row for row in operator.ledger.rows() if row.action is Action.STARTED)
        self.rotation = row.rotation
        served.shows(shows)

    @classmethod
    def taking(cls, served: Served, operator: Operator, authenticator: Authenticator) -> Browser:
        """Who takes the rotation at once, and signs that."""
        one, body = cls(served, operator), {"instead_of": ""}
        assert one.post("take", body).json()["problem"] == NO_PROOF
        asked = one.post("take/challenge", body).json()
        signed = asdict(authenticator.sign(bytes_of(asked["challenge"]), NAME))
        assert one.post("take", {**body, "form": asked["form"], "assertion": signed}).is_success
        return one

    def page(self) -> str:
        """As it is now."""
        return self._served.browser.get(f"/rotations/{self.rotation}", headers=self._cookie).text

    def post(self, act: str, body: Mapping[str, Any]) -> httpx.Response:
        """As the page sends it."""
        return self._post(f"/rotations/{self.rotation}/{act}", body, self._cookie)

    def answer(self, body: Mapping[str, Any]) -> httpx.Response:
        """Press Submit."""
        return self._pressed("answer", body)

    def challenge(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What is to be signed for this answer."""
        found: dict[str, Any] = self._pressed("challenge", body).json()
        return found

    def signing_page(self) -> str:
        """The page, once it asks for a passkey."""
        pages: list[str] = []

        def asks() -> bool:
            pages.append(self.page())
            return "data-signs" in pages[-1] and 'id="answer"' in pages[-1]

        wait_until(asks, description="the page asks for a passkey", timeout_s=60)
        return pages[-1]

    def _pressed(self, act: str, body: Mapping[str, Any]) -> httpx.Response:
        """Pressed again while Prefect's database is busy."""
        answers: list[httpx.Response] = []

        def is_told() -> bool:
            answers.append(self.post(act, body))
            return answers[-1].status_code != httpx.codes.BAD_GATEWAY

        wait_until(is_told, description="Prefect says whether it takes the form", timeout_s=60)
        return answers[-1]

    def body(self) -> dict[str, Any]:
        """What is sent when everything is answered with yes."""
        key = self.form.key.removesuffix("-response")
        values = agreed_to(self.form.fields) if "confirm" in self.form.fields else {}
        return {"form": key, "run": self.form.run_id, "values": values}

    def _post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> httpx.Response:
        return self._served.browser.post(path, json=body, headers={"Origin": self._served.url, **headers})


@pytest.mark.long
def test_what_is_signed_on_the_console_is_taken_by_the_run(served: Served, operator: Operator) -> None:
    one = operator.enrol(NAME)

    def ready(person: Operator) -> None:
        browser = Browser.taking(served, person, one)
        page = browser.signing_page()
        assert "Sign with your passkey, and submit" in page
        assert 'name="proof"' not in page
        challenge = browser.challenge(browser.body())
        assert (challenge["rp"], list(challenge["known"].values())) == ("localhost", [NAME])
        signed = [asdict(one.sign(bytes_of(challenge["challenge"]), NAME)) for _ in range(2)]
        # Two tabs at the same moment: one counts, and the other is told.
        with ThreadPoolExecutor(2) as tabs:
            answers = [*tabs.map(lambda each: browser.answer({**browser.body(), "assertion": each}), signed)]
        taken, other = sorted(answers, key=lambda answer: answer.status_code)
        assert taken.json() == {"told": "Taken. rekey reads it now."}
        assert other.json()["problem"].startswith("This form was answered, or came again.")

    name = outside.new_name(datetime.now(UTC))
    start = outside.started(name, "alpaca-live", "scheduled", NAME)
    site = Site.of(read_settings().console_url)
    proof = outside.proved(
        operator.ledger, site, start, one.sign(start.challenge, NAME), "superadmin", datetime.now(UTC)
    )
    with tags(f"{outside.TAG}{name}"):
        outcome = operator.rotate(ready, Operator.regenerate_live, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    began = operator.ledger.newest(actions=(Action.STARTED,))
    assert began is not None
    assert (began.facts.starter, began.facts.proved_in, began.facts.unsigned) == (NAME, proof.row, False)
    assert f"started by {NAME}, who signed that" in served.text(f"/rotations/{began.rotation}")
    taken = operator.ledger.newest(actions=(Action.TAKEN,))
    assert taken is not None
    assert taken.actor == f"proved to be {NAME} (superadmin, passkey)"
    assert f"| Started by | {NAME} |" in operator.report("alpaca-live")
    assert offline_decisions.broken(operator.ledger) == (2, None)
    (row,) = [row for row in operator.steps("await_readiness") if row.facts.is_done]
    assert row.actor == f"proved to be {NAME} (superadmin, passkey)"
    assert refusals(operator) == []
    assert offline.broken(operator.ledger) == (4, None)


def test_what_was_changed_after_it_was_signed_counts_for_nothing(served: Served, operator: Operator) -> None:
    """The console itself does not look: whoever sends something else is refused by the run."""
    one = operator.enrol(NAME)

    def changed(person: Operator) -> None:
        browser = Browser.taking(served, person, one)
        body = browser.body()
        other = {**body, "values": {**body["values"], "confirm": " alpaca-live"}}
        browser.signing_page()
        challenge = browser.challenge(other)["challenge"]
        signed = asdict(one.sign(bytes_of(challenge), NAME))
        assert browser.post("answer", {**body, "assertion": {"operator": NAME}}).status_code == httpx.codes.BAD_REQUEST
        answer = browser.answer({**body, "assertion": signed})
        assert answer.is_success, answer.text

    outcome = operator.rotate(changed, lambda one: one.be_ready(), Operator.regenerate_live, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    assert "it signs something else than this form" in outcome.descriptions[1]
    assert len(refusals(operator)) == 1


@pytest.mark.long
def test_authenticators_of_others_are_not_offered(served: Served, operator: Operator) -> None:
    operator.enrol("Sam")

    def ready(person: Operator) -> None:
        browser = Browser(served, person)
        assert browser.post("take/challenge", {"instead_of": ""}).json()["known"] == {}
        told = f"{NAME} has no passkey, and this is proved by one."
        wait_until(lambda: told in browser.page(), description="the page says who may answer", timeout_s=60)
        assert "Take it, as" not in browser.page()

    assert begun(operator, first(ready, Operator.be_ready), until=Step.AWAIT_READINESS, credential="alpaca-live")


def test_another_operator_ends_it_on_the_console_before_anything_was_touched(
    served: Served, operator: Operator, two: dict[str, Authenticator]
) -> None:
    """Without taking the rotation; what is signed is the choice, which names the plan."""

    def not_now(person: Operator) -> None:
        browser = Browser(served, person, "Kim", "approve the plan, or end the rotation")
        assert "stops: TRADING_LIVE_DISABLED on raxx-mq-a" in browser.signing_page()
        body = {**browser.body(), "values": {"choice": DO_NOT, "why": "not before the weekend"}}
        challenge = browser.challenge(body)["challenge"]
        signed = asdict(two["Kim"].sign(bytes_of(challenge), "Kim"))
        assert browser.answer({**body, "assertion": signed}).json() == {"told": "Taken. rekey reads it now."}

    outcome = operator.rotate(Operator.be_ready, not_now, credential="alpaca-live")

    assert outcome.state.name == "Stopped", outcome.message
    assert "Kim did not approve it: not before the weekend." in outcome.message
    last = operator.ledger.newest(actions=(Action.ABORTED,))
    assert last is not None
    assert last.actor == "proved to be Kim (superadmin, passkey)"
    assert releases(operator) == [1, 1]
    assert in_folder(operator) == {}
    assert operator.ledger.open_start("alpaca-live") is None
