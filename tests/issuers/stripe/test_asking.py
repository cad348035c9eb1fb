"""What Stripe's answers mean for a restricted key, over a real socket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import Refused, StepError, Unclear, VendorError
from blocks.issuers.scope import ScopeTable
from blocks.issuers.stripe_restricted import StripeRestricted
from blocks.issuers.terms import Situation
from blocks.model.credential import Credential
from blocks.model.rotation import Reason
from blocks.secret import Minted
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.issuers.app import IssuersSandbox
from tests.issuers.support import served

NOW = datetime.now(UTC)
CREDENTIAL = cast("Credential", SimpleNamespace(own=ScopeTable(allowed=("/v1/charges",), forbidden=("/v1/payouts",))))


@pytest.fixture
def twins() -> IssuersSandbox:
    """Stripe's twin among them."""
    return IssuersSandbox()


@pytest.fixture
def asked(twins: IssuersSandbox) -> Iterator[tuple[StripeRestricted, Any]]:
    """The block at the twin's address, and its server."""
    with served(twins) as server:
        url = server.url("issuers")
        yield StripeRestricted(url=url, page_url=f"{url}/stripe"), server


def key(value: str) -> Minted:
    """A key of this value."""
    return Minted({"key": SecretStr(value)})


def test_a_key_of_the_other_mode_is_refused_and_a_deleted_one_dies(
    asked: tuple[StripeRestricted, Any], twins: IssuersSandbox
) -> None:
    issuer, live, test = asked[0], key(twins.stripe.live.mint()), key(twins.stripe.test.mint())

    assert issuer.identify("live", live).subject == twins.stripe.account
    assert (issuer.accepts("test", test), issuer.accepts("live", test), issuer.accepts("test", live)) == (
        Answer.YES,
        Answer.NO,
        Answer.NO,
    )
    assert issuer.refuses_made_up("live") is issuer.refuses_made_up("test") is Answer.YES
    new = key(twins.stripe.live.mint())
    twins.stripe.live.delete(live.secret.get_secret_value())
    assert issuer.is_dead("live", live, new).answer is Answer.YES


@pytest.mark.parametrize(
    ("permissions", "told"),
    [
        ({"charges"}, ""),
        (set(), "does not let the new key ask /v1/charges, which the catalog says it has to"),
        ({"charges", "payouts"}, "lets the new key ask /v1/payouts, which the catalog forbids it"),
    ],
)
def test_a_key_may_do_what_the_catalog_says_and_no_more(
    asked: tuple[StripeRestricted, Any], twins: IssuersSandbox, permissions: set[str], told: str
) -> None:
    twins.stripe.permissions = permissions

    wrong = asked[0].misfit(CREDENTIAL, key(twins.stripe.test.mint()), NOW)

    assert (wrong is None) is (told == "")
    assert told in (wrong.problem if wrong else "")


def test_what_a_key_may_do_is_unknown_while_nobody_says(
    asked: tuple[StripeRestricted, Any], twins: IssuersSandbox
) -> None:
    issuer, server = asked
    living = key(twins.stripe.test.mint())
    server.plan.add(Fault("issuers", FaultKind.ANSWER, path="/v1/payouts", times=None, status=500))
    with pytest.raises(VendorError):
        issuer.misfit(CREDENTIAL, living, NOW)
    server.plan.clear()
    server.plan.add(Fault("issuers", FaultKind.ANSWER, path="/v1/payouts", times=None, status=401))
    with pytest.raises(Refused):
        issuer.misfit(CREDENTIAL, living, NOW)
    server.plan.clear()
    server.plan.add(Fault("issuers", FaultKind.ANSWER, path="/v1/account", times=None, status=403))
    assert issuer.accepts("test", living) is Answer.UNKNOWN, "a refusal that names no account"


@pytest.mark.parametrize("permissions", [set(), {"charges"}, {"charges", "accounts_kyc_basic"}])
def test_a_key_that_may_not_read_its_account_is_proved_by_the_refusal_that_names_it(
    asked: tuple[StripeRestricted, Any], twins: IssuersSandbox, permissions: set[str]
) -> None:
    """A key with what the application needs, and no more, is a good one: no key that is refused hears an account."""
    twins.stripe.permissions = permissions
    issuer, living = asked[0], key(twins.stripe.test.mint())

    assert issuer.identify("test", living).subject == twins.stripe.account
    assert issuer.accepts("test", living) is Answer.YES
    assert issuer.accepts("live", living) is issuer.accepts("test", issuer.made_up("test")) is Answer.NO


@pytest.mark.parametrize(
    "message", ["Not from this address.", "on account 'acct_'", "on account 'U3xn'", "on account acct_1", None, 403]
)
def test_a_refusal_that_names_no_account_is_no_yes_and_says_which_right_lacks(
    asked: tuple[StripeRestricted, Any], twins: IssuersSandbox, message: object
) -> None:
    issuer, server = asked
    body = {"error": {"type": "invalid_request_error", "message": message}}
    server.plan.add(Fault("issuers", FaultKind.ANSWER, path="/v1/account", times=None, status=403, body=body))

    living = key(twins.stripe.test.mint())
    assert issuer.accepts("test", living) is Answer.UNKNOWN
    with pytest.raises(Unclear, match=r"no word on whether it lives .*403.* Grant the key read of Accounts \(.*rak_"):
        issuer.identify("test", living)


