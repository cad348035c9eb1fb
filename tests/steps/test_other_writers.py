"""Preflight asks, and a full health run too, who else writes to what can show it."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any, cast

from blocks.consumers.aws.secret import AwsSecretConsumer
from blocks.model.credential import Credential
from blocks.model.rotation import Reason, Rotation
from tasks.consumers import writers
from tasks.health.examine import needs
from tasks.rotate import preflight
from tests.health.support import PAPER, shipped

SECRET = AwsSecretConsumer(kind="aws-secret", name="prod/app", names={"key_id": "ID", "secret": "SECRET"})


def credential() -> Credential:
    """The shipped one, with one more consumer."""
    one = shipped(PAPER)
    return one.model_copy(update={"consumers": (*one.consumers, SECRET)})


def test_preflight_asks_whoever_can_tell() -> None:
    facts = {"may_be_clicked": True, "reason": Reason.SCHEDULED, "accepted_before": None, "old_is_dead": False}
    rotation = SimpleNamespace(credential=credential(), brakes_began=False, **facts)

    asked: list[Any] = preflight._checks(cast("Rotation", rotation), None, {}, None, cast("Any", None))

    found = [one for one in asked if isinstance(one, partial) and one.func is writers.told]
    assert [(one.args[0].label, one.keywords) for one in found] == [(SECRET.label, {"urgent": True})]


def test_a_full_health_run_asks_whoever_can_tell() -> None:
    asked = needs(credential(), cast("Any", None))

    assert [one for one in asked if one.startswith("other writers of")] == ["other writers of aws-secret prod/app"]
