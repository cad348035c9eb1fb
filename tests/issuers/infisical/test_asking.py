"""What Infisical's answers mean for an identity's client secrets, and that rekey never locks the identity out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import Refused, StepError, Unclear, VendorError
from blocks.issuers.infisical_identity import InfisicalIdentity
from blocks.issuers.infisical_login import LOGIN
from blocks.secret import Minted
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.infisical.app import InfisicalSandbox
from deployments.sandbox.infisical.state import Profile
from deployments.sandbox.server import SandboxServer

REALM, LABEL = "production", "rekey r-20261128-1-aa"
SECRETS = "/api/v1/auth/universal-auth/identities/.+/client-secrets"


@dataclass
class Scene:
    """A vault, its server, the issuer and the pair in use."""

    twin: InfisicalSandbox
    server: SandboxServer
    issuer: InfisicalIdentity
    current: Minted
    profile: str

    @property
    def living(self) -> list[str]:
        """The secrets with which the identity can log in, oldest first."""
        return self.twin.living_secrets(self.current.values["client_id"].get_secret_value())

    def limited(self, **limits: int) -> None:
        """The secret in use is bounded so."""
        (one,) = self.twin.secrets_of(self.current.values["client_id"].get_secret_value())
        for name, value in limits.items():
            setattr(one, name, value)


def pair(client_id: str, client_secret: str) -> Minted:
    """Both values."""
    return Minted({"client_id": SecretStr(client_id), "client_secret": SecretStr(client_secret)})


@pytest.fixture(params=get_args(Profile))
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """On a server of either age; a current one locks."""
    profile: Literal["2024", "current"] = request.param
    twin = InfisicalSandbox(profile)
    client = twin.add_identity(twin.add_project(), manages_identities=True)
    server = SandboxServer({"infisical": twin.app()})
    server.start()
    yield Scene(twin, server, InfisicalIdentity(url=server.url("infisical")), pair(*client), profile)
    server.stop()


def test_a_secret_is_made_and_the_old_one_revoked_and_proved_dead_and_the_identity_is_never_locked(
    scene: Scene,
) -> None:
    issuer, old = scene.issuer, scene.current
    new = issuer.mint(REALM, old, LABEL)
    assert new.values["client_id"] == old.values["client_id"]
    assert issuer.identify(REALM, new).facts == issuer.identify(REALM, old).facts

    for _ in range(2):
        # Once more changes nothing.
        issuer.revoke(REALM, old, new)
        issuer.discard(REALM, new, LABEL)
        for _ in range(3):
            assert issuer.is_dead(REALM, old, new).answer is Answer.YES
    assert scene.living == [new.secret.get_secret_value()]
    assert issuer.refuses_made_up(REALM) is Answer.YES
    assert issuer.accepts(REALM, old) is Answer.NO
    assert issuer.accepts(REALM, new) is Answer.YES


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.DROP_BEFORE])
def test_a_secret_whose_answer_was_lost_is_revoked_by_the_next_try(scene: Scene, kind: FaultKind) -> None:
    scene.server.plan.add(Fault("infisical", kind, "POST", SECRETS))
    with pytest.raises(VendorError):
        scene.issuer.mint(REALM, scene.current, LABEL)

    new = scene.issuer.mint(REALM, scene.current, LABEL)

    assert scene.living == [one.secret.get_secret_value() for one in (scene.current, new)]


def test_a_locked_identity_says_nothing_of_a_secret(scene: Scene) -> None:
    wrong = pair(scene.current.values["client_id"].get_secret_value(), "0" * 64)
    scene.issuer.accepts(REALM, wrong), scene.issuer.accepts_yet(REALM, wrong)

    seen = scene.issuer.accepts(REALM, scene.current)

    assert seen is (Answer.UNKNOWN if scene.profile == "current" else Answer.YES)


def test_a_secret_with_few_uses_left_is_told_before_anything_and_its_successor_has_no_such_limit(scene: Scene) -> None:
    scene.limited(max_uses=20)
    with pytest.raises(StepError, match=r"is good for \d+ more questions only"):
        scene.issuer.demand_a_free_slot(REALM, scene.current)

    scene.limited(max_uses=5000, ttl_s=7200)
    assert "lists 1 key," in scene.issuer.demand_a_free_slot(REALM, scene.current)
    new = scene.issuer.mint(REALM, scene.current, LABEL)

    _, made = scene.issuer.listed(REALM, new)
    assert (made.label, made.uses_left, made.like) == (LABEL, None, {"ttl": 7200})


def test_one_whose_time_is_over_is_refused(scene: Scene) -> None:
    scene.limited(max_uses=1)
    assert scene.issuer.accepts(REALM, scene.current) is Answer.YES
    assert scene.issuer.accepts(REALM, scene.current) is Answer.NO


def test_an_identity_that_may_manage_none_is_told_what_helps(scene: Scene) -> None:
    weak = pair(*scene.twin.add_identity(scene.twin.add_project()))

    with pytest.raises(Refused, match="the right to read and edit identities"):
        scene.issuer.demand_a_free_slot(REALM, weak)


@pytest.mark.parametrize("token", ["", "not a token", "a.b.c", 7], ids=str)
def test_a_token_that_names_nobody_is_unclear(scene: Scene, token: object) -> None:
    scene.server.plan.add(
        Fault("infisical", FaultKind.ANSWER, "POST", LOGIN, 200, body={"accessToken": token}, times=None)
    )

    assert scene.issuer.accepts(REALM, scene.current) is Answer.UNKNOWN
    with pytest.raises(Unclear):
        scene.issuer.identify(REALM, scene.current)