def test_a_secret_key_is_not_kept_and_never_repeated(asked: tuple[StripeRestricted, Any]) -> None:
    secret = f"sk_live_{30 * 'a'}"
    wrong = asked[0].looks_wrong(key(secret))

    assert wrong is not None
    assert not wrong.worth_keeping
    assert secret not in wrong.problem
    assert asked[0].looks_wrong(key(f"pk_live_{30 * 'a'}")) is not None
    assert asked[0].looks_wrong(asked[0].made_up("live")) is None


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("rk_live_", "This is a live key: test keys begin with rk_test_."),
        ("sk_test_", "This is a secret key, which may do everything: never enter it."),
        ("pk_test_", "Restricted test keys begin with rk_test_."),
        ("rk_test_", ""),
    ],
)
def test_what_is_plainly_another_kind_of_key_is_said_while_it_is_typed(typed: str, told: str) -> None:
    value = f"{typed}{30 * 'a'}"

    found = [one.told for one in StripeRestricted.hints("test")["key"] if re.search(one.pattern, value)]

    assert found[0].startswith(told) if told else not found, found
    assert not any(re.search(one.pattern, "") for one in StripeRestricted.hints("test")["key"])


@pytest.mark.parametrize(("realm", "path"), [("live", "/stripe/apikeys"), ("test", "/stripe/test/apikeys")])
def test_each_mode_has_its_page(asked: tuple[StripeRestricted, Any], realm: str, path: str) -> None:
    told = asked[0].instructions(Situation(asked[0].page(realm), realm))

    assert f"{path})" in told.steps
    assert '**never choose "now": what uses the old key would be down**' in told.steps


@pytest.mark.parametrize(
    ("reason", "hours"),
    [(Reason.SCHEDULED, "24 hours"), (Reason.OFFBOARDING, "24 hours"), (Reason.COMPROMISE, "1 hour")],
)
def test_how_long_the_old_key_lives_on_is_said_by_the_reason(
    asked: tuple[StripeRestricted, Any], reason: Reason, hours: str
) -> None:
    situation = Situation(asked[0].page("live"), "live", grace=asked[0].traits.lives_on(reason))

    assert f"Choose that it expires in **{hours}**" in asked[0].instructions(situation).steps


def test_a_rotated_key_ends_by_the_clock_of_its_page(
    asked: tuple[StripeRestricted, Any], twins: IssuersSandbox
) -> None:
    """The page asks for the hours; the clock is turned, so nobody waits for a day."""
    issuer, twin = asked[0], twins.stripe
    old, page = key(twin.test.mint()), f"{asked[0].page('test')}"
    (number,) = twin.test.living

    assert httpx.post(f"{page}/rotate", data={"key": number, "hours": "999"}).status_code == 422
    answer = httpx.post(f"{page}/rotate", data={"key": number, "hours": "24"})
    (made,) = (value for value in twin.test.living.values() if value != old.secret.get_secret_value())
    assert made in answer.text
    assert issuer.accepts("test", old) is issuer.accepts("test", key(made)) is Answer.YES
    twin.knobs.clock_ahead_s = 24 * 3600 - 60
    assert issuer.accepts("test", old) is Answer.YES
    twin.knobs.clock_ahead_s = 24 * 3600 + 1
    assert issuer.is_dead("test", old, key(made)).answer is Answer.YES


def test_a_key_that_flaps_is_accepted_now_and_then_after_a_whole_proof_of_its_death(
    asked: tuple[StripeRestricted, Any], twins: IssuersSandbox
) -> None:
    issuer, twin = asked[0], twins.stripe
    old, new = key(twin.test.mint()), key(twin.test.mint())
    twin.knobs.flaps_s = 1200.0
    twin.test.delete(old.secret.get_secret_value())

    answers = [issuer.is_dead("test", old, new).answer for _ in range(6)]

    assert Answer.YES in answers
    assert Answer.NO in answers
    twin.knobs.clock_ahead_s = 1201.0
    assert {issuer.is_dead("test", old, new).answer for _ in range(6)} == {Answer.YES}


def test_a_forbidden_path_that_is_not_there_proves_nothing(
    asked: tuple[StripeRestricted, Any], twins: IssuersSandbox
) -> None:
    """404 may mean a hidden path or a misspelt one: said before anybody mints, and never taken for a refusal."""
    issuer, server = asked
    living = key(twins.stripe.test.mint())
    assert (
        issuer.demand_its_scope(CREDENTIAL, living)
        == "Stripe answers the current key as the catalog wants it (2 paths)."
    )
    server.plan.add(Fault("issuers", FaultKind.ANSWER, path="/v1/payouts", times=None, status=404))
    for ask in (issuer.demand_its_scope, partial(issuer.misfit, now=NOW)):
        with pytest.raises(StepError, match=r"answers 404 to /v1/payouts.* nobody can say"):
            ask(CREDENTIAL, living)
    server.plan.clear()
    twins.stripe.permissions = {"payouts"}
    told = issuer.demand_its_scope(CREDENTIAL, living)
    assert "may not ask /v1/charges, which a new one has to and may ask /v1/payouts, which a new one must not" in told
