"""Whether anything is down while a key is replaced: its issuer is asked all the time with what each application has."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from blocks.catalog import load_catalog
from blocks.consumers.heroku.app import HerokuConsumer
from blocks.settings import read_settings
from deployments.sandbox.estate import Estate
from tests.contracts.contract import CONTRACTS, Contract

EVERY_S = 0.05
# How the issuer is asked whose a key is, by the sandbox's server: path, header, and what stands before the key there.
QUESTIONS = {
    "postmark-server": ("issuers", "/server", "X-Postmark-Server-Token", ""),
    "github-deploy": ("github", "/user", "Authorization", "Bearer "),
    "stripe-test": ("issuers", "/v1/account", "Authorization", "Bearer "),
}
# Whose old key lives until it is retired.
OVERLAPPING = tuple(QUESTIONS)


@dataclass(slots=True)
class Sampled:
    """What was asked in a rotation, and how often it was refused; ``values`` is how many keys were held meanwhile."""

    credential: str
    asked: int = 0
    refused: int = 0
    seconds: float = 0.0
    values: set[str] = field(default_factory=set, repr=False)


@contextmanager
def sampled(estate: Estate, credential: str) -> Iterator[Sampled]:
    """Ask at every application that has it, every EVERY_S seconds, until the context ends."""
    seen, over, began = Sampled(credential), threading.Event(), time.monotonic()
    apps = [
        one.app
        for one in load_catalog(read_settings().catalog).get(credential).consumers
        if isinstance(one, HerokuConsumer)
    ]
    assert apps, "nothing holds it"
    thread = threading.Thread(target=_ask, args=(estate, CONTRACTS[credential], apps, seen, over), daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
        seen.seconds = time.monotonic() - began


def _ask(estate: Estate, contract: Contract, apps: list[str], seen: Sampled, over: threading.Event) -> None:
    host, path, header, before = QUESTIONS[contract.credential]
    with httpx.Client(base_url=estate.url(host), trust_env=False) as client:
        due = time.monotonic()
        while not over.is_set():
            for app in apps:
                value = dict(estate.heroku.serving(app) or {})[contract.variable]
                answer = client.get(path, headers={header: f"{before}{value}"})
                seen.asked += 1
                seen.refused += not answer.is_success
                seen.values.add(value)
            due = max(due + EVERY_S, time.monotonic())
            over.wait(due - time.monotonic())
