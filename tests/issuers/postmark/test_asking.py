"""What Postmark's answers mean, over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from blocks.answer import Answer
from blocks.errors import StepError, VendorError
from blocks.issuers.ending import Ending
from blocks.issuers.postmark import Postmark
from blocks.issuers.terms import Situation
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.issuers.app import IssuersSandbox
from tests.issuers.support import served, token

REALM = "production"


@pytest.fixture
def twins() -> IssuersSandbox:
    """Postmark's twin among them."""
    return IssuersSandbox()


@pytest.fixture
def asked(twins: IssuersSandbox) -> Iterator[tuple[Postmark, Any]]:
    """The block at the twin's address, and its server."""
    with served(twins) as server:
        yield Postmark(url=server.url("issuers"), page_url=f"{server.url('issuers')}/p"), server


def test_a_token_names_its_server_and_a_deleted_one_is_refused(
    asked: tuple[Postmark, Any], twins: IssuersSandbox
) -> None:
    keys, (issuer, _) = twins.postmark.keys, asked
    old, new = token(keys.mint()), token(keys.mint())

    seen = issuer.identify(REALM, new)
    assert (seen.subject, seen.told) == ("4711", "server raxx mail")
    assert issuer.is_dead(REALM, old, new).answer is Answer.NO
    keys.delete(old.secret.get_secret_value())
    assert issuer.is_dead(REALM, old, new).answer is Answer.YES
    assert issuer.is_dead(REALM, new, old).answer is Answer.UNKNOWN


def test_three_tokens_are_one_too_many_and_the_one_in_use_is_named_by_its_end(
    asked: tuple[Postmark, Any], twins: IssuersSandbox
) -> None:
    keys, (issuer, _) = twins.postmark.keys, asked
    mine = token(keys.mint())
    assert issuer.demand_a_free_slot(REALM, mine) == "Postmark holds 1 of 3 tokens of the server."
    others = [keys.mint(), keys.mint()]

    with pytest.raises(StepError) as full:
        issuer.demand_a_free_slot(REALM, mine)

    assert f"never the one that ends with {mine.secret.get_secret_value()[-4:]}" in str(full.value)
    assert not any(one in str(full.value) for one in (*others, mine.secret.get_secret_value()))
    twins.postmark.knobs.lists_tokens = False
    assert "does not say how many" in issuer.demand_a_free_slot(REALM, mine), "unknown is no yes and stops nobody"


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": FaultKind.ANSWER, "status": 422, "body": {"ErrorCode": 300}},
        {"kind": FaultKind.ANSWER, "status": 200, "body": {"ID": True, "Name": "x"}},
        {"kind": FaultKind.ANSWER, "status": 200, "body": []},
        {"kind": FaultKind.HTML, "status": 200},
        {"kind": FaultKind.DROP_AFTER},
        {"kind": FaultKind.RATE_LIMIT},
        {"kind": FaultKind.ANSWER, "status": 503},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}",
)
def test_whatever_else_is_answered_is_unknown(
    asked: tuple[Postmark, Any], twins: IssuersSandbox, fault: dict[str, Any]
) -> None:
    issuer, server = asked
    mine = token(twins.postmark.keys.mint())
    server.plan.add(Fault("issuers", path="/server", times=None, **fault))

    assert issuer.accepts(REALM, mine) is Answer.UNKNOWN
    with pytest.raises(VendorError):
        issuer.identify(REALM, mine)


def test_the_form_says_what_to_click_and_at_the_end_which_one_goes(asked: tuple[Postmark, Any]) -> None:
    issuer, _ = asked
    old, new = token("11111111-1111-1111-1111-11111111aaaa"), token("11111111-1111-1111-1111-11111111bbbb")

    told = issuer.instructions(Situation(issuer.page(REALM), REALM))
    ending = issuer.ending(
        Ending(issuer.page(REALM), old.fingerprint, new.fingerprint, issuer.shown(old), issuer.shown(new))
    )

    assert "**never delete a token now**" in told.steps
    # Whoever is to delete the old one is not told in the same breath never to delete one.
    assert "**never delete the new one**, **never delete the server**" in ending
    assert "delete a token now" not in ending
    # Postmark's page knows no key.
    assert told.otherwise == "If a new token is shown already, paste that."
    assert told.next == "rekey asks Postmark whose the token is"
    assert (
        "The old token ends with `aaaa`: that one goes. The new token ends with `bbbb`: **that one stays**." in ending
    )
