"""Where the ledger's head was posted: in Prefect as an artifact, in Slack in the metadata of rekey's messages.

The chain alone shows neither a cut tail nor an older copy, nor one that was computed anew. Each of these lacks a head
that was posted before, at a place that whoever changed the database does not reach by that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from prefect.artifacts import create_table_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import Artifact
from prefect.client.schemas.sorting import ArtifactSort
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import get_current_settings

from blocks.check import Outcome
from blocks.errors import RekeyError, Unproved, Unreachable
from blocks.ledger.chain import Head
from blocks.ledger.check import demand_guards, whole
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import SHARED, Action
from blocks.settings import read_settings
from blocks.wire.strict_json import UnreadableError, read_json

KEY = "ledger-head"
# What health calls its check of the ledger.
SUBJECT = "ledger"
ROW, HASH, REKEY = "ledger_row", "ledger_head", "rekey"
# So many different heads of each place are compared, the newest: the same one posted again pushes none out.
MOST = 200
# Prefect lists so many at once, and so many lists are read. A health run an hour fills one in eight days.
_PAGE, _PAGES = 200, 25
_NUMBER, _DIGEST = re.compile(r"[0-9]{1,15}"), re.compile(r"[0-9a-f]{64}")


# What a posting says, when, and which words name the place.
Posting = tuple[Mapping[str, Any], datetime, str]
# Tells its postings since a time, newest first.
Place = Callable[[datetime | None], Iterator[Posting]]


@dataclass(frozen=True, slots=True)
class Posted:
    """What the places say: the heads, and why a place did not answer or what it holds that is no head."""

    heads: tuple[Head, ...]
    silent: tuple[RekeyError, ...]


def to_post(ledger: Ledger) -> Head | None:
    """Where the ledger ends now; None while the newest health run that looked found it broken. Raises LedgerError.

    The head of such a ledger would be believed later, and push out the heads by which the damage shows.
    """
    return None if _is_known_to_be_broken(ledger) else ledger.head()


def _is_known_to_be_broken(ledger: Ledger) -> bool:
    """By the newest run that looked: one that could not even reach the vault asked for nothing else."""
    for row in ledger.backwards(credential=SHARED, actions=(Action.HEALTH_CHECKED,)):
        states, failed = row.facts.states or {}, row.facts.failed
        if SUBJECT in states or SUBJECT in failed:
            return states.get(SUBJECT) == Outcome.FAILED or SUBJECT in failed
    return False


def payload(head: Head) -> dict[str, str]:
    """A head for programs, with the rekey whose ledger it is: several may post into one Slack channel."""
    return {ROW: str(head.sequence), HASH: head.hash, REKEY: read_settings().prefect_ui_url}


def post(head: Head) -> None:
    """Post a head to Prefect. Raises what its client raises (httpx.HTTPError, PrefectHTTPStatusError)."""
    create_table_artifact(key=KEY, table=[payload(head)], description="The newest row of the ledger at this time")


def check(ledger: Ledger, people: Sequence[Place], since: datetime | None) -> str:
    """The chain is whole, holds every head that was posted, and is guarded; one sentence that says so.

    ``people`` are the places beside Prefect; heads that were posted before ``since`` are not looked for. Raises
    LedgerError when something is wrong, Unproved when a place that could show more was not asked.
    """
    # Before the ledger is read: one that is posted meanwhile is in it.
    posted = asked(people, since)
    told = whole(ledger, posted.heads)
    demand_guards(ledger)
    unknown = f"{told} Whether it was cut off or computed anew is unknown:"
    if posted.silent:
        why = " ".join(dict.fromkeys(one.problem for one in posted.silent))
        raise Unproved(f"{unknown} {why}", " ".join(dict.fromkeys(one.remedy for one in posted.silent)))
    if not posted.heads and ledger.head().sequence:
        raise Unproved(
            f"{unknown} no head of it was posted yet.",
            "A health run and the end of a rotation post one: ask again after that.",
        )
    return f"{told} It holds each of the {len(posted.heads)} heads that were posted to Prefect and to people."


def asked(people: Sequence[Place], since: datetime | None) -> Posted:
    """Ask Prefect, and wherever rekey posts to people. Never raises what rekey itself raises."""
    if not get_current_settings().api.url:
        # Without one Prefect's client would start a server of its own.
        told = "Neither Prefect was asked nor the place where people are told: PREFECT_API_URL is not set."
        return Posted((), (Unproved(told, "Set PREFECT_API_URL to the server that the worker uses."),))
    heads: list[Head] = []
    silent: list[RekeyError] = []
    for place in (_of_prefect, *people):
        found, wrong = _collected(place, since)
        heads += found
        silent += wrong
    return Posted(tuple(dict.fromkeys(heads)), tuple(silent))


def _collected(place: Place, since: datetime | None) -> tuple[list[Head], list[RekeyError]]:
    """The newest heads of one place, all that are some, whatever else is posted there; and what is wrong with it."""
    found: dict[tuple[int, str], Head] = {}
    others: list[str] = []
    wrong: list[RekeyError] = []
    try:
        for facts, at, where in place(since):
            # Heads of rows that are known to be lost are named in the catalog by their time: whoever cut rows is not
            # there.
            if since is not None and at < since:
                continue
            head = _head_of(facts, where)
            if head is None:
                others.append(where)
            else:
                found.setdefault((head.sequence, head.hash), head)
            if len(found) == MOST:
                break
    except RekeyError as error:
        wrong.append(error)
    if others:
        wrong.append(_not_rekeys(others))
    return list(found.values()), wrong


def _not_rekeys(where: list[str]) -> Unproved:
    more = f" (and {len(where) - 1} more there)" if len(where) > 1 else ""
    return Unproved(
        f"What was posted {where[0]} as the ledger's head is none{more}.",
        "Find out who posted it, and delete it there.",
    )


def _of_prefect(since: datetime | None) -> Iterator[Posting]:
    for artifact in _artifacts():
        at = artifact.created or datetime.now(UTC)
        if since is not None and at < since:
            return
        try:
            rows = read_json(str(artifact.data).encode("utf-8", "replace"))
        except UnreadableError:
            rows = None
        is_one = isinstance(rows, list) and len(rows) == 1 and isinstance(rows[0], dict)
        yield (rows[0] if is_one else {}), at, f"in Prefect on {at:%Y-%m-%d %H:%M} UTC"


def _artifacts() -> Iterator[Artifact]:
    """Newest first."""
    for page in range(_PAGES):
        found = _page_of_artifacts(page * _PAGE)
        yield from found
        if len(found) < _PAGE:
            return


def _page_of_artifacts(offset: int) -> list[Artifact]:
    fault = ""
    try:
        with get_client(sync_client=True) as client:
            return client.read_artifacts(
                artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[KEY])),
                sort=ArtifactSort.CREATED_DESC,
                limit=_PAGE,
                offset=offset,
            )
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        fault = type(error).__name__
    raise Unreachable(vendor="Prefect", operation="look for the ledger's posted heads", fault=fault)


def _head_of(facts: Mapping[str, Any], where: str) -> Head | None:
    """None for what rekey never posts."""
    row, mark = str(facts.get(ROW, "")), str(facts.get(HASH, ""))
    if not _NUMBER.fullmatch(row) or not _DIGEST.fullmatch(mark):
        return None
    return Head(int(row), mark, where)
