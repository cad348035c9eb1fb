"""The token of a service account says itself when it ends; what says nothing of it is unknown."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from blocks.consumers.kubernetes.token import end_of
from blocks.errors import Refused
from blocks.key_end import UNKNOWN
from deployments.kit.shipped.clusters import NAMESPACE, SECRET
from deployments.sandbox import made_up
from tests.consumers.kubernetes.scene import Scene

ENDS = datetime(2027, 3, 1, 12, tzinfo=UTC)
LEGACY = "kubernetes/serviceaccount"


def token(claims: object, *, padded: bool = False) -> SecretStr:
    """A token with these claims, signed by nobody."""
    parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode() for one in ({"alg": "none"}, claims)]
    return SecretStr(".".join([*(one if padded else one.rstrip("=") for one in parts), "c2lnbmVk"]))


@pytest.mark.parametrize("exp", [ENDS.timestamp(), int(ENDS.timestamp())])
def test_the_end_is_that_of_the_claim(exp: float) -> None:
    found = end_of(token({"exp": exp, "iss": "https://kubernetes.default.svc"}))

    assert found.at == ENDS
    assert "kubectl create token" in found.remedy


def test_a_token_of_a_secret_has_no_end() -> None:
    found = end_of(token({"iss": LEGACY, "sub": "system:serviceaccount:rekey:rekey"}))

    assert found.at is None
    assert "names no end" in found.told


@pytest.mark.parametrize(
    "one",
    [
        token({"iss": "https://somebody.else"}),
        token({"exp": "tomorrow"}),
        token({"exp": True}),
        token({"exp": 1e300}),
        token([1]),
        SecretStr("a.b.c"),
        SecretStr("a..c"),
        SecretStr("no token of this kind"),
        SecretStr("ä.ö.ü"),
        SecretStr(""),
    ],
)
def test_what_tells_nothing_is_unknown(one: SecretStr) -> None:
    assert end_of(one) == UNKNOWN


def test_the_api_server_judges_the_token_whatever_it_says_itself(scene: Scene) -> None:
    assert scene.consumer.token_end() == UNKNOWN
    del scene.twin.cluster.objects["secrets", NAMESPACE, SECRET]
    assert scene.consumer.token_end() == UNKNOWN
    scene.twin.token = made_up.token("eyJ", 120)

    with pytest.raises(Refused, match="the token is not accepted"):
        scene.consumer.token_end()
