"""Whoever edits a block cannot lead a token or a pair to another host: refused by name, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any

import pytest
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from pydantic import SecretStr

from blocks.consumers.github.block import Github
from blocks.consumers.heroku.block import Heroku
from blocks.consumers.person.block import Slack
from blocks.entry import DOCUMENT
from blocks.errors import CatalogError, StepError
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.runtimes.raptor import Raptor
from blocks.vaults.infisical.block import Infisical
from blocks.vendor_block import VendorBlock
from blocks.wire.http import Http
from deployments.sandbox import made_up
from deployments.sandbox.estate import APPS
from deployments.sandbox.server import SandboxServer
from tasks.health import shared
from tests.health.support import looked, told, wrong
from tests.operator import Operator
from tests.steps.live import RETRY


@dataclass
class Proxy:
    """Somebody's server on loopback, which would see whatever is sent to it."""

    server: SandboxServer
    seen: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return self.server.url("proxy")


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    seen: list[str] = []

    async def takes_all(scope: Any, _: Any, send: Any) -> None:
        seen.append(scope["path"])
        await send({"type": "http.response.start", "status": 502, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    running = Proxy(SandboxServer({"proxy": takes_all}), seen)
    running.server.start()
    yield running
    running.server.stop()


def test_a_rotation_with_every_block_led_to_a_proxy_sends_nothing_and_names_each_block(
    operator: Operator, proxy: Proxy
) -> None:
    led: dict[type[VendorBlock], dict[str, str]] = {
        kind: dict.fromkeys(kind.addresses, proxy.url) for kind in (Alpaca, Infisical, Heroku, Github)
    }
    for kind, fields in led.items():
        operator.change_block(kind, **fields)
    for name in APPS:
        operator.change_block(Raptor, name, url=proxy.url)
    operator.change_block(Slack, url=f"{proxy.url}/api/")

    outcome = operator.rotate()

    assert outcome.state.is_failed()
    assert outcome.descriptions == [], "no form was shown"
    for block in ("Alpaca", "Infisical", "Heroku", "Github", "Slack"):
        assert f"The block {block}/rekey is refused, and nothing was sent to it" in outcome.message
    assert "The block Raptor/raptor-prod is refused" in outcome.message
    assert f"its address is {proxy.url}, and heroku in [hosts]" in outcome.message
    assert operator.estate.url("heroku") in outcome.message, "what the catalog says"
    assert proxy.seen == []
    assert operator.estate.server.journal.entries == []


def test_a_dashboard_link_to_another_host_is_never_shown(operator: Operator, proxy: Proxy) -> None:
    operator.change_block(Alpaca, paper_dashboard_url=f"{proxy.url}/paper/dashboard/overview")

    outcome = operator.rotate()

    assert outcome.descriptions == []
    assert "alpaca_paper_dashboard in [hosts]" in outcome.message


@pytest.mark.long
def test_a_block_that_is_changed_while_the_form_waits_holds_the_rotation_and_gets_nothing(
    operator: Operator, proxy: Proxy
) -> None:
    right = operator.estate.url("heroku")
    # Prefect's settings are in the context of the test's thread.
    context = copy_context()

    def lead_to(person: Operator, address: str) -> None:
        context.run(person.change_block, Heroku, url=address)

    def lead_astray(person: Operator) -> Any:
        assert person.form is not None
        dashboard = person.estate.url("dashboard")
        assert f"Its address begins with `{dashboard}/`" in person.form.description
        lead_to(person, proxy.url)
        return person.regenerate()

    def put_back(person: Operator) -> None:
        assert person.form is not None
        assert "The block Heroku/rekey is refused, and nothing was sent to it" in person.form.description
        lead_to(person, right)
        person.choose(RETRY)

    outcome = operator.rotate(lead_astray, put_back)

    assert outcome.state.is_completed(), outcome.message
    assert proxy.seen == []
    hosts = {
        str(row.context.get("subject") or row.context["step"]): set(row.context.get("hosts", ()))
        for row in operator.ledger.rows()
        if row.context.get("outcome") == "done"
    }
    netloc = {
        name: operator.estate.url(name).removeprefix("http://") for name in ("infisical", "heroku", "alpaca-paper")
    }
    assert hosts["store"] == {netloc["infisical"]}
    assert netloc["heroku"] in hosts["heroku raxx-api-prod"]
    assert {netloc["infisical"], netloc["alpaca-paper"]} <= hosts["validate"]
    (line,) = (one for one in operator.report().splitlines() if "Hosts that answered" in one)
    assert all(one in line for one in netloc.values())


def test_health_names_a_block_of_another_host_and_prefects_own_webhook(operator: Operator, proxy: Proxy) -> None:
    CustomWebhookNotificationBlock(
        name="people on call", url=f"{proxy.url}/chat.postMessage", cookies=None, headers=None
    ).save(DOCUMENT, overwrite=True)
    try:
        with pytest.raises(StepError, match=r"by its block Custom Webhook/rekey: its address is .*Revoke the token"):
            shared.prefects_messages()
    finally:
        CustomWebhookNotificationBlock.delete(DOCUMENT)
    assert shared.prefects_messages() == "Prefect itself sends no messages by Slack."
    operator.change_block(Heroku, url=proxy.url)
    found = looked("alpaca-paper")
    assert "The block Heroku/rekey is refused" in told(found, "copy of heroku raxx-api-prod", "alpaca-paper")
    assert wrong(found)["alpaca-paper: copy of heroku raxx-api-prod"] == "failed"
    assert proxy.seen == []


def test_no_extra_header_leads_a_request_to_another_host() -> None:
    with pytest.raises(CatalogError, match="a header named Host would lead the request to another host"):
        Http("Infisical", "https://app.infisical.com", headers={"hOST": SecretStr(made_up.token("evil "))})
