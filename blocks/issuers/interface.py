"""An issuer: the vendor at which a credential is minted, and what the steps of a rotation may ask it.

It is a Prefect block that holds the vendor's addresses. It shows no form and writes no ledger: what only a person can
say it returns, and the steps ask. Each method names a realm: one of the hosts or modes of which a credential belongs to
one. What a vendor has nothing of has an answer of its own here that says so.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar

from blocks.answer import Answer
from blocks.errors import StepError
from blocks.issuers.ending import Ending, Reversal
from blocks.issuers.terms import (
    By,
    DeathProof,
    Doubt,
    Hint,
    Identity,
    Instructions,
    Market,
    MintForm,
    Obstacle,
    Situation,
    Traits,
    WriteProbe,
    Wrong,
)
from blocks.model.credential import Credential
from blocks.model.hosts import Hosts
from blocks.model.own_table import OwnTable
from blocks.model.rotation import Snapshot
from blocks.proofs import Record
from blocks.secret import Minted, Shown
from blocks.vendor_block import VendorBlock
from blocks.wire.parallel import together

PROOF_WITHIN_S = 60.0


class Issuer(VendorBlock, ABC):
    """Every error that a method raises is one of ``blocks/errors.py``; those that never raise say so."""

    # How people call it, and its word in the catalog.
    called: ClassVar[str]
    word: ClassVar[str]
    # How people call what it mints, such as a token or a key; empty for a pair that a button Regenerate makes.
    thing: ClassVar[str] = ""
    # What a person does there to end an old one, as an order that a d makes a past of: "delete", "disable".
    ends: ClassVar[str] = "delete"
    traits: ClassVar[Traits]
    realms: ClassVar[tuple[str, ...]]
    # What only its credentials say in the catalog, in a table of its own.
    own_table: ClassVar[type[OwnTable]] = OwnTable
    # The values that it mints at once, in the order in which the form asks for them. The last one is the secret that
    # names them.
    fields: ClassVar[tuple[str, ...]]
    # Which facts of an identity never change, and how people call each.
    fixed: ClassVar[Mapping[str, str]]
    # The operation that ``identify`` asks first, as its errors name it.
    identifies: ClassVar[str] = ""
    # Whether it is asked with each value in a header, which carries printable ASCII without blanks.
    in_headers: ClassVar[bool] = False
    # How often in a row ``accepts`` is refused before it says no.
    refusals: ClassVar[int] = 1
    # How many requests a minute it takes of one pair; None where it tells no such limit.
    requests_a_minute: ClassVar[int | None] = None
    # What a person needs at hand beside a login before a pair is minted; empty for nothing.
    second_factor: ClassVar[str] = ""
    # The sentence that says that the owner of a subject suspended it.
    suspended: ClassVar[str] = ""
    # What write probes may leave behind, as health calls it; empty where there is nothing.
    left_by_probes: ClassVar[str] = ""
    # What may be open there while nothing trades, as people call it; empty where it tells of none.
    what_is_open: ClassVar[str] = ""
    # How many seconds a pair that was ended may go on being accepted there.
    dies_within_s: ClassVar[float] = 0.0

    @classmethod
    def of(cls, credential: Credential) -> type[Issuer]:  # noqa: ARG003  # all credentials of a kind have one issuer
        """The issuer of this credential: the kind itself, unless each credential's own table describes another one."""
        return cls

    @classmethod
    def in_the_catalog(cls, hosts: Hosts) -> Issuer | None:  # noqa: ARG003  # its addresses are in a block
        """The issuer without a block, where the catalog says all of it. Raises CatalogError for a missing address."""
        return None

    @abstractmethod
    def accepts(self, realm: str, minted: Minted) -> Answer:
        """Whether the realm accepts the pair; a no is repeated until it can be believed. Never raises."""

    def accepts_yet(self, realm: str, minted: Minted) -> Answer:
        """Whether it accepts the pair this one time: its no proves nothing, so ask again. Never raises."""
        return self.accepts(realm, minted)

    @abstractmethod
    def identify(self, realm: str, minted: Minted, *, closely: bool = False) -> Identity:
        """Whose the pair is. ``closely`` with all that ``compared`` compares. Raises the vendor's errors."""

    @abstractmethod
    def made_up(self, realm: str) -> Minted:
        """A pair in today's shape that nobody was ever issued: the control behind every yes and every no."""

    @abstractmethod
    def instructions(self, situation: Situation) -> Instructions:
        """What a person has to do there now."""

    @classmethod
    @abstractmethod
    def form(cls, realm: str) -> MintForm:
        """What the form for a new pair asks for."""

    def refuses_made_up(self, realm: str) -> Answer:
        """Whether the realm clearly refuses a pair that nobody was ever issued. Never raises.

        Without that its yes proves nothing, and its no says nothing of a real pair.
        """
        seen = self.accepts_yet(realm, self.made_up(realm))
        return {Answer.NO: Answer.YES, Answer.YES: Answer.NO}.get(seen, Answer.UNKNOWN)

    def is_dead(self, realm: str, old: Minted, new: Minted, *, within_s: float = PROOF_WITHIN_S) -> DeathProof:
        """Whether the old pair is dead, proved three ways. Never raises.

        It is refused as often as ``accepts`` demands. Around that the new pair shows that the realm answers, and a
        never-valid one that it still refuses at all. Answers further apart than ``within_s`` seconds prove nothing.
        """
        at, started = datetime.now(UTC), time.monotonic()
        controls = partial(self.accepts, realm, new), partial(self.accepts_yet, realm, self.made_up(realm))
        seen = together(partial(self.accepts, realm, old), *controls)
        if verdict(seen) is Answer.YES:
            seen = seen[0], *together(*controls)
        in_time = time.monotonic() - started <= within_s
        return DeathProof(verdict(seen) if in_time else Answer.UNKNOWN, *seen, at)

    def page(self, realm: str) -> str:  # noqa: ARG002  # a vendor without a page of its own for each realm has one or none
        """The page on which a person mints a pair; empty without one."""
        return ""

    @classmethod
    def shown(cls, minted: Minted) -> Shown | None:  # noqa: ARG003  # all of it is secret
        """What may be shown of it beside its fingerprint: the end of a value; None for nothing."""
        return None

    @classmethod
    def looks_wrong(cls, minted: Minted) -> Wrong | None:  # noqa: ARG003  # nothing is known of its looks
        """What is wrong with the looks of this pair; None when it can be a pair, or nothing is known of its looks."""
        return None

    @classmethod
    def hints(cls, realm: str) -> Mapping[str, tuple[Hint, ...]]:  # noqa: ARG003  # nothing is known of its looks
        """What to say of each value while it is typed, by its field; of several hints the first that applies."""
        return {}

    @classmethod
    def not_now(cls, now: datetime) -> str:  # noqa: ARG003  # it can be minted at any time
        """A sentence that says that the time is right; empty where every time is. Raises StepError when it is not."""
        return ""

    def demand_a_free_slot(self, realm: str, minted: Minted) -> str:  # noqa: ARG002  # see the traits
        """That one more pair can be minted beside this one; empty where none lives beside another. Raises StepError."""
        return ""

    def demand_its_scope(self, credential: Credential, minted: Minted) -> str:  # noqa: ARG002  # nothing is demanded
        """That what the catalog demands of a new pair's rights can be asked at all, tried with the current one.

        Empty where it demands nothing. Raises StepError, and the vendor's errors.
        """
        return ""

    def revoke(self, realm: str, old: Minted, new: Minted) -> None:  # noqa: ARG002  # see the traits
        """End the old pair, as the new one. Raises the vendor's errors. Not asked where minting ends it."""
        raise StepError(f"{self.called} does not let rekey end a pair.", "Delete the old pair there, then try again.")

    @property
    def ended_by(self) -> By | None:
        """Who ends the old pair; None where nobody has to. With one kind that is known only of its block."""
        return self.traits.revoked_by

    def end_for_good(self, realm: str, old: Minted, new: Minted) -> None:
        """Let nobody take an ended pair back any more. Raises the vendor's errors. Asked where ``ended_by`` is API."""

    def reversal(self, realm: str, old: Minted) -> Reversal | None:  # noqa: ARG002  # see the traits
        """What a person can do about an old pair that was ended; None where an end is final."""
        return None

    def mint(self, realm: str, minted: Minted, label: str) -> Minted:  # noqa: ARG002  # see the traits
        """Make a new pair under this label, as the current one. Raises the vendor's errors: made it may be then.

        Whatever an earlier try left under the label is ended before. Not asked where a person mints.
        """
        raise StepError(f"{self.called} does not let rekey make a pair.", "Make it there, and enter it in the form.")

    def discard(self, realm: str, keep: Minted, label: str) -> tuple[str, ...]:  # noqa: ARG002  # see the traits
        """End what was made under this label and nobody uses, as the pair that is kept; return what it was.

        Raises the vendor's errors.
        """
        return ()

    def ending(self, situation: Ending) -> str:  # noqa: ARG002  # see the traits
        """What a person has to do there to end the old pair, as Markdown. Not asked where no person does."""
        return ""

    def market(self, realm: str, minted: Minted) -> Market | None:  # noqa: ARG002  # nothing is traded there
        """Whether trading goes on; None where nothing is traded. Raises the vendor's errors."""
        return None

    def activity(self, credential: Credential, minted: Minted) -> Snapshot:
        """What is kept of the subject before the click: identity, and what ``compared`` compares later."""
        seen = self.identify(credential.realm, minted)
        facts = {name: value for name, value in seen.facts.items() if name != "account_number"}
        return Snapshot(seen.subject, facts=facts)

    @classmethod
    def told_of(cls, taken: Snapshot) -> str:  # noqa: ARG003  # nothing but the identity is kept
        """What was kept beside the identity, as sentences with a space behind; empty for nothing."""
        return ""

    @classmethod
    def reads(cls, taken: Snapshot) -> str:  # noqa: ARG003  # nothing but the identity is kept
        """A sentence that says that the current pair reads what ``activity`` keeps; empty for nothing."""
        return ""

    @classmethod
    def outdated(cls, before: Snapshot) -> Snapshot:
        """What of it can still be compared when the subject was used after it was taken."""
        return Snapshot(before.subject, 0, {name: before.facts[name] for name in cls.fixed if name in before.facts})

    @classmethod
    def left_open(cls, before: Snapshot) -> str:  # noqa: ARG003  # nothing is left open there
        """What to do about what only the old pair could have ended, and which is dead; empty for nothing."""
        return ""

    def in_the_way(self, credential: Credential, minted: Minted, record: Record) -> Obstacle | None:  # noqa: ARG002  # nothing ever is
        """What must be gone before a person mints; None for nothing. Raises the vendor's errors."""
        return None

    def compares_closely(self, before: Snapshot | None) -> bool:  # noqa: ARG002  # nothing but the identity is compared
        """Whether ``compared`` needs what ``identify`` finds out only ``closely``."""
        return False

    def compared(self, before: Snapshot, seen: Identity, record: Record) -> Doubt | None:  # noqa: ARG002  # see above
        """What only a person can say of what changed since. Raises StepError for a change that must not be."""
        return None

    def unknown(self, credential: Credential, seen: Identity) -> Doubt | None:  # noqa: ARG002  # it is only reported
        """What only a person can say of a subject of which nothing is known; None where it is only reported."""
        return None

    def misfit(self, credential: Credential, minted: Minted, now: datetime) -> Wrong | None:  # noqa: ARG002  # it is not asked
        """Why the right subject's new pair will not do: it ends too early, or may do too little or too much.

        Raises the vendor's errors.
        """
        return None

    @classmethod
    def switch_to(cls, realm: str) -> str:
        """Where the pair of this realm is made, as an order in half a sentence."""
        return f"make it at {cls.called} ({realm})"

    @classmethod
    def refused_everywhere(cls, realm: str, minted: Minted) -> Wrong:  # noqa: ARG003  # nothing is known of its looks
        """What it means that no realm accepts an entered pair."""
        if len(cls.fields) == 1:
            return Wrong(f"{cls.called} refuses it: it was copied wrong, or is none that lives. Copy it again, whole.")
        return Wrong(
            f"{cls.called} refuses this pair. One half was copied wrong or belongs to another pair. Copy both values "
            "again."
        )

    def demand_nothing_left(self, credential: Credential, minted: Minted) -> str:  # noqa: ARG002  # it leaves nothing
        """Nothing is left of earlier write probes. Raises StepError, and the vendor's errors."""
        return ""

    def clear_probes(self, probe: WriteProbe) -> None:  # a vendor without write probes leaves nothing
        """Take away what an earlier write probe left. Raises the vendor's errors."""

    def probed_before(self, probe: WriteProbe) -> str | None:  # noqa: ARG002  # it leaves nothing
        """What an earlier try left, whose answer may have been lost. Raises the vendor's errors."""
        return None

    def prove_write(self, probe: WriteProbe, earlier: str | None) -> None:  # see above
        """Prove that the pair may write. ``earlier`` is what ``probed_before`` found. Raises the vendors' errors."""


def verdict(seen: tuple[Answer, Answer, Answer]) -> Answer:
    """Whether the old pair is dead, from what was said of it, of the new one and of the never-valid one."""
    return {
        (Answer.NO, Answer.YES, Answer.NO): Answer.YES,
        (Answer.YES, Answer.YES, Answer.NO): Answer.NO,
    }.get(seen, Answer.UNKNOWN)
