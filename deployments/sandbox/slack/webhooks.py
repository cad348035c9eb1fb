"""Incoming webhooks: addresses that post to one channel, for whoever knows them, and answer in a word of plain text.

Of Slack's page on them and its list of errors (docs.slack.dev); that a message without a text is no_text is
fluxcd/flagger 1031's. An address is a secret. A person makes one on the page of the simulated Slack, as at Slack in the
app's settings.
"""

from __future__ import annotations

import secrets
import string
from html import escape
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.json_body import parsed
from deployments.sandbox.slack import people
from deployments.sandbox.slack.request import SlackError
from deployments.sandbox.slack.rules import fault_of_message, received
from deployments.sandbox.slack.workspace import Workspace

_KEPT = ("text", "blocks", "attachments", "thread_ts")
_ALPHABET = string.ascii_uppercase + string.digits
_GONE, _TOO_MANY = 410, 429


class Webhooks:
    """The addresses, and what is posted to them."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        # The channel by the path of an address.
        self._channels: dict[str, str] = {}

    def add(self, channel: str) -> str:
        """The path of a further address that posts to this channel."""
        hook = f"B{''.join(secrets.choice(_ALPHABET) for _ in range(10))}"
        path = f"/services/{people.TEAM}/{hook}/{made_up.token('', 24)}"
        self._channels[path] = channel
        return path

    def routes(self) -> list[Route]:
        """What is posted to, and what a person presses."""
        return [
            Route("/services/{team}/{hook}/{secret}", self._post, methods=["GET", "POST"]),
            Route("/webhooks", self._make, methods=["POST"]),
        ]

    def shown(self, base_url: str) -> str:
        """The part of the page that shows them, as HTML."""
        rows = "".join(
            f"<li>{escape(channel)}: <code>{escape(base_url.rstrip('/') + path)}</code></li>"
            for path, channel in self._channels.items()
        )
        choices = "".join(f"<option>{escape(one)}</option>" for one in self._workspace.conversations())
        if not choices:
            return ""
        form = f"<select name=channel>{choices}</select> <button>Add an incoming webhook</button>"
        return f"<ul>{rows}</ul><form method=post action=/webhooks>{form}</form>"

    async def _make(self, request: Request) -> Response:
        asked = parse_qs((await request.body()).decode(errors="replace")).get("channel", [""])[0]
        if asked not in self._workspace.conversations():
            return PlainTextResponse("channel_not_found", 404)
        self.add(asked)
        return RedirectResponse("/", 303)

    async def _post(self, request: Request) -> Response:
        channel = self._channels.get(request.url.path)
        if channel is None:
            is_ours = request.path_params["team"] == people.TEAM
            return PlainTextResponse("no_service" if is_ours else "no_team", 404)
        args = _sent(await request.body(), request.headers.get("content-type", ""))
        if args is None:
            return PlainTextResponse("invalid_payload", 400)
        if self._workspace.conversations()[channel].archived:
            return PlainTextResponse("channel_is_archived", _GONE)
        fault = fault_of_message(args)
        if fault:
            return PlainTextResponse(fault.code, 400)
        return self._done(channel, args)

    def _done(self, channel: str, args: dict[str, Any]) -> Response:
        try:
            self._workspace.count(channel)
        except SlackError:
            return PlainTextResponse("rate_limited", _TOO_MANY, {"Retry-After": "1"})
        origin = {"type": "message", "subtype": "bot_message", "channel": channel, "ts": self._workspace.stamp()}
        self._workspace.messages.append({**origin, "bot_id": people.BOT, **received(args, _KEPT)})
        return PlainTextResponse("ok")


def _sent(content: bytes, kind: str) -> dict[str, Any] | None:
    """JSON, whatever it is called, or a form whose payload is JSON."""
    try:
        text = content.decode()
        if kind.startswith("application/x-www-form-urlencoded") and text.startswith("payload="):
            text = parse_qs(text)["payload"][0]
        found = parsed(text)
    except (ValueError, KeyError):
        return None
    return found if isinstance(found, dict) else None
