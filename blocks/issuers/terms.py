"""What an issuer and the steps say to each other: how it replaces, whose a pair is, what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from blocks.answer import Answer
from blocks.errors import VendorError
from blocks.model.credential import Credential
from blocks.model.rotation import Reason, Snapshot, Todo
from blocks.model.step import Step
from blocks.proofs import Record
from blocks.secret import Minted


class OldDies(StrEnum):
    """What ends the old pair."""

    AT_MINT = "at mint"
    AT_REVOKE = "at revoke"
    AFTER_GRACE = "after grace"


class By(StrEnum):
    """Who does something at the issuer."""

    PERSON = "person"
    API = "API"


@dataclass(frozen=True, slots=True)
class Traits:
    """How an issuer replaces a pair."""

    old_dies: OldDies
    minted_by: By = By.PERSON
    # None where the old pair dies of being replaced, and nothing is left to revoke.
    revoked_by: By | None = None
    # How many pairs of one subject live at once; None for as many as anybody likes.
    slots: int | None = 1
    # How long the old pair lives on where its issuer ends it by the clock; and when somebody may know it.
    grace: timedelta | None = None
    urgent_grace: timedelta | None = None
    # How long an old pair that was ended may be taken back, before it is ended for good; None where an end is final.
    reversible_for: timedelta | None = None

    def taken_back_for(self, reason: Reason) -> timedelta | None:
        """How long it may be; None where an end is final. One that somebody may know goes for good at once."""
        return timedelta(0) if self.reversible_for and reason is Reason.COMPROMISE else self.reversible_for

    def lives_on(self, reason: Reason) -> timedelta | None:
        """How long the person who mints is told to let the old pair live on; None where nothing ends it by a clock."""
        urgent = self.urgent_grace if reason is Reason.COMPROMISE else None
        return urgent or self.grace

    @property
    def overlap(self) -> bool:
        """Whether both pairs live until the old one is retired: nothing is down meanwhile, and nothing is stopped."""
        return self.old_dies is not OldDies.AT_MINT


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose a pair is, as its issuer said a moment ago."""

    # The name of the account (or whatever it belongs to) that people know.
    subject: str
    # Facts that stay the same for as long as it is the same subject: JSON values, by their names in the ledger.
    facts: Mapping[str, str]
    # In the issuer's words, such as ACTIVE; and what speaks against it, by the issuer's names.
    status: str
    obstacles: tuple[str, ...] = ()
    is_well: bool = True
    # Its owner wants that nothing is traded: no fault, and no rotation changes it.
    is_suspended: bool = False

    @property
    def told(self) -> str:
        """Status and obstacles."""
        return self.status + (f" ({', '.join(self.obstacles)})" if self.obstacles else "")


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why an entered pair is not the right one, as a sentence for the operator."""

    problem: str
    # What the operator has to do now.
    todo: Todo = Todo.COPY
    # It may be somebody's real secret, shown once: it stays staged in the vault.
    worth_keeping: bool = True
    # It works, but belongs to something else: it is not deleted when this rotation ends.
    misplaced: bool = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """What only a person can say before the new pair is accepted: yes or no, and what a no means. Asked once."""

    # The name under which it is asked and recorded, and a word for its form.
    about: Step
    # What the person is to do, as the heading goes on after the credential's name; and Markdown below it.
    heading: str
    text: str
    # Right before and right behind the sentence about trading, at the end.
    asks: str
    spares: str
    # The question of the menu, and its two answers.
    question: str
    yes: str
    no: str
    # What the run waits for.
    awaited: str
    # Facts that are recorded with the answer. A yes counts for another time when those of ``binding`` are the same.
    facts: Mapping[str, Any]
    binding: tuple[str, ...]
    # What was seen, to which the answer is added; and what is proved when a yes counts that was said before.
    seen: str
    said_before: str
    # What a no means: ``problem`` goes on after the name of whoever said it.
    means: Wrong


@dataclass(frozen=True, slots=True)
class Remedy:
    """One way out of what is in the way: rekey acts, or a person did and rekey looks again."""

    choice: str
    # What it does, as a sentence goes on after the choice.
    does: str
    # Acts for the operator who is named, and proves; returns what is wrong when that did not help. None: nothing to do.
    act: Callable[[str, Record], str | None] | None = None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What must be out of the way before a person mints, and the ways out. Only a person can choose."""

    # As the heading goes on after the credential's name; Markdown below it; and in half a sentence ("1 order is open").
    heading: str
    text: str
    told: str
    awaited: str
    remedies: tuple[Remedy, ...]


