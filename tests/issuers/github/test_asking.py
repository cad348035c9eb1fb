"""What GitHub's answers mean for a token, over a real socket."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from blocks.answer import Answer
from blocks.catalog import load_catalog
from blocks.errors import RateLimited, Rejected, Unclear, VendorError
from blocks.issuers.github_token import GithubToken
from blocks.issuers.scope import ScopeTable
from blocks.model.credential import Credential
from blocks.model.rotation import Todo
from blocks.settings import ROOT
from deployments.sandbox.catalog import ISSUERS
from deployments.sandbox.estate import ONLY_HERE, REPOSITORY
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.github.app import GithubSandbox
from deployments.sandbox.server import SandboxServer
from tests.issuers.support import token

REALM, DAY_S = "production", 24 * 3600
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[GithubSandbox, SandboxServer]]:
    """GitHub's twin."""
    github = GithubSandbox()
    github.add_repository(REPOSITORY)
    server = SandboxServer({"github": github.app()})
    server.start()
    yield github, server
    server.stop()


@pytest.fixture
def github(served: tuple[GithubSandbox, SandboxServer]) -> Iterator[GithubSandbox]:
    """The twin, without faults afterwards."""
    yield served[0]
    served[1].plan.clear()
    served[0].knobs.rate_limited = False


@pytest.fixture
def issuer(served: tuple[GithubSandbox, SandboxServer]) -> GithubToken:
    """The block at the twin's address."""
    return GithubToken(url=served[1].url("github"), page_url=f"{served[1].url('github')}/keys")


@pytest.fixture(scope="module")
def credential(tmp_path_factory: pytest.TempPathFactory) -> Credential:
    """As the sandbox's catalog has it."""
    file = tmp_path_factory.mktemp("catalog") / "catalog.toml"
    hosts = "".join(f'{word} = "https://issuer.example.com"\n' for word in ISSUERS)
    shipped = (ROOT / "deployments" / "catalog.toml").read_text()
    file.write_text(f"{shipped}{ONLY_HERE.read_text()}\n[hosts.issuers]\n{hosts}")
    return load_catalog(file).get("github-deploy")


def made(github: GithubSandbox, permissions: dict[str, str | None], days: float = 400) -> Any:
    """A token that lives so long."""
    return token(github.add_token(permissions, ends_at=time.time() + days * DAY_S))


def test_github_ends_a_token_when_it_is_told_its_value(github: GithubSandbox, issuer: GithubToken) -> None:
    old, new = made(github, {"secrets": "read"}), made(github, {"secrets": "read"})

    seen = issuer.identify(REALM, new)
    assert seen.subject == "sandbox"
    assert seen.status.startswith("ends 20")
    issuer.revoke(REALM, old, new)
    assert issuer.is_dead(REALM, old, new).answer is Answer.YES
    issuer.revoke(REALM, old, new)  # once more changes nothing
    assert issuer.accepts(REALM, new) is Answer.YES


def test_a_revocation_that_is_answered_and_not_done_is_no_death(
    served: tuple[GithubSandbox, SandboxServer], github: GithubSandbox, issuer: GithubToken
) -> None:
    old, new = made(github, {}), made(github, {})
    revoked = Fault("github", FaultKind.ANSWER, "POST", "/credentials/revoke", 202, body={})
    refused = Fault("github", FaultKind.ANSWER, "POST", "/credentials/revoke", 422)
    served[1].plan.add(revoked)
    served[1].plan.add(refused)

    issuer.revoke(REALM, old, new)
    assert issuer.is_dead(REALM, old, new).answer is Answer.NO
    with pytest.raises(Rejected) as told:
        issuer.revoke(REALM, old, new)
    assert old.secret.get_secret_value() not in f"{told.value} {vars(told.value)}"


@pytest.mark.parametrize("days", [150.0, 0.5])
def test_a_token_that_ends_before_its_next_rotation_will_not_do(
    github: GithubSandbox, issuer: GithubToken, credential: Credential, days: float
) -> None:
    wrong = issuer.misfit(credential, made(github, {"secrets": "read"}, days), NOW)

    assert wrong is not None
    assert wrong.todo is Todo.REGENERATE
    assert "before its next rotation: it is due every 180 days" in wrong.problem


@pytest.mark.parametrize(
    ("permissions", "told"),
    [
        ({"secrets": "read"}, ""),
        ({}, f"does not let the new key ask /repos/{REPOSITORY}/actions/secrets, which the catalog says it has to"),
        (
            {"secrets": "read", "actions_variables": "read"},
            f"lets the new key ask /repos/{REPOSITORY}/actions/variables, which the catalog forbids it",
        ),
    ],
)
def test_a_token_may_do_what_the_catalog_says_and_no_more(
    github: GithubSandbox, issuer: GithubToken, credential: Credential, permissions: dict[str, str | None], told: str
) -> None:
    wrong = issuer.misfit(credential, made(github, permissions), NOW)

    assert told in (wrong.problem if wrong else "")
    assert (wrong is None) is (told == "")
    assert wrong is None or wrong.todo is Todo.ENTER_AGAIN


@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_that_is_reached_is_no_refusal_of_anything(
    github: GithubSandbox, issuer: GithubToken, credential: Credential, status: int
) -> None:
    """GitHub says 403 for it, too: the token is not dead, may not do too little, and is not kept from too much."""
    living = made(github, {"secrets": "read"})
    github.knobs.rate_limited, github.knobs.rate_limit_status = True, status

    assert issuer.accepts(REALM, living) is Answer.UNKNOWN
    with pytest.raises(RateLimited):
        issuer.misfit(credential, living, NOW)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": FaultKind.ANSWER, "status": 403},
        {"kind": FaultKind.ANSWER, "status": 200, "body": {"login": 7}},
        {"kind": FaultKind.HTML, "status": 401},
        {"kind": FaultKind.DROP_BEFORE},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}",
)
def test_whatever_else_is_answered_is_unknown(
    served: tuple[GithubSandbox, SandboxServer], github: GithubSandbox, issuer: GithubToken, fault: dict[str, Any]
) -> None:
    served[1].plan.add(Fault("github", path="/user", times=None, **fault))

    assert issuer.accepts(REALM, made(github, {})) is Answer.UNKNOWN
    with pytest.raises(VendorError):
        issuer.identify(REALM, made(github, {}))


def test_a_date_of_expiry_that_cannot_be_read_is_no_date(issuer: GithubToken, github: GithubSandbox) -> None:
    assert issuer.identify(REALM, token(github.add_token({}))).status == "never ends"
    with pytest.raises(Unclear):
        issuer.ends_at(200, "next year")
    assert issuer.ends_at(200, "2026-11-30 19:07:53 UTC") == issuer.ends_at(200, "2026-11-30 19:07:53 +0000")


def test_what_a_table_does_not_say_is_told_as_not_proved(credential: Credential) -> None:
    assert credential.own.lacks == ()
    assert len(ScopeTable().lacks) == 2
