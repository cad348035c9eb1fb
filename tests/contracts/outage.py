"""Whether anything is down while a key is replaced: its issuer is asked all the time with what holders of it have."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial

import httpx

from blocks.catalog import load_catalog
from blocks.consumers.heroku.app import HerokuConsumer
from blocks.issuers.infisical_login import LOGIN
from blocks.prefect_api import own_blocks
from blocks.settings import read_settings
from deployments.sandbox.estate import Estate
from tests.chaos.machines import OWN, Own
from tests.contracts.contract import CONTRACTS

EVERY_S = 0.02
HEROKU_3 = "application/vnd.heroku+json; version=3"
Question = Callable[[httpx.Client, str], httpx.Response]
Holder = Callable[[], str]


def _by_header(path: str, header: str, before: str = "", also: Mapping[str, str] | None = None) -> Question:
    """Ask whose a key is, with the key in this header; ``before`` stands before it there."""
    return lambda client, value: client.get(path, headers={header: f"{before}{value}", **(also or {})})


def _log_in(client: httpx.Client, value: str) -> httpx.Response:
    client_id, _, secret = value.partition(" ")
    return client.post(LOGIN, json={"clientId": client_id, "clientSecret": secret})


# By the sandbox's server: how the issuer is asked.
QUESTIONS = {
    "postmark-server": ("issuers", _by_header("/server", "X-Postmark-Server-Token")),
    "github-deploy": ("github", _by_header("/user", "Authorization", "Bearer ")),
    "stripe-test": ("issuers", _by_header("/v1/account", "Authorization", "Bearer ")),
    "anthropic-raxx": ("issuers", _by_header("/v1/models", "x-api-key", also={"anthropic-version": "2023-06-01"})),
    "heroku-rekey": ("heroku", _by_header("/account", "Authorization", "Bearer ", {"Accept": HEROKU_3})),
    "infisical-rekey": ("infisical", _log_in),
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
    # Whether it was asked until the end: else a zero would say nothing.
    is_whole: bool = False


@contextmanager
def sampled(estate: Estate, credential: str) -> Iterator[Sampled]:
    """Ask with what every place holds that has it, every EVERY_S seconds, until the context ends."""
    seen, over, began = Sampled(credential), threading.Event(), time.monotonic()
    holders = [_own_block(OWN[credential])] if credential in OWN else list(_applications(estate, credential))
    assert holders, "nothing holds it"
    ask = partial(copy_context().run, _ask, estate, holders, seen, over)
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
        seen.seconds = time.monotonic() - began
    assert seen.is_whole, "nobody asked any more, before it was over"


def _applications(estate: Estate, credential: str) -> Iterator[Holder]:
    """What each application runs with."""
    variable = CONTRACTS[credential].variable

    def held(app: str) -> str:
        return dict(estate.heroku.serving(app) or {})[variable]

    for one in load_catalog(read_settings().catalog).get(credential).consumers:
        if isinstance(one, HerokuConsumer):
            yield partial(held, one.app)


def _own_block(own: Own) -> Holder:
    """What rekey itself asks with, after the ID that goes with it if there is one."""

    def held() -> str:
        values = own_blocks.read(own.slug, "rekey").values
        return " ".join(str(values[name]) for name in ("client_id", own.field) if name in values)

    return held


def _ask(estate: Estate, holders: list[Holder], seen: Sampled, over: threading.Event) -> None:
    host, question = QUESTIONS[seen.credential]
    with httpx.Client(base_url=estate.url(host), trust_env=False) as client:
        due = time.monotonic()
        while not over.is_set():
            for held in holders:
                value = held()
                seen.asked += 1
                seen.refused += not question(client, value).is_success
                seen.values.add(value)
            due = max(due + EVERY_S, time.monotonic())
            over.wait(due - time.monotonic())
    seen.is_whole = True
