"""Whatever is sent to the routes that act: a sentence, never an error of the console, and nothing is repeated."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from deployments.console import acts, enrol, limits
from deployments.console.session import OPEN_COOKIE, Session
from deployments.sandbox import made_up
from tests.console.conftest import RUN, Served
from tests.console.prefect_twin import LOGIN, PrefectTwin
from tests.console.waits import CREDENTIAL, ROTATION, Waits

PEOPLE = ("first person", "second person")
# What the console says to an act that is done or not. Everything else is an error of its own.
SAID = {200, 400, 401, 403, 404, 405, 409, 413, 502}
# No answer is longer.
LONGEST = 2_000
# Stands for a secret in what is sent: answers, log and ledger are searched for it.
CANARY = "canary"
# By path: what its page sends.
SENT: dict[str, dict[str, object]] = {
    "/login": {"name": PEOPLE[0], "login": CANARY, "to": "/health"},
    "/logout": {},
    f"/credentials/{CREDENTIAL}/start": {"reason": "scheduled"},
    f"/credentials/{CREDENTIAL}/start/challenge": {"reason": "scheduled"},
    f"/rotations/{ROTATION}/take": {"instead_of": PEOPLE[0], "why": "fell ill"},
    f"/rotations/{ROTATION}/take/challenge": {"instead_of": PEOPLE[0], "why": CANARY},
    f"/rotations/{ROTATION}/close/challenge": {"reason": CANARY},
    f"/rotations/{ROTATION}/answer": {
        "form": "paused-1",
        "run": RUN,
        "values": {"sealed": CANARY, "operator": PEOPLE[0]},
    },
    f"/rotations/{ROTATION}/challenge": {"form": "paused-1", "run": RUN, "values": {"sealed": CANARY}},
    "/health/examine": {},
    "/enrol": {"token": CANARY},
    "/enrol/approve": {"token": CANARY, "assertion": {}},
    "/enrol/challenge": {"token": CANARY, "credential_id": CANARY},
    "/enrol/register": {"token": CANARY, "response": {}, "called": "laptop", "assertion": None},
}
# With halves of characters, which JSON can write and UTF-8 cannot.
TEXTS = st.text(st.characters(), max_size=40) | st.just(CANARY)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
NAMES = (
    st.sampled_from(["values", "assertion", "sealed", "proof", "secret", "operator", "confirm", "stop_here"]) | TEXTS
)
JUNK = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)


@st.composite
def acts_of_somebody(draw: st.DrawFn) -> tuple[str, bytes]:
    """A path and what is sent there: something like what its page sends, JSON of any kind, or no JSON at all."""
    path = draw(st.sampled_from([*SENT]))
    if draw(st.integers(0, 9)) == 0:
        return path, draw(st.binary(max_size=80))
    if draw(st.integers(0, 4)) == 0:
        return path, json.dumps(draw(JUNK)).encode()
    body: dict[str, Any] = {name: draw(st.just(value) | JUNK) for name, value in SENT[path].items()}
    if isinstance(body.get("values"), dict):
        body["values"] = {**body["values"], **draw(st.dictionaries(NAMES, LEAVES, max_size=2))}
    return path, json.dumps({**body, **draw(st.dictionaries(NAMES, JUNK, max_size=1))}).encode()


@pytest.fixture
def acting(
    prefect_twin: PrefectTwin,
    ledger: Ledger,
    serve: Callable[[], Served],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Waits]:
    """A console that slows nobody down, and a rotation that waits."""
    some = ((acts, "ACTS"), (acts, "ACTS_OF_ALL"), (enrol, "TRIES"), (limits, "FREE"), (limits, "FREE_OVER_ALL"))
    for module, limit in some:
        monkeypatch.setattr(module, limit, 1_000_000)
    one = Waits.begun(ledger, serve, prefect_twin)
    taken = {"taker": PEOPLE[0], "instead_of": "", "why": ""}
    ledger.append(Action.TAKEN, rotation=ROTATION, credential=CREDENTIAL, actor="claimed", context=taken)
    yield one
    # The chain is whole, the rotation is where it was, and nobody was enrolled.
    assert ledger.verify() is None
    actions = {row.action for row in ledger.rows()}
    assert actions == {Action.PROTECTED, Action.STARTED, Action.STEP, Action.TAKEN}
    one.served.shows("enter the new pair")


# The same every time: what is found is found by whoever changes the console.
@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
@example(("/login", b'{"name": "ops", "login": "\\ud800"}'), PEOPLE[0])
@given(acts_of_somebody(), st.sampled_from(PEOPLE))
def test_whatever_is_sent_is_answered_in_a_sentence_and_repeats_nothing(
    acting: Waits, sent: tuple[str, bytes], person: str
) -> None:
    path, body = sent
    # Why somebody takes a rotation over is kept, and shown to the others.
    stands_for = "" if path.endswith("/take") else made_up.alpaca_secret()
    served = acting.served
    cookie = f"{OPEN_COOKIE}={Session(SecretStr(LOGIN), served.url).begin(person)}"

    answer = served.browser.post(
        path,
        content=body.replace(CANARY.encode(), stands_for.encode()),
        headers={"Origin": served.url, "Content-Type": "application/json", "Cookie": cookie},
    )

    assert answer.status_code in SAID, answer.text
    assert len(answer.content) <= LONGEST
    assert LOGIN not in answer.text
    assert not stands_for or stands_for not in answer.text
    assert answer.json().keys() <= {"go", "told", "where", "problem", "challenge", "rp", "known", "form"}