@dataclass(frozen=True, slots=True)
class Market:
    """Whether trading goes on at the issuer, and when that changes."""

    is_open: bool
    next_open: datetime
    next_close: datetime


@dataclass(frozen=True, slots=True)
class FormField:
    """One value of a pair, as its form asks for it."""

    title: str
    description: str
    # The JSON schema of what it takes, and the same in words.
    demand: Mapping[str, Any]
    expected: str
    # Whether the page masks what is typed.
    is_secret: bool = True


@dataclass(frozen=True, slots=True)
class Hint:
    """What to say of a value while it is typed, when it has this look. No refusal: any pair must be able to arrive.

    ``pattern`` is a regular expression that Python and JavaScript read alike, of the value without white space around.
    """

    pattern: str
    told: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A switch that the operator has to turn on before a pair is taken."""

    name: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class MintForm:
    """What the form for a new pair asks: each of its values by its field, and what the operator confirms."""

    values: Mapping[str, FormField]
    confirmed: tuple[Confirmation, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """What a person who mints a pair has to know, or what is known of the old one."""

    # The page on which it is minted, and where: one of the issuer's realms.
    page: str
    realm: str
    # The subject that the new pair must open, if it is known, and as it was before the click.
    subject: str | None = None
    before: Snapshot | None = None
    # Since when the old pair is refused, if that was seen; and whether it was dead before this run began.
    died_at: datetime | None = None
    is_dead: bool = False
    # What the last entry demands, if there was one.
    todo: Todo | None = None
    # How long the old pair is to live on, where that is chosen with the click.
    grace: timedelta | None = None

    @property
    def now(self) -> Todo:
        """The one thing to do."""
        return self.todo or (Todo.ENTER if self.died_at else Todo.REGENERATE)


@dataclass(frozen=True, slots=True)
class Instructions:
    """What the form for a new pair says that only its issuer knows. Markdown, without HTML: Prefect's pages drop it."""

    # What is at stake with the click; then the numbered steps, and what else may be the case.
    at_stake: str
    steps: str
    otherwise: str
    # What rekey asks the issuer next.
    next: str


class Application(Protocol):
    """A running application that trades with the pair."""

    @property
    def name(self) -> str:
        """How it is called in messages."""

    def place_order(self, order: Mapping[str, str | int], *, mode: str, client_order_id: str) -> str:
        """Place an order through it; return the order's ID. Raises its errors."""

    def cancel_order(self, order_id: str, mode: str) -> None:
        """Ask for cancellation. Raises its errors."""

    def is_braked(self, error: VendorError) -> bool:
        """Whether it refuses because its own brake is on."""

    def lacks_keys(self, error: VendorError) -> bool:
        """Whether it says that its pair is not accepted."""


@dataclass(frozen=True, slots=True)
class WriteProbe:
    """What has to be known to prove that the new pair may write, and not only read."""

    credential: Credential
    rotation: str
    started_at: datetime
    pair: Minted
    record: Record
    # Through which application; None where the catalog names none.
    application: Application | None = None
    # What an earlier try of this rotation told a person of, who chose to go on all the same.
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeathProof:
    """Whether an old pair is dead, and what was seen: each answer says whether that pair was accepted.

    YES: old refused, new accepted, never-valid one refused. NO: only the old one differs. UNKNOWN: everything else.
    ``at`` is when the old pair was asked, in UTC.
    """

    answer: Answer
    old: Answer
    new: Answer
    control: Answer
    at: datetime
