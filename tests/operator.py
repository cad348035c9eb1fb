"""A person in tests: starts the flow, presses Regenerate, answers forms, in a thread beside the flow."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from prefect import Flow
from prefect.client.schemas.objects import State
from prefect.exceptions import ObjectNotFound
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row
from blocks.operators.passkeys import Site
from blocks.operators.registry import SUPERADMIN
from blocks.runtimes.raptor import Raptor
from blocks.secret import Minted
from blocks.settings import read_settings
from deployments.local.processes import LocalPrefect
from deployments.rehearsal.authenticator import Authenticator
from deployments.rehearsal.enrolled import enrolled
from deployments.rehearsal.robot import Carried, Robot, agreed_to
from deployments.sandbox.estate import RUNTIMES, Estate
from deployments.setup.seeds import VENDORS
from flows.rotate import rotate
from tests.at_prefect import AtPrefect, Form
from tests.canaries import Canaries
from tests.waiting import PREFECT_TIMEOUT_S, wait_until

# What an operator does with a form: the pair to submit, or None when it was dealt with otherwise.
Answer = Callable[["Operator"], Minted | None]


@dataclass
class Outcome:
    """How a run ended, and what the operator was shown on the way."""

    state: State[Any]
    descriptions: list[str] = field(default_factory=list)
    # What went wrong with the person, not with the flow.
    failure: BaseException | None = None

    @property
    def message(self) -> str:
        """The state's message."""
        return self.state.message or ""


