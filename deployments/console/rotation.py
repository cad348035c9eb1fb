"""One rotation for its page: the steps with what was proved, each copy, the brakes, the old pair, who decided what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from blocks.catalog import Catalog
from blocks.issuer_kinds import called, kind_of, words_of
from blocks.issuers.terms import By
from blocks.ledger import deaths, dying, history, progress, trading
from blocks.ledger.decisions import Decided, decided
from blocks.ledger.facts import Facts
from blocks.ledger.history import History
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row
from blocks.model.credential import Credential
from blocks.model.step import Step
from blocks.model.words import Words
from blocks.operators import policy, registry
from blocks.sealed import envelope

STEPS = tuple(Step)[:12]


@dataclass(frozen=True, slots=True)
class Line:
    """One step: ``state`` is a word that people read, ``mark`` one for the style sheet."""

    step: str
    does: str
    state: str
    mark: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """One place that holds the pair, and what was written there last."""

    label: str
    state: str
    at: datetime | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """All that the page of a rotation shows; nothing in it is secret."""

    credential: Credential
    rotation: str
    started: Row
    reason: str
    # Whether it is over, in one sentence, and why it ended without a new one; empty while it is open.
    ended: str
    ended_why: str
    stands: str
    stopped_since: str | None
    dead_since: str | None
    old_pair: str
    brakes: str
    lines: tuple[Line, ...]
    copies: tuple[Copy, ...]
    # How people call what is rotated, and what is done for a new one.
    words: Words
    decided: tuple[Decided, ...]
    # Who took its forms upon themselves, and the fingerprint of the pair that is replaced.
    taken: Row | None = None
    # What proves who answers: none, code or passkey.
    proof: str = policy.NONE
    old: str = ""
    # Who approved its plan, and which plan that was; empty where nobody did.
    approved: str = ""
    # The public keys to which its pair is sealed, and what else goes into that; empty before preflight made them.
    sealing: Mapping[str, str] = field(default_factory=dict)

    @property
    def prefect_takes_it(self) -> bool:
        """Whether its forms may also be answered in Prefect, the one for a pair among them."""
        return not policy.only_on_the_console(self.credential, self.proof)


def page_of(ledger: Ledger, catalog: Catalog, rotation: str) -> Page | None:
    """The rotation with this ID; None when the ledger or the catalog knows none. Raises LedgerError."""
    known = history.of(ledger, rotation)
    start = next((row for row in known.rows if row.action is Action.STARTED), None)
    credential = catalog.credential.get(start.credential) if start else None
    if start is None or credential is None:
        return None
    killed = deaths.unsettled(ledger, credential.name) if known.ended is None else []
    stands = trading.told(credential, known, killed).replace("**", "")
    words = words_of(credential)
    copies = tuple(_copy(one.label, known, words.thing) for one in credential.consumers)
    return Page(
        credential=credential,
        rotation=rotation,
        started=start,
        reason=_reason(known),
        ended=_ended(known),
        ended_why=_ended_why(known),
        stands=stands,
        stopped_since=trading.stopped_since(known, stands, killed) if known.ended is None else None,
        dead_since=known.died_at if known.ended is None and not all(one.is_new for one in copies) else None,
        old_pair=_old_pair(ledger, known, killed),
        brakes=_brakes(credential, known),
        lines=tuple(_lines(credential, known, copies)),
        copies=copies,
        words=words,
        decided=tuple(decided(known.rows)),
        taken=known.taken,
        proof=policy.wanted(credential, registry.of(ledger)),
        old=known.old,
        approved=known.approved_by,
        sealing=_sealing(rotation, known),
    )


def _reason(known: History) -> str:
    """Why it is rotated: as of its newest start, and how it began, where that was otherwise."""
    said = [row.facts.reason for row in known.rows if row.action is Action.STARTED]
    return said[-1] if said[-1] == said[0] else f"{said[-1]}, begun as {said[0]}"


def _sealing(rotation: str, known: History) -> dict[str, str]:
    """What the page's script seals with: the public keys, and the text to which it binds the entry."""
    if known.sealing is None:
        return {}
    return {**known.sealing, "info": envelope.info_of(rotation, Step.AWAIT_HUMAN_INPUT, known.plan).decode()}


def newest_of(ledger: Ledger, credential: str) -> str | None:
    """The rotation of this credential that began last. Raises LedgerError."""
    start = ledger.newest_start(credential)
    return start.rotation if start else None


