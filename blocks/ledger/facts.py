"""What a row of the ledger says, by name and type: the one place that knows under which key a fact is kept.

A fact that a row does not have is None, or empty. Rows of every rekey that there was read alike: a key that is not
known here says nothing, and one that came later is absent in older rows. Moments are ISO 8601 in UTC, as they were
written; a pair is its fingerprint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from blocks.ledger.outcomes import DONE, NOTED, WAITING
from blocks.model.rotation import Snapshot

# The facts whose key is no name that Python takes, or says too little beside the others.
KEYS: Mapping[str, str] = {"refused_with": "with", "message_kind": "kind"}
# What is said of the old pair when its death is proved.
DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one row."""

    # Of every step: its name (blocks/model/step.py, or one of an older rekey), how it ended, and which part of it.
    step: str = ""
    outcome: str | None = None
    subject: str | None = None
    seconds: float | None = None
    proofs: Sequence[str] = ()
    problem: str = ""
    hosts: Sequence[str] = ()
    # Who decided, and what.
    operator: str = ""
    choice: str = ""
    # Who took the rotation's forms upon themselves, and over from whom.
    taker: str = ""
    instead_of: str = ""
    # How it was closed, "by hand"; who signed the start, and, of a credential that asks for that, whether nobody did.
    closed: str = ""
    starter: str = ""
    unsigned: bool = False

    # Of a start, of what ended or holds a rotation, and of what watch did about one.
    flow_run_id: str = ""
    reason: str = ""
    why: str = ""
    what_would_help: str = ""
    left: object = None
    started: str = ""
    reminded: bool = False
    # How the catalog has its entry, of which people were told: "missing", or "disabled".
    unlisted: str = ""
    # Why nobody may answer the form that waits, of which people were told.
    nobody_answers: str = ""
    # What a worker that goes on with it has unlike what was registered.
    unlike: str = ""
    slow: str | None = None
    # What preflight heard of the current pair.
    old_is_dead: bool = False
    # The form that the process of its run left: it waits for an answer without one.
    form_left: str = ""

    # Of a form: its run and key, what it waits for and where, the hash of what it shows, and whether people were told.
    # The row of another message names in ``told`` by which row it began.
    run: str = ""
    form: str = ""
    awaited: str = ""
    where: str = ""
    shown: str = ""
    told: int = 0
    form_told: str | None = None
    end_told: str | None = None

    # Of a form for the pair: its public keys and their hash, the plan's hash, and how the pair was entered: "sealed",
    # "plain", or "found" without the ledger.
    sealing: Mapping[str, str] | None = None
    sealing_hash: str = ""
    plan: str = ""
    entry: str = ""

    # Of an approval: who stood behind the plan first, and who approved it; and of which plan people were told that its
    # second approval is waited for.
    asked_by: str = ""
    approver: str = ""
    cool_off: str = ""

    # Of pairs: entered, judged, replaced. ``misplaced`` ones work, and belong elsewhere; a ``stray`` one somebody else
    # put into the vault, and it may work.
    fingerprint: str = ""
    accepted: str = ""
    rejected: str | None = None
    misplaced: bool = False
    stray: str = ""
    another_pair: bool = False
    validated_gone: bool = False
    disproved: bool = False
    old: str = ""
    new: str = ""
    old_pair: str = ""
    # None when the old pair is accepted again: see ``says_of_the_old_pair``.
    old_died_at: str | None = None
    says_of_the_old_pair: bool = False

    # Of an old pair that is kept until its death is proved: by when its issuer has ended it, for how many seconds after
    # its end it may be accepted now and then; how its end can be taken back, where it can, until it is ended for good;
    # and what its issuer said of it when: "accepted", "unknown", "dead", "refused" again after it was taken back, or
    # "not ended" for good, because its issuer did not do that.
    old_dies_at: str = ""
    old_window_s: float = 0.0
    old_reversible: bool = False
    old_way_back: str = ""
    old_answer: str = ""
    old_asked_at: str = ""

    # Of accounts: what preflight saw, and what snapshot, verify or a person took for right.
    account_number: str | None = None
    siblings: Mapping[str, Mapping[str, Any]] | None = None
    own_account: Mapping[str, Any] | None = None
    before: Mapping[str, Any] | None = None
    suspended: bool = False

    # Of the brakes: by label whether each was on before, None where that is unknown.
    engaged_before: Mapping[str, bool | None] | None = None
    paused_at: str | None = None
    resumed_at: str | None = None
    brakes_proved: bool | None = None
    # The labels of those whose application said nothing when they were engaged again: that proves nothing anew.
    brakes_unheard: Sequence[str] = ()

    # Of a pair that died outside of its own rotation.
    killed: str = ""
    dead: str | None = None
    died_at: str | None = None
    revived: str = ""
    refused: str | None = None
    refused_with: Sequence[str] = ()
    over: int | None = None

    # Of a consumer, of the check order, and of the vault's own syncs.
    updated_at: str | None = None
    check_order_told: str | None = None
    syncs: str | None = None

    # Of a rotation that is completed.
    trading_paused_at: str | None = None
    trading_resumed_at: str | None = None
    downtime_seconds: float | None = None
    account_number_verified: str | None = None
    brakes_left_engaged: Sequence[str] | None = None
    brakes_unknown_before: Sequence[str] = ()
    suspended_by_owner: bool = False

    # Of a health run.
    depth: str = ""
    states: Mapping[str, str] | None = None
    # Every cause that was told of a check since it was ok, by its subject.
    causes: Mapping[str, Sequence[str]] | None = None
    failed: Sequence[str] = ()
    copies: Mapping[str, str] | None = None
    # The labels of the brakes that it found released itself.
    released: Sequence[str] = ()
    changed: Sequence[str] = ()

    # Of a message that nobody was told, and of one that was told late: ``row`` is the number of the first.
    headline: str = ""
    text: str = ""
    footer: str = ""
    payload: Mapping[str, str] | None = None
    message_kind: str = ""
    row: int | None = None

    # Of an operator: who, with which role, proved by what; the hash of a one-time link, until when it is good, and
    # whether a superadmin has to approve it; a passkey; what was done, and the signature of it, made on that page.
    who: str = ""
    role: str = ""
    how: str = ""
    link: str = ""
    until: str = ""
    needs_approval: bool = False
    # A link by which one-time codes are approved, and no passkey is registered.
    codes: bool = False
    passkey: Mapping[str, Any] | None = None
    act: Mapping[str, Any] | None = None
    assertion: Mapping[str, str] | None = None
    origin: str = ""
    counter: int | None = None
    # Of what an operator decided: the row that keeps the proof of it.
    proved_in: int | None = None

    # Of an incident: its name, and what it is about, in the order in which that is rotated.
    incident: str = ""
    suspects: Sequence[Mapping[str, Any]] = ()

    # Of a worker's clock: on which machine, and how many seconds ahead of that of Prefect's server; negative: behind.
    machine: str = ""
    ahead_s: float | None = None

    # All of it, also what an issuer keeps by names of its own.
    as_written: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def account(self) -> Snapshot | None:
        """The account that was looked at; None where there was none to look at."""
        return Snapshot.from_context(self.as_written) if self.account_number else None

    def holds(self, wanted: Mapping[str, Any]) -> bool:
        """Whether it has each of these facts with this value, by an issuer's own names."""
        return all(self.as_written.get(name) == value for name, value in wanted.items())

    @property
    def pairs(self) -> set[str]:
        """The fingerprints of all pairs that it names, in whatever role."""
        named = (self.fingerprint, self.accepted, self.rejected, self.new, self.old, self.stray)
        return {one for one in named if one}

    @property
    def is_done(self) -> bool:
        """Whether a step was done. validate is, too, when it says no to a pair."""
        return self.outcome == DONE

    @property
    def is_accepted(self) -> bool:
        """Whether a step was done and found nothing wrong."""
        return self.is_done and not self.problem

    @property
    def is_waiting(self) -> bool:
        """Whether a form was shown."""
        return self.outcome == WAITING

    @property
    def is_noted(self) -> bool:
        """Whether it is a fact in between, and no step."""
        return self.outcome == NOTED


_NAMES = {KEYS.get(one.name, one.name): one.name for one in fields(Facts)}


def facts_of(context: Mapping[str, Any]) -> Facts:
    """The facts in the context of a row. A value that is null there counts as absent."""
    found = {_NAMES[key]: value for key, value in context.items() if key in _NAMES and value is not None}
    return Facts(**{**found, "says_of_the_old_pair": "old_died_at" in context, "as_written": context})
