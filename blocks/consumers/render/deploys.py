"""Deploys a service at Render for a pair, once, and waits until that deploy, or a newer one, is live.

Whether a deploy was begun for this pair nobody could say after a kill. So a variable of rekey's own names the deploy
and the pair's fingerprint: it is set as soon as Render has told the deploy's id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import StepError, Transient, Unclear, Unreachable
from blocks.proofs import still_waiting_for
from blocks.settings import read_settings
from blocks.wire.poll import boot_interval_s, wait_for

if TYPE_CHECKING:
    from blocks.consumers.render.client import RenderClient

# Which deploy was begun for which pair.
MARK = "REKEY_DEPLOYED"
_FAILED = frozenset({"build_failed", "update_failed", "pre_deploy_failed"})
# The statuses of a deploy that has ended and is not live. One that is deactivated was live before.
_OVER = _FAILED | {"canceled", "deactivated"}


def begun(client: RenderClient, service: str, before: Mapping[str, SecretStr], mark: str, *, is_new: bool) -> str:
    """The deploy that carries the pair: the one that was begun for it and has not failed, or a new one.

    ``before`` are the variables as they were found, ``is_new`` whether the pair was set since. Raises Transient, and
    Render's errors.
    """
    known = [one.id for one in client.deploys(service)]
    named, _, of = (before[MARK].get_secret_value() if MARK in before else "").partition(" ")
    if of == mark and not is_new and named in known and state(client, service, named) is not Answer.NO:
        return named
    deploy = client.deploy(service) or _queued(client, service, known)
    client.set_variable(service, MARK, SecretStr(f"{deploy} {mark}"))
    return deploy


def _queued(client: RenderClient, service: str, known: list[str]) -> str:
    """The deploy that waited for another one, once Render lists it."""
    found: list[str] = []

    def listed() -> Answer:
        found[:] = [one.id for one in client.deploys(service) if one.id not in known]
        return Answer.YES if found else Answer.UNKNOWN

    settings = read_settings()
    wait_for(listed, timeout_s=settings.release_timeout_s, interval_s=boot_interval_s(settings.probe_interval_s))
    if found:
        return found[-1]
    raise Transient(
        f"Render took the request for a deploy of {service} and lists none after {settings.release_timeout_s:.0f} s.",
        "Look at the service's page, Events. It is tried again.",
    )


def state(client: RenderClient, service: str, deploy: str) -> Answer:
    """YES when it is live, or a newer one, which carries the same variables; NO when all of them have ended."""
    deploys = client.deploys(service)
    ids = [one.id for one in deploys]
    if deploy not in ids:
        return Answer.UNKNOWN
    newest = [one.status for one in deploys[: ids.index(deploy) + 1]]
    if "live" in newest:
        return Answer.YES
    return Answer.NO if _OVER.issuperset(newest) else Answer.UNKNOWN


def troubles(client: RenderClient, service: str) -> list[StepError]:
    """What would keep the next deploy from being live, before anything is set. Raises Render's errors."""
    newest = next(iter(client.deploys(service)), None)
    if newest is None or newest.status not in _FAILED:
        return []
    return [
        StepError(
            f"The newest deploy {newest.id} of {service} failed ({newest.status}), and a new pair is one more deploy.",
            "Look at the deploy's log on the service's page, mend what is wrong, and deploy once by hand.",
        )
    ]


def wait(client: RenderClient, service: str, deploy: str, mark: str) -> None:
    """Raise StepError unless it is live, or a newer one."""
    settings = read_settings()

    def is_live() -> Answer:
        try:
            return state(client, service, deploy)
        except (Unreachable, Unclear):
            return Answer.UNKNOWN

    answer = wait_for(
        is_live,
        timeout_s=settings.release_timeout_s,
        interval_s=boot_interval_s(settings.probe_interval_s),
        stop_on_no=True,
        report=still_waiting_for(f"deploy {deploy} of {service}"),
    )
    if answer is Answer.NO:
        raise StepError(
            f"{service}: deploy {deploy} with pair {mark} ended without being live, so its instances run with the old "
            "pair.",
            "Look at the deploy's log on the service's page, and mend what is wrong. Then go on here: it is deployed "
            "again.",
        )
    if answer is not Answer.YES:
        raise StepError(
            f"{service}: deploy {deploy} with pair {mark} is not live after {settings.release_timeout_s:.0f} s.",
            "Look at the service's page, Events, and go on here when it has ended.",
        )