def of_run(ledger: Ledger, credential: str, run: str) -> str | None:
    """The newest rotation of this credential, if this run began it or took it over. Raises LedgerError."""
    start = ledger.newest_start(credential)
    return start.rotation if start and start.facts.flow_run_id == run else None


def _ended(known: History) -> str:
    if known.ended is None:
        return ""
    if known.ended.action is Action.COMPLETED:
        return f"Rotated: done since {trading.clock(known.ended.at)}."
    # Once one was accepted, it may be in use: why it ended says more, and this sentence nothing that may be wrong.
    replaced = "before all was done" if known.pairs.accepted else "and no key was replaced"
    return f"Over since {trading.clock(known.ended.at)}, {replaced}."


def _ended_why(known: History) -> str:
    if known.ended is None or known.ended.action is Action.COMPLETED:
        return ""
    return known.ended.facts.why or known.ended.facts.reason


def _old_pair(ledger: Ledger, known: History, killed: Sequence[Row]) -> str:
    """Whether the old pair lives: one that its issuer ends by the clock outlives the rotation."""
    start = known.rows[0]
    kept = [one.told() for one in dying.all_of(ledger, start.credential) if one.kept.rotation == start.rotation]
    died = [f"dead, proved at {trading.clock(row.at)}" for row in known.rows if row.action is Action.OLD_DIED]
    return "; ".join((*kept, *died)) or progress.death(known, killed) or progress.last_life(known)


def _lines(credential: Credential, known: History, copies: Sequence[Copy]) -> Iterator[Line]:
    done = _done(known, copies)
    steps = [step for step in STEPS if step is not Step.APPROVE or credential.is_approved or known.approval]
    next_one = next((step for step in steps if step not in done), None) if known.ended is None else None
    newest = next((row for row in reversed(known.rows) if row.facts.step in STEPS), None)
    by_api = kind_of(credential).traits.minted_by is By.API
    for step in steps:
        rows = tuple(row for row in known.rows if row.facts.step == step and row.action is Action.STEP)
        last = newest.facts if newest is not None and newest.facts.step == step else Facts()
        word, mark = ("done", "done") if step in done else ("not done" if known.ended else "to come", "left")
        if last.is_waiting and known.ended is None:
            word, mark = "waits for a person", "waits"
        elif last.problem and not last.is_done:
            word, mark = "did not work", "failed"
        elif step is next_one:
            word, mark = "next" if newest is None or newest.facts.step != step else "began", "now"
        does = words_of(credential).said(progress.does(credential, step, called(credential), by_api=by_api))
        yield Line(step.value, does, word, mark, rows)


def _done(known: History, copies: Sequence[Copy]) -> set[str]:
    """The steps of the procedure that are done."""
    done = {name.split(" ")[0] for name in progress.done(known)}
    # An answer counts; for the pair until another one is wanted.
    done |= {step for step in progress.ASKS - {Step.AWAIT_HUMAN_INPUT} if known.of(step)}
    if known.pairs.judging and not known.pairs.judging[-1].facts.another_pair:
        done.add(Step.AWAIT_HUMAN_INPUT)
    return done if all(one.is_new for one in copies) else done - {Step.PROPAGATE}


def _copy(label: str, known: History, thing: str) -> Copy:
    last = progress.given(known, label)
    if last is None:
        return Copy(label, "not yet")
    if not last.facts.is_done:
        problem = last.facts.problem
        return Copy(label, f"did not work: {problem}" if problem else "began", last.at)
    verified = [row.sequence for row in known.rows if row.facts.step == Step.VERIFY and row.facts.is_accepted]
    is_verified = bool(verified) and verified[-1] > last.sequence
    told = f"has the new {thing}, and verify is done" if is_verified else f"has the new {thing}"
    return Copy(label, told, last.at, is_new=True)


def _brakes(credential: Credential, known: History) -> str:
    if not credential.brakes:
        return "none: nothing is stopped for it"
    labels = " and ".join(one.label for one in credential.brakes)
    by = known.brakes.proved_by
    if known.brakes.proved is None or by is None:
        return f"{labels}: nothing was proved of them in this rotation yet"
    found = "on" if known.brakes.proved else "off" if by.facts.resumed_at else "not proved to be on"
    return f"{labels}: {found}, as {by.facts.step} found at {trading.clock(by.at)}"
