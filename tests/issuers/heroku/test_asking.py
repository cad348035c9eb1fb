"""What Heroku's answers mean for its tokens, over a real socket: which is which, and what a lost answer left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.answer import Answer
from blocks.errors import Refused, StepError, Unclear, VendorError
from blocks.issuers.heroku_token import HerokuToken
from blocks.issuers.terms import By
from blocks.secret import Minted
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.heroku.app import HerokuSandbox
from deployments.sandbox.server import SandboxServer
from tests.issuers.support import token

REALM, LABEL, OTHERS = "production", "rekey r-20261128-1-aa", "rekey r-20261127-1-bb"
PATH = "/oauth/authorizations"


@pytest.fixture
def heroku() -> HerokuSandbox:
    """An account with one token."""
    return HerokuSandbox("HRKU-" + "a1" * 20)


@pytest.fixture
def served(heroku: HerokuSandbox) -> Iterator[SandboxServer]:
    """Its API."""
    server = SandboxServer({"heroku": heroku.app()})
    server.start()
    yield server
    server.stop()


@pytest.fixture
def issuer(served: SandboxServer) -> HerokuToken:
    """The block at that address."""
    return HerokuToken(url=served.url("heroku"))


@pytest.fixture
def current(heroku: HerokuSandbox) -> Minted:
    """The token in use."""
    return token(heroku.token)


def living(heroku: HerokuSandbox) -> list[str]:
    """The tokens that Heroku accepts, oldest first."""
    return [one.token for one in heroku.access.authorizations.values()]


def test_a_token_is_made_like_the_one_that_asks_and_says_which_it_is(
    heroku: HerokuSandbox, issuer: HerokuToken, current: Minted
) -> None:
    new = issuer.mint(REALM, current, LABEL)

    made = list(heroku.access.authorizations.values())[-1]
    assert (made.token, made.scopes) == (new.secret.get_secret_value(), ("global",))
    assert made.description == f"{LABEL} {new.fingerprint}"
    assert issuer.identify(REALM, new).subject == "operator@example.com"
    issuer.revoke(REALM, current, new)
    assert issuer.is_dead(REALM, current, new).answer is Answer.YES
    issuer.revoke(REALM, current, new)  # once more changes nothing
    assert living(heroku) == [new.secret.get_secret_value()]
    assert issuer.traits.minted_by is issuer.traits.revoked_by is By.API


def test_a_new_token_lasts_as_long_as_the_old_one_did_and_not_as_long_as_is_left_of_it(
    heroku: HerokuSandbox, issuer: HerokuToken, current: Minted
) -> None:
    lasts, age = timedelta(days=100), timedelta(days=90)
    (known,) = heroku.access.authorizations.values()
    known.expires_in_s = lasts.total_seconds()
    known.created_at -= age
    known.made_at -= age.total_seconds()

    (listed,) = issuer.listed(REALM, current)
    assert listed.ends is not None
    assert abs(listed.ends - datetime.now(UTC) - (lasts - age)) < timedelta(minutes=1)
    issuer.mint(REALM, current, LABEL)

    made = list(heroku.access.authorizations.values())[-1]
    assert made.expires_in_s is not None
    assert abs(timedelta(seconds=made.expires_in_s) - lasts) < timedelta(minutes=1)


@pytest.mark.parametrize(("method", "path"), [("POST", PATH), ("PATCH", f"{PATH}/.+"), ("DELETE", f"{PATH}/.+")])
@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.DROP_BEFORE])
def test_what_a_lost_answer_left_is_ended_by_the_next_try_and_nothing_else_is(
    heroku: HerokuSandbox,
    served: SandboxServer,
    issuer: HerokuToken,
    current: Minted,
    method: str,
    path: str,
    kind: FaultKind,
) -> None:
    other = issuer.mint(REALM, current, OTHERS)
    if method == "DELETE":
        issuer.mint(REALM, current, LABEL)
    served.plan.add(Fault("heroku", kind, method, path))
    with pytest.raises(VendorError):
        issuer.mint(REALM, current, LABEL)

    new = issuer.mint(REALM, current, LABEL)

    assert living(heroku) == [one.secret.get_secret_value() for one in (current, other, new)]


def test_whatever_is_ended_it_is_never_the_token_that_asks(
    heroku: HerokuSandbox, issuer: HerokuToken, current: Minted
) -> None:
    new = issuer.mint(REALM, current, LABEL)
    heroku.access.authorize(("global",), "operator@example.com", None, LABEL)

    (ended,) = issuer.discard(REALM, new, LABEL)

    assert ended not in heroku.access.authorizations
    assert living(heroku) == [current.secret.get_secret_value(), new.secret.get_secret_value()]
    with pytest.raises(StepError):
        issuer.revoke(REALM, new, new)


def test_a_token_of_which_nobody_knows_which_it_is_ends_nothing_and_makes_nothing(
    heroku: HerokuSandbox, issuer: HerokuToken, current: Minted
) -> None:
    (known,) = heroku.access.authorizations.values()
    known.description = "made by hand"

    for ask in (
        lambda: issuer.demand_a_free_slot(REALM, current),
        lambda: issuer.mint(REALM, current, LABEL),
        lambda: issuer.discard(REALM, current, "made by hand"),
    ):
        with pytest.raises(StepError) as told:
            ask()
        assert f'--description "rekey {current.fingerprint}"' in told.value.remedy
    assert living(heroku) == [heroku.token]


def test_what_other_rotations_left_is_told_before_one_more_is_made(
    heroku: HerokuSandbox, issuer: HerokuToken, current: Minted
) -> None:
    assert issuer.demand_a_free_slot(REALM, current).endswith("which of them is the current one is known.")
    issuer.mint(REALM, current, OTHERS)

    left = list(heroku.access.authorizations)[-1]
    assert f"Made by other rotations, and living still: {left}." in issuer.demand_a_free_slot(REALM, current)


def test_a_token_that_may_make_none_says_how_one_is_made_that_may(heroku: HerokuSandbox, issuer: HerokuToken) -> None:
    weak = token(heroku.add_token("write-protected"))

    with pytest.raises(Refused, match="authorizations:create --scope global"):
        issuer.demand_a_free_slot(REALM, weak)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": FaultKind.ANSWER, "status": 403, "body": {"id": "suspended", "message": "suspended"}},
        {"kind": FaultKind.ANSWER, "status": 200, "body": {"email": 7}},
        {"kind": FaultKind.HTML, "status": 401},
    ],
    ids=str,
)
def test_what_says_nothing_of_the_token_is_unknown(
    served: SandboxServer, issuer: HerokuToken, current: Minted, fault: dict[str, Any]
) -> None:
    served.plan.add(Fault("heroku", path="/account", times=None, **fault))

    assert issuer.accepts(REALM, current) is Answer.UNKNOWN
    with pytest.raises(Unclear):
        issuer.identify(REALM, current)


@pytest.mark.parametrize("status", [401, 403])
def test_both_statuses_with_which_heroku_refuses_an_ended_token_are_a_no(
    heroku: HerokuSandbox, issuer: HerokuToken, current: Minted, status: int
) -> None:
    heroku.knobs.revoked_status = status
    ended = heroku.add_token()
    heroku.revoke_token(ended)

    assert issuer.accepts(REALM, token(ended)) is Answer.NO
    assert issuer.is_dead(REALM, token(ended), current).answer is Answer.YES


@pytest.mark.parametrize(
    "body", [{}, [{}], [{"id": "a"}], [{"id": "a", "created_at": "2026-11-28T00:00:00"}], [7]], ids=str
)
def test_a_list_that_cannot_be_read_is_unclear(
    served: SandboxServer, issuer: HerokuToken, current: Minted, body: Any
) -> None:
    served.plan.add(Fault("heroku", FaultKind.ANSWER, "GET", PATH, 200, body=body, times=None))

    with pytest.raises(Unclear):
        issuer.mint(REALM, current, LABEL)
