"""What a declared vendor's answers mean: yes, no or unknown, over a real socket; and nothing typed is repeated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from blocks.answer import Answer
from blocks.catalog import load_catalog
from blocks.errors import Refused, Unclear, VendorError
from blocks.issuer_kinds import kind_of
from blocks.issuers.declared.issuer import Declared
from blocks.issuers.declared.reading import found
from blocks.issuers.ending import Ending
from blocks.issuers.keyed import REFUSALS
from blocks.issuers.terms import Situation
from blocks.secret import Shown
from blocks.settings import ROOT
from deployments.sandbox.catalog import with_hosts
from deployments.sandbox.estate import ONLY_HERE, ORDER
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.issuers.app import IssuersSandbox
from deployments.sandbox.server import SandboxServer
from tests.issuers.support import served, token

REALM, PATH = "practice", "/v3/accounts"
SHIPPED = (ROOT / "deployments" / "catalog.toml").read_text()


@pytest.fixture(scope="module")
def oanda() -> Iterator[tuple[IssuersSandbox, SandboxServer]]:
    """OANDA's twin."""
    twins = IssuersSandbox()
    with served(twins) as server:
        yield twins, server


@pytest.fixture
def issuer(oanda: tuple[IssuersSandbox, SandboxServer], tmp_path: Any) -> Iterator[Declared]:
    """The vendor as the catalog declares it, at the twin's address."""
    _, server = oanda
    urls: dict[str, str] = dict.fromkeys(ORDER, server.url("issuers"))
    file = tmp_path / "catalog.toml"
    file.write_text(with_hosts(SHIPPED + ONLY_HERE.read_text(), urls, {}))
    catalog = load_catalog(file)
    made = kind_of(catalog.get("oanda-practice")).in_the_catalog(catalog.hosts)
    assert isinstance(made, Declared)
    yield made
    server.plan.clear()


def test_a_living_key_is_a_yes_a_dead_and_a_made_up_one_a_no(
    oanda: tuple[IssuersSandbox, SandboxServer], issuer: Declared
) -> None:
    keys = oanda[0].oanda.keys
    old, new = token(keys.replace()), token(keys.replace())

    assert issuer.identify(REALM, new).subject == oanda[0].oanda.account
    assert (issuer.accepts(REALM, new), issuer.accepts(REALM, old)) == (Answer.YES, Answer.NO)
    assert issuer.refuses_made_up(REALM) is Answer.YES
    assert issuer.is_dead(REALM, old, new).answer is Answer.YES
    assert issuer.is_dead(REALM, new, old).answer is Answer.UNKNOWN


def test_a_key_that_is_refused_now_and_then_lives(
    oanda: tuple[IssuersSandbox, SandboxServer], issuer: Declared
) -> None:
    keys = oanda[0].oanda.keys
    living = token(keys.replace())
    keys.knobs.refuses = REFUSALS - 1

    assert issuer.accepts(REALM, living) is Answer.YES
    keys.knobs.refuses = 1
    assert issuer.accepts_yet(REALM, living) is Answer.NO, "this one time, which proves nothing"


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": FaultKind.ANSWER, "status": 500},
        {"kind": FaultKind.ANSWER, "status": 403},
        {"kind": FaultKind.ANSWER, "status": 404},
        {"kind": FaultKind.ANSWER, "status": 200, "body": {"accounts": []}},
        {"kind": FaultKind.ANSWER, "status": 200, "body": {"accounts": [{"id": True}]}},
        {"kind": FaultKind.ANSWER, "status": 200, "body": ["another shape"]},
        {"kind": FaultKind.HTML, "status": 401},
        {"kind": FaultKind.RATE_LIMIT},
        {"kind": FaultKind.DROP_BEFORE},
        {"kind": FaultKind.HANG, "seconds": 2.0},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}",
)
def test_whatever_else_is_answered_is_unknown_and_no_yes(
    oanda: tuple[IssuersSandbox, SandboxServer], issuer: Declared, fault: dict[str, Any]
) -> None:
    """Also 403, which the table does not name, and an identity in another shape than it says."""
    twins, server = oanda
    living = token(twins.oanda.keys.replace())
    if fault["kind"] is FaultKind.HANG:
        # Nowhere else: a busy machine would be silent for so long too.
        issuer.read_timeout_s = 0.5
    server.plan.add(Fault("issuers", path=PATH, times=None, **fault))

    assert issuer.accepts(REALM, living) is Answer.UNKNOWN
    with pytest.raises(VendorError) as caught:
        issuer.identify(REALM, living)
    assert not isinstance(caught.value, Refused)
    assert living.secret.get_secret_value() not in f"{caught.value} {vars(caught.value)}"


def test_a_status_that_the_table_names_refuses_a_key(
    oanda: tuple[IssuersSandbox, SandboxServer], issuer: Declared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some vendors say 400 of a key that they do not know."""
    server = oanda[1]
    monkeypatch.setattr(type(issuer), "table", issuer.table.model_copy(update={"refused": (400,)}))
    monkeypatch.setattr(type(issuer), "refused_by", (400,))
    server.plan.add(Fault("issuers", FaultKind.ANSWER, path=PATH, times=None, status=400))

    assert issuer.refuses_made_up(REALM) is Answer.YES


def test_a_key_that_cannot_be_sent_is_told_without_being_repeated(issuer: Declared) -> None:
    odd = token("one\nother")

    assert issuer.accepts(REALM, odd) is Answer.UNKNOWN
    wrong = issuer.looks_wrong(odd)
    assert wrong is not None
    assert wrong.problem == "The token does not look like one of OANDA's: copy it again, whole."
    assert issuer.looks_wrong(issuer.made_up(REALM)) is None


def test_the_form_says_what_to_click_and_what_never(issuer: Declared) -> None:
    told = issuer.instructions(Situation(issuer.page(REALM), REALM, subject="101"))

    assert "Making the new key kills the old one" in told.at_stake
    assert "[the page of OANDA](http://127.0.0.1:" in told.steps
    assert "Check that it is the account **101** that you are in." in told.steps
    assert "**never close the account**" in told.steps
    ending = issuer.ending(
        Ending(issuer.page(REALM), "old", "new", Shown("t", "key", "aaaa"), Shown("t", "key", "bbbb"))
    )
    assert "The old key ends with `aaaa`: that one goes. The new key ends with `bbbb`: **that one stays**." in ending


def test_what_stands_in_an_answer_is_found_by_names_and_places() -> None:
    body = {"a": [{"b": {"c": 7}}], "0": "zero"}

    assert (found(body, "a.0.b.c"), found(body, "0"), found(body, "a.1.b"), found(body, "a.b")) == (
        7,
        "zero",
        None,
        None,
    )


def test_an_answer_of_another_shape_is_no_identity(issuer: Declared) -> None:
    assert isinstance(issuer.no_identity(200), Unclear)
    assert issuer.no_identity(200).transient is False
