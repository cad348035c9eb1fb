"""Slack as a sandbox: the Web API as far as a bot that posts needs it, and a page that shows what was posted.

Works for slack_sdk's WebClient unchanged. Almost every failure is HTTP 200 with ``{"ok": false, "error": "..."}``.
What it follows: Slack Web API reference, read 2026-11-21.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from deployments.sandbox import made_up
from deployments.sandbox.slack import people
from deployments.sandbox.slack.history import is_true, page_of_history, shown
from deployments.sandbox.slack.neighbours import Neighbours
from deployments.sandbox.slack.opening import Opening
from deployments.sandbox.slack.page import page_of
from deployments.sandbox.slack.request import SlackError, arguments_of, warned
from deployments.sandbox.slack.rules import fault_of_message, received
from deployments.sandbox.slack.state import ALL_SCOPES, KINDS, SCOPES, Channel, SlackKnobs
from deployments.sandbox.slack.threads import Threads, kind_of_reply

__all__ = ["ALL_SCOPES", "SlackKnobs", "SlackSandbox"]

_JSON = "application/json; charset=utf-8"
_KEPT = ("text", "blocks", "metadata", "thread_ts", "attachments")


class SlackSandbox:
    """A workspace with one bot. ``messages`` holds every text, blocks and metadata as they were received."""

    def __init__(self, token: str | None = None) -> None:
        """``token`` is the bot's; None makes one up."""
        self.knobs = SlackKnobs()
        self.token = token or made_up.token("xoxb-", 48)
        self.scopes: set[str] = set(ALL_SCOPES)
        self.messages: list[dict[str, Any]] = []
        self._users: set[str] = set()
        self._channels: dict[str, Channel] = {}
        self._last_ts = 0
        self._posted_at: dict[str, list[float]] = {}
        self._opening = Opening(self)
        self._methods: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "conversations.open": self._opening.open,
            "conversations.info": self._info,
            "conversations.history": self._history,
            **Neighbours(self).methods(),
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

    def replace_token(self) -> str:
        """The app is reinstalled: a new token, and the old one is not valid any more."""
        self.token = made_up.token("xoxb-", 48)
        return self.token

    def app(self) -> ASGIApp:
        """The application for a sandbox server."""
        call = Route("/api/{method}", self._call, methods=["GET", "POST"])
        return Starlette(routes=[Route("/", self._page), call])

    async def _page(self, _: Request) -> Response:
        return HTMLResponse(page_of(self.messages))

    async def _call(self, request: Request) -> Response:
        method = request.path_params["method"]
        body: dict[str, Any]
        try:
            args, token = await arguments_of(request)
            body = self._done(method, args, token)
        except SlackError as error:
            body = {"ok": False, "error": error.code}
            if error.needed:
                body |= {"needed": error.needed, "provided": ",".join(sorted(self.scopes))}
        return self._answer(warned(request, body))

    def _done(self, method: str, args: dict[str, Any], token: str | None) -> dict[str, Any]:
        if method == "api.test":
            return _tested(args)
        if method not in self._methods:
            raise SlackError("unknown_method")
        if not token:
            raise SlackError("not_authed")
        if not secrets.compare_digest(token.encode(), self.token.encode()):
            raise SlackError("invalid_auth")
        if method in self.knobs.errors:
            raise SlackError(self.knobs.errors[method])
        body = self._methods[method](args)
        if method in self.knobs.errors_after:
            raise SlackError(self.knobs.errors_after[method])
        return {"ok": True, **body}

    def _answer(self, body: dict[str, Any]) -> Response:
        headers = {"x-slack-req-id": secrets.token_hex(16)}
        if self.knobs.name_scopes and body.get("error") not in {"not_authed", "invalid_auth"}:
            headers["x-oauth-scopes"] = ",".join(sorted(self.scopes))
        if body.get("error") != "ratelimited":
            return JSONResponse(body, headers=headers, media_type=_JSON)
        return JSONResponse(body, 429, {**headers, "Retry-After": str(self.knobs.retry_after_s)}, media_type=_JSON)

    def _auth_test(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "url": "https://sandbox.slack.com/",
            "team": "Sandbox",
            "user": people.BOT_NAME,
            "team_id": people.TEAM,
            "user_id": people.BOT_USER,
            "bot_id": people.BOT,
            "is_enterprise_install": False,
        }

    def _info(self, args: dict[str, Any]) -> dict[str, Any]:
        self.demand(f"{self._kind(args)}:read")
        return {"channel": self.channel(args).as_json()}

    def _post_message(self, args: dict[str, Any]) -> dict[str, Any]:
        self.demand("chat:write")
        channel = self._addressed(args)
        if not channel.member:
            raise SlackError("not_in_channel")
        if channel.archived:
            raise SlackError("is_archived")
        fault = fault_of_message(args)
        if fault:
            raise SlackError(fault)
        self._count(channel.id)
        origin = {
            "type": "message",
            "channel": channel.id,
            "ts": self._next_ts(),
            "user": people.BOT_USER,
            "bot_id": people.BOT,
        }
        message: dict[str, Any] = origin | kind_of_reply(args) | received(args, _KEPT)
        self.messages.append(message)
        return {"channel": channel.id, "ts": message["ts"], "message": shown(message, with_metadata=True)}

    def _history(self, args: dict[str, Any]) -> dict[str, Any]:
        self.demand(f"{self._kind(args)}:history")
        channel = self.channel(args)
        threads = Threads([one for one in self.messages if one["channel"] == channel.id])
        wanted, whole = page_of_history(threads.in_channel(), args), is_true(args.get("include_all_metadata"))
        visible = [threads.as_in_history(one, with_metadata=whole) for one in wanted.messages]
        more = {"response_metadata": {"next_cursor": wanted.cursor}} if wanted.cursor else {}
        return {"messages": visible, "has_more": bool(wanted.cursor), "pin_count": 0, **more}

    def demand(self, scope: str) -> None:
        """Raise SlackError unless the token has this scope."""
        if scope not in self.scopes:
            raise SlackError("missing_scope", needed=scope)

    def _addressed(self, args: dict[str, Any]) -> Channel:
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
        if found is None or (found.id.startswith("D") and not found.member):
            raise SlackError("channel_not_found")
        return found

    def _count(self, channel: str) -> None:
        now = time.monotonic()
        recent = [at for at in self._posted_at.get(channel, []) if now - at < 1.0]
        if self.knobs.per_second is not None and len(recent) >= self.knobs.per_second:
            raise SlackError("ratelimited")
        self._posted_at[channel] = [*recent, now]

    def _next_ts(self) -> str:
        """Epoch seconds with six digits; every message has another one."""
        self._last_ts = max(self._last_ts + 1, int(time.time() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"


def _tested(args: dict[str, Any]) -> dict[str, Any]:
    """api.test needs no token: it gives back what it was given, or fails as it was told to."""
    if args.get("error"):
        raise SlackError(str(args["error"]))
    return {"ok": True, "args": args}
