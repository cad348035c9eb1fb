"""Slack as a sandbox: the Web API as far as a bot that posts needs it, and a page that shows what was posted.

Works for slack_sdk's WebClient unchanged. Almost every failure is HTTP 200 with ``{"ok": false, "error": "..."}``.
What it follows: Slack Web API reference, read 2026-11-21.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from deployments.sandbox.slack.auth import NAMELESS, Auth
from deployments.sandbox.slack.changing import Changing
from deployments.sandbox.slack.channels import Channels
from deployments.sandbox.slack.files import Files
from deployments.sandbox.slack.history import is_true, page_of_history
from deployments.sandbox.slack.neighbours import Neighbours
from deployments.sandbox.slack.not_for_bots import is_not_for_bots
from deployments.sandbox.slack.opening import Opening
from deployments.sandbox.slack.page import page_of
from deployments.sandbox.slack.pins import Pins
from deployments.sandbox.slack.posting import Posting
from deployments.sandbox.slack.reactions import Reactions
from deployments.sandbox.slack.request import BASE_URL, SlackError, arguments_of, warned
from deployments.sandbox.slack.state import ALL_SCOPES, KINDS, SCOPES, Channel, SlackKnobs
from deployments.sandbox.slack.threads import Threads
from deployments.sandbox.slack.usergroups import UserGroups
from deployments.sandbox.slack.views import Views
from deployments.sandbox.slack.webhooks import Webhooks
from deployments.sandbox.slack.workspace import Method

__all__ = ["ALL_SCOPES", "SlackKnobs", "SlackSandbox"]

_JSON = "application/json; charset=utf-8"
# What a method has to be told, before anybody looks what the token may (slackapi/node-slack-sdk 1415; of which methods
# this is so is inferred from that of the history).
_DEMANDED = {
    "conversations.info": ("channel",),
    "conversations.history": ("channel",),
    "conversations.replies": ("channel", "ts"),
    "conversations.members": ("channel",),
    "conversations.join": ("channel",),
}


class SlackSandbox:
    """A workspace with one bot. ``messages`` holds every text, blocks and metadata as they were received."""

    def __init__(self, token: str | None = None) -> None:
        """``token`` is the bot's; None makes one up."""
        self.knobs = SlackKnobs()
        self._auth = Auth(token)
        self.scopes: set[str] = set(ALL_SCOPES)
        self.messages: list[dict[str, Any]] = []
        self._users: set[str] = set()
        self._channels: dict[str, Channel] = {}
        self._last_ts = 0
        self._posted_at: dict[str, list[float]] = {}
        self._opening = Opening(self)
        self._posting = Posting(self)
        self._webhooks = Webhooks(self)
        self._files = Files(self)
        self._methods: dict[str, Method] = {
            **self._auth.methods(),
            **self._posting.methods(),
            **Reactions(self).methods(),
            "conversations.open": self._opening.open,
            "conversations.info": self._info,
            "conversations.history": self._history,
            **Neighbours(self).methods(),
            **Changing(self).methods(),
            **Channels(self).methods(),
            **Pins(self).methods(),
            **Views(self).methods(),
            **UserGroups(self).methods(),
            **self._files.methods(),
        }

    def people(self) -> Iterable[str]:
        """The ids of all persons."""
        return self._users

    def conversations(self) -> Mapping[str, Channel]:
        """All conversations by id."""
        return self._channels

    def add_user(self, user: str) -> str:
        """A person with this id (U...)."""
        self._users.add(user)
        return user

    def add_channel(self, channel: str, user: str | None = None, *, member: bool = True, archived: bool = False) -> str:
        """A conversation: D... (direct, with ``user``), C... or G... (private)."""
        if user is not None:
            self._users.add(user)
        return self.add(Channel(channel, user, member, archived)).id

    def add(self, channel: Channel) -> Channel:
        """A conversation of any kind."""
        self._channels[channel.id] = channel
        return channel

    @property
    def token(self) -> str:
        """The bot's token."""
        return self._auth.token

    def replace_token(self) -> str:
        """The app is reinstalled: a new token, and the old one is not valid any more."""
        return self._auth.replace()

    def app(self) -> ASGIApp:
        """The application for a sandbox server."""
        call = Route("/api/{method}", self._call, methods=["GET", "POST"])
        return Starlette(routes=[Route("/", self._page), call, *self._webhooks.routes(), *self._files.routes()])

    def add_webhook(self, channel: str) -> str:
        """The path of an incoming webhook that posts to this channel."""
        return self._webhooks.add(channel)

    async def _page(self, request: Request) -> Response:
        self._posting.deliver()
        return HTMLResponse(page_of(self.messages, self._webhooks.shown(str(request.base_url))))

    async def _call(self, request: Request) -> Response:
        method = request.path_params["method"]
        BASE_URL.set(str(request.base_url))
        body: dict[str, Any]
        try:
            args, token = await arguments_of(request)
            body = self._done(method, args, token)
        except SlackError as error:
            body = error.as_json()
            if error.needed:
                body |= {"needed": error.needed, "provided": ",".join(sorted(self.scopes))}
        return self._answer(warned(request, body))

    def _done(self, method: str, args: dict[str, Any], token: str | None) -> dict[str, Any]:
        if method == "api.test":
            return _tested(args)
        if method not in self._methods and not is_not_for_bots(method):
            raise SlackError("unknown_method", more={"req_method": method})
        self._auth.admit(token)
        if method not in self._methods:
            raise SlackError("not_allowed_token_type")
        if method in self.knobs.errors:
            raise SlackError(self.knobs.errors[method])
        missing = tuple(f"missing required field: {one}" for one in _DEMANDED.get(method, ()) if not args.get(one))
        if missing:
            raise SlackError("invalid_arguments", messages=missing)
        self._posting.deliver()
        body = self._methods[method](args)
        if method in self.knobs.errors_after:
            raise SlackError(self.knobs.errors_after[method])
        return {"ok": True, **body}

    def _answer(self, body: dict[str, Any]) -> Response:
        headers = {"x-slack-req-id": secrets.token_hex(16)}
        if self.knobs.name_scopes and body.get("error") not in NAMELESS:
            headers["x-oauth-scopes"] = ",".join(sorted(self.scopes))
        if body.get("error") != "ratelimited":
            return JSONResponse(body, headers=headers, media_type=_JSON)
        return JSONResponse(body, 429, {**headers, "Retry-After": str(self.knobs.retry_after_s)}, media_type=_JSON)

    def _info(self, args: dict[str, Any]) -> dict[str, Any]:
        self.demand(f"{self._kind(args)}:read")
        channel = self.channel(args)
        if not is_true(args.get("include_num_members")) or channel.user is not None:
            return {"channel": channel.as_json()}
        return {"channel": {**channel.as_json(), "num_members": channel.members}}

    def _history(self, args: dict[str, Any]) -> dict[str, Any]:
        self.demand(f"{self._kind(args)}:history")
        channel = self.channel(args)
        if not channel.member:
            raise SlackError("not_in_channel")
        threads = Threads([one for one in self.messages if one["channel"] == channel.id])
        wanted, whole = page_of_history(threads.in_channel(), args), is_true(args.get("include_all_metadata"))
        visible = [threads.as_in_history(one, with_metadata=whole) for one in wanted.messages]
        more = {"response_metadata": {"next_cursor": wanted.cursor}} if wanted.cursor else {}
        pinned = sum("pinned_to" in one for one in threads.whole())
        return {"messages": visible, "has_more": bool(wanted.cursor), "pin_count": pinned, **more}

    def admit(self, token: str | None) -> None:
        """Raise SlackError for a token that is not the bot's, or not any more."""
        self._auth.admit(token)

    def demand(self, scope: str) -> None:
        """Raise SlackError unless the token has this scope."""
        if scope not in self.scopes:
            raise SlackError("missing_scope", needed=scope)

    def addressed(self, args: dict[str, Any]) -> Channel:
        """Where a message goes: a person's id means the direct conversation, and a channel may come by its name."""
        wanted = str(args.get("channel") or "")
        if wanted in self._users:
            return self._opening.direct([wanted])
        named = wanted.removeprefix("#").lower()
        found = next((one for one in self._channels.values() if one.as_json().get("name") == named), None)
        return found or self.channel(args)

    def _kind(self, args: dict[str, Any]) -> str:
        """What the scopes call this kind of conversation: said before anybody looks whether it is there."""
        wanted = str(args.get("channel") or "")
        kind = self._channels[wanted].kind if wanted in self._channels else KINDS.get(wanted[:1])
        if kind is None:
            raise SlackError("channel_not_found")
        return SCOPES[kind]

    def channel(self, args: dict[str, Any]) -> Channel:
        """The conversation that the arguments name by its id. Raises SlackError."""
        found = self._channels.get(str(args.get("channel") or ""))
        if found is None or found.is_hidden:
            raise SlackError("channel_not_found")
        return found

    def count(self, channel: str) -> None:
        """A message more to it. Raises SlackError when these are too many."""
        now = time.monotonic()
        recent = [at for at in self._posted_at.get(channel, []) if now - at < 1.0]
        if self.knobs.per_second is not None and len(recent) >= self.knobs.per_second:
            raise SlackError("ratelimited")
        self._posted_at[channel] = [*recent, now]

    def stamp(self) -> str:
        """Epoch seconds with six digits; every message has another one."""
        self._last_ts = max(self._last_ts + 1, int(time.time() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"


def _tested(args: dict[str, Any]) -> dict[str, Any]:
    """api.test needs no token: it gives back what it was given, or fails as it was told to."""
    if args.get("error"):
        raise SlackError(str(args["error"]), more={"args": args})
    return {"ok": True, "args": args}