class Operator(AtPrefect):
    """Works against the test's Prefect server and estate."""

    def __init__(self, prefect: LocalPrefect, estate: Estate, ledger: Ledger, canaries: Canaries) -> None:
        super().__init__(prefect, Robot(estate.url("dashboard"), prefect.environment))
        self.estate = estate
        self.ledger = ledger
        self.canaries = canaries
        self.robot.ledger = ledger
        # The form that is being answered.
        self.form: Form | None = None
        self._context: Context | None = None

    def regenerate(self) -> Pair:
        """Click Regenerate of the right account, and copy both values."""
        return Pair(*_as_pair(self.estate.paper.regenerate()))

    def regenerate_live(self) -> Pair:
        """Click Regenerate of the live account, enter the code that it asks for, and copy both values."""
        return Pair(*_as_pair(self.estate.live.regenerate()))

    def rotate(
        self, *answers: Answer, credential: str = "alpaca-paper", flow: Flow[..., Any] = rotate, **parameters: Any
    ) -> Outcome:
        """Run the flow in this thread, and answer its forms one after another in another one."""
        name = f"test-{uuid4().hex[:8]}"
        outcome = Outcome(state=None)  # type: ignore[arg-type]  # set below, when the flow has ended
        over = threading.Event()
        self._context = copy_context()
        person = threading.Thread(target=self._answer, args=(name, answers, outcome, over), daemon=True)
        person.start()
        try:
            outcome.state = _started(flow, name, credential, parameters)
        except ObjectNotFound:
            # The person had to end the run; why is raised below.
            assert outcome.failure is not None
        finally:
            over.set()
            person.join(PREFECT_TIMEOUT_S)
        if outcome.failure is not None:
            raise outcome.failure
        return outcome

    def start_meanwhile(self, credential: str = "alpaca-paper", **parameters: Any) -> State[Any]:
        """Start another run while a form of the first one is shown; to be called by an answer."""
        return self.meanwhile(lambda: _started(rotate, f"test-{uuid4().hex[:8]}", credential, parameters))

    def meanwhile(self, work: Callable[[], State[Any]]) -> State[Any]:
        """Let another flow run while a form of the first one is shown; to be called by an answer."""
        assert self._context is not None
        return self._context.run(work)

    def actions(self) -> list[str]:
        """The ledger's actions of rotations, without the steps."""
        rows = [row for row in self.ledger.rows() if row.rotation]
        return [row.action.value for row in rows if row.action is not Action.STEP]

    def steps(self, name: str) -> list[Row]:
        """The ledger's rows of one step."""
        return [row for row in self.ledger.rows() if row.context.get("step") == name]

    def report(self, credential: str = "alpaca-paper") -> str:
        """The newest report in Prefect, as Markdown."""
        return str(self.api.get(f"/artifacts/rotation-{credential}/latest").json()["data"])

    def tables_with(self, secret: SecretStr) -> list[str]:
        """The tables of Prefect's database that hold this value in one of their rows."""
        return self.canaries.rows_of(secret.get_secret_value(), self.prefect.places.home)

    def submit(self, run_id: str, pair: Minted, **other: Any) -> dict[str, Any]:
        """Submit the form as a person does, who presses the button again when Prefect's database was busy (503).

        One that takes sealed entries alone is filled in sealed.
        """
        if self.form is not None and set(self.form.fields) <= {"sealed", "operator", "stop_here"}:
            return self._resumed(run_id, {"sealed": self.sealed(pair), "operator": "test operator", **other})
        self.canaries.typed.add(pair.secret.get_secret_value().strip())
        # Without a form it is one of Alpaca's paper account.
        switches = (
            {name for name in self.form.fields if name.startswith("switcher")} if self.form else {"switcher_says_paper"}
        )
        values = {
            **{field: value.get_secret_value() for field, value in pair.values.items()},
            "operator": "test operator",
            **dict.fromkeys(switches, True),
            **other,
        }
        return self._resumed(run_id, values)

    def enrol(self, name: str = "test operator", role: str = SUPERADMIN) -> Authenticator:
        """Enrol somebody who carries an authenticator; the first one fills in forms from now on."""
        site = Site.of(read_settings().console_url)
        one = enrolled(self.ledger, site, name, role, self.robot.carries)
        self.robot.carries = self.robot.carries or Carried(name, one, self.ledger)
        return one

    def sealed(self, pair: Minted) -> str:
        """The pair as the console or a terminal seals it for the form that is shown: by what the ledger says."""
        assert self.form is not None
        return self.robot.sealed(self.form.key.removesuffix("-response"), pair)

    def fill(self, **values: Any) -> dict[str, Any]:
        """Fill in the form that is shown, one without a secret."""
        assert self.form is not None
        return self._resumed(self.form.run_id, {"operator": "test operator", **values})

    def be_ready(self) -> None:
        """Fill in the readiness form."""
        assert self.form is not None
        self.fill(**agreed_to(self.form.fields))

    def choose(self, choice: str) -> None:
        """Fill in a form that asks for a choice."""
        assert self.form is not None
        assert choice in self.form.fields["choice"]["enum"], self.form.fields
        self.fill(choice=choice)

    def _resumed(self, run_id: str, values: dict[str, Any]) -> dict[str, Any]:
        answers: list[httpx.Response] = []

        signed = self.robot.proved(run_id, values)

        def taken() -> bool:
            answers.append(self.api.post(f"/flow_runs/{run_id}/resume", json={"run_input": signed}))
            return answers[-1].status_code != httpx.codes.SERVICE_UNAVAILABLE

        wait_until(taken, description="Prefect takes the form", timeout_s=PREFECT_TIMEOUT_S)
        answer: dict[str, Any] = answers[-1].raise_for_status().json()
        return answer

    def lose_patience(self, read_timeout_s: float) -> None:
        """Make every block of the estate wait that long for an answer."""
        seeds = self.estate.seeds()
        for kind in [one for one, prefix in VENDORS.items() if any(name.startswith(prefix) for name in seeds)]:
            self.change_block(kind, read_timeout_s=read_timeout_s)
        for name in RUNTIMES:
            self.change_block(Raptor, name, read_timeout_s=read_timeout_s)

    def _answer(self, name: str, answers: tuple[Answer, ...], outcome: Outcome, over: threading.Event) -> None:
        answered: set[str] = set()
        try:
            for answer in (*answers, _not_expected):
                self.form = self.next_form(name, answered, over)
                if self.form is None:
                    return
                answered.add(self.form.key)
                outcome.descriptions.append(self.form.description)
                pair = answer(self)
                if pair is not None:
                    self.submit(self.form.run_id, pair)
        except BaseException as failure:  # noqa: BLE001  # handed to the test's own thread
            outcome.failure = failure
            # Nobody will answer: without its run the flow ends now, and not when the form's time is over.
            wait_until(lambda: self.deleted(name), description="Prefect deletes the run", timeout_s=PREFECT_TIMEOUT_S)


def _started(flow: Flow[..., Any], name: str, credential: str, parameters: dict[str, Any]) -> State[Any]:
    named: Any = flow.with_options(flow_run_name=name)
    state: State[Any] = named(credential, **parameters, return_state=True)
    return state


def _not_expected(operator: Operator) -> Pair | None:
    assert operator.form is not None
    raise AssertionError(f"a form that the test does not answer: {operator.form.description}")


def _as_pair(values: tuple[str, str]) -> tuple[str, SecretStr]:
    return values[0], SecretStr(values[1])
