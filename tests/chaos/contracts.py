"""A rotation of a credential of another contract that is killed: its person, and what is looked at in the end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from blocks.secret import Minted
from tests.at_prefect import Form
from tests.chaos import invariants, points
from tests.chaos.attempt import Attempt
from tests.chaos.machines import OWN, OwnPlay, listed
from tests.chaos.person import RETRY, Person, first_line
from tests.chaos.play import Play
from tests.chaos.points import Point
from tests.contracts import promises
from tests.contracts.contract import CONTRACTS, Contract, listed_alone
from tests.faults import invariants as sentences
from tests.operator import Operator

# Nothing of it is another one's: the cells of Alpaca's credentials have it.
ELSEWHERE = ("preflight", "await_readiness", "approve", "pause", "snapshot")


class KeyPerson(Person):
    """Makes a key, and ends the old one when asked to."""

    def __init__(self, operator: Operator, contract: Contract) -> None:
        super().__init__(operator, contract.credential)
        self.contract = contract
        self.old = contract.in_the_vault(operator.estate)
        self.made: Minted | None = None

    @property
    def value(self) -> str:
        """What was entered."""
        return self.made.secret.get_secret_value() if self.made else ""

    def click(self) -> None:
        """Make a new one, unless an earlier one is not submitted yet."""
        if self.made is None:
            self.made = self.contract.minted(self.operator.estate)

    def _answer(self, form: Form, what: str) -> None:
        if what == points.FORM_OF_RETIRE:
            keys = self.contract.keys(self.operator.estate)
            if self.old in keys.living.values():
                keys.delete(self.old)
            self.operator.fill(ended=True)
        elif what == points.FORM_OF_THE_PAIR:
            self._enter(form)
        else:
            self.held.append(sentences.reason_in(form.description))
            self.operator.choose(RETRY)

    def _enter(self, form: Form) -> None:
        if self.submitted:
            self.violations.append(f"I1: what was submitted is asked for again: {first_line(form)}")
            self.made = None
        self.click()
        assert self.made is not None
        self.submitted = True
        self.operator.submit(form.run_id, self.made)


class KeyPlay(Play):
    """One rotation of such a credential."""

    person: KeyPerson

    def __init__(self, operator: Operator, credential: str) -> None:
        self.contract = CONTRACTS[credential]
        listed_alone(operator, self.contract)
        super().__init__(operator, credential)

    def _somebody(self) -> KeyPerson:
        return KeyPerson(self.operator, self.contract)

    def lost(self, attempt: Attempt) -> list[str]:
        """What was submitted, and is nowhere."""
        if not self.person.submitted:
            return []
        typed = invariants.typed(self.operator, self.run_id(attempt)).values()
        kept = [str(value) for entry in typed for value in entry.values()]
        return promises.lost(self.operator, self.contract, self.person.value, kept)

    def _afterwards(self, runs: Collection[str]) -> list[str]:
        found = promises.afterwards(self.operator, self.contract, self.person.old, self.person.value)
        return found + [f"{promises.LITTER}: {one}" for one in invariants.left(self.operator, runs)]


def answers_of(contract: Contract) -> tuple[Callable[[Operator], Minted | None], ...]:
    """What a person does in a clean rotation."""
    old: list[str] = []

    def mint(operator: Operator) -> Minted:
        old.append(contract.in_the_vault(operator.estate))
        return contract.minted(operator.estate)

    def end(operator: Operator) -> None:
        contract.keys(operator.estate).delete(old[0])
        operator.fill(ended=True)

    return (mint, end) if contract.credential == "postmark-server" else (mint,)


def ready_for(operator: Operator, credential: str) -> tuple[Callable[[Operator], Minted | None], ...]:
    """Let the catalog have this credential; what a person does in a clean rotation, nothing where an API makes it."""
    if credential in OWN:
        listed(operator)
        return ()
    listed_alone(operator, CONTRACTS[credential])
    return answers_of(CONTRACTS[credential])


def own_points(found: Sequence[Point]) -> list[Point]:
    """Without those before the key is made."""
    return [one for one in found if one.step not in ELSEWHERE]


def play_of(operator: Operator, credential: str) -> Play:
    """The rotation of this credential."""
    if credential in OWN:
        return OwnPlay(operator, credential)
    return KeyPlay(operator, credential) if credential in CONTRACTS else Play(operator, credential)
