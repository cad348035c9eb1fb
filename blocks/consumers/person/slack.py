"""Slack: tells a person with a local copy what to fetch from where. A message never holds a value.

Slack has no idempotency key for bots: a post without an answer may have been delivered. It carries metadata, by which
it is found again before it is repeated. Facts from the Slack Web API reference, read 2026-11-21.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from blocks.answer import Answer
from blocks.consumers.person.slack_errors import CAUSES, VENDOR, body_of, code_of, scope_remedy, unclear
from blocks.errors import CatalogError, Refused
from blocks.wire.client import Client
from blocks.wire.exchange import LIST_BYTES, READ_TIMEOUT_S
from blocks.wire.http import Http
from blocks.wire.replies import Reply

API_URL = "https://slack.com/api/"
# JSON without a charset is answered with a warning.
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_PAGE_SIZE = 200
_PAGES = 10
_TS = re.compile(r"[0-9]{1,10}\.[0-9]{1,9}")
_CONVERSATION = re.compile(r"[CDG][A-Z0-9]{2,30}")
# The scope with which a bot may look at a conversation, by the first letter of its id.
_INFO_SCOPES = {"D": "im:read", "C": "channels:read", "G": "groups:read"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the token is. ``scopes`` is None when Slack did not name them (header ``x-oauth-scopes``)."""

    team: str
    user: str
    scopes: frozenset[str] | None


class SlackClient(Client):
    """One request, one answer or one VendorError. Only ``post`` changes something that a person sees."""

    def __init__(self, url: str, token: SecretStr, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self._http = Http(
            VENDOR,
            url,
            headers={"Authorization": SecretStr(f"Bearer {token.get_secret_value()}")},
            read_timeout_s=read_timeout_s,
            code_of=code_of,
            causes=CAUSES,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def who_am_i(self) -> Identity:
        """The workspace and bot of the token, and its scopes. Raises Refused when the token is not valid."""
        operation = "ask who the token is"
        reply = self._http.ask(operation, "POST", "/auth.test")
        body = body_of(operation, reply)
        team, user = body.get("team"), body.get("user")
        if not isinstance(team, str) or not isinstance(user, str):
            raise unclear(operation, reply, "no team or user in the answer")
        return Identity(team, user, _scopes(reply))

    def can_post(self, user: str | None = None, channel: str | None = None) -> Answer:
        """Whether a message to the user, or into the channel, would be taken. Posts nothing.

        For a user the direct conversation is opened, which shows nothing to anybody. A fixed channel is looked at when
        the scopes allow it; otherwise nothing can be seen before posting: UNKNOWN. NO when the channel is archived,
        its person gone, or the bot is not in it. Raises Refused (the token, or a scope, which the remedy names),
        Missing (no such user or channel) and every other VendorError; CatalogError unless exactly one is given.
        """
        if (user is None) == (channel is None):
            raise CatalogError(f"{VENDOR}: nobody to post to, or two.", "Give either user or channel in the catalog.")
        scopes = self.who_am_i().scopes
        _demand("chat:write", scopes)
        if user is not None:
            _demand("im:write", scopes)
            self.direct_channel(user)
            return Answer.UNKNOWN if scopes is None else Answer.YES
        return self._takes_posts(channel or "", scopes)

    def direct_channel(self, user: str) -> str:
        """The id (D...) of the direct conversation with a user. Opens or resumes it, so it may be asked again."""
        operation = f"open the conversation with {user}"
        reply = self._http.ask(operation, "POST", "/conversations.open", json={"users": user}, headers=_JSON)
        channel = body_of(operation, reply).get("channel")
        found = channel.get("id") if isinstance(channel, dict) else None
        if not isinstance(found, str) or not _CONVERSATION.fullmatch(found):
            raise unclear(operation, reply, "no conversation in the answer")
        return found

    def post(
        self,
        channel: str,
        text: str,
        blocks: Sequence[Mapping[str, Any]] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Post, and return the message's ``ts``. NOT idempotent: a repetition is a second message.

        ``text`` is what notifications show; ``metadata`` is ``{"event_type": str, "event_payload": {...}}``. After
        Unreachable or Unclear ask ``find_by_metadata`` before posting again; after RateLimited nothing was posted.
        """
        operation = f"post to {channel}"
        message: dict[str, Any] = {"channel": channel, "text": text, "unfurl_links": False, "unfurl_media": False}
        if blocks is not None:
            message["blocks"] = [dict(block) for block in blocks]
        if metadata is not None:
            message["metadata"] = dict(metadata)
        reply = self._http.ask(operation, "POST", "/chat.postMessage", json=message, headers=_JSON)
        ts = body_of(operation, reply).get("ts")
        if not isinstance(ts, str):
            raise unclear(operation, reply, "no ts in the answer")
        return ts

    def find_by_metadata(
        self,
        channel: str,
        event_type: str,
        payload_key: str,
        payload_value: str,
        since: datetime | None = None,
    ) -> str | None:
        """The ``ts`` of the newest message with that metadata, or None when there is none (after ``since``).

        Needs the scope im:history (channels:history or groups:history for other conversations): Refused without it, and
        then a repetition may be a duplicate. Raises Unclear when the newest 2000 messages hold none and there are more.
        """
        for message in self._history(channel, since):
            metadata = message.get("metadata")
            if not isinstance(metadata, dict) or metadata.get("event_type") != event_type:
                continue
            payload = metadata.get("event_payload")
            ts = message.get("ts")
            if isinstance(payload, dict) and payload.get(payload_key) == payload_value and isinstance(ts, str):
                return ts
        return None

    def newest_payloads(self, channel: str, key: str, since: datetime | None) -> Iterator[tuple[str, dict[str, Any]]]:
        """``ts`` and payload of the messages whose metadata has that key, newest first, among the newest 2000.

        Refused without im:history.
        """
        for message in self._history(channel, since, to_the_end=False):
            metadata, ts = message.get("metadata"), message.get("ts")
            payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
            if isinstance(payload, dict) and key in payload and isinstance(ts, str) and _TS.fullmatch(ts):
                yield ts, payload

    def _history(self, channel: str, since: datetime | None, *, to_the_end: bool = True) -> Iterator[dict[str, Any]]:
        operation = f"read the messages of {channel}"
        params = {"channel": channel, "limit": str(_PAGE_SIZE), "include_all_metadata": "true"}
        if since is not None:
            params |= {"oldest": f"{since.timestamp():.6f}", "inclusive": "true"}
        for _ in range(_PAGES):
            reply = self._http.ask(operation, "GET", "/conversations.history", params=params, largest=LIST_BYTES)
            body = body_of(operation, reply)
            messages = body.get("messages")
            if not isinstance(messages, list):
                raise unclear(operation, reply, "no messages in the answer")
            yield from (message for message in messages if isinstance(message, dict))
            cursor = _next_cursor(body)
            if not cursor:
                return
            params["cursor"] = cursor
        if to_the_end:
            raise unclear(operation, reply, f"not among the newest {_PAGES * _PAGE_SIZE} messages, and there are more")

    def _takes_posts(self, channel: str, scopes: frozenset[str] | None) -> Answer:
        needed = _INFO_SCOPES.get(channel[:1], "")
        if scopes is not None and needed not in scopes:
            return Answer.UNKNOWN
        operation = f"look at conversation {channel}"
        try:
            reply = self._http.ask(operation, "GET", "/conversations.info", params={"channel": channel})
            found = body_of(operation, reply).get("channel")
        except Refused as error:
            if error.code != "missing_scope":
                raise
            return Answer.UNKNOWN
        answer = _open_for_posts(found) if isinstance(found, dict) else Answer.UNKNOWN
        return Answer.UNKNOWN if answer is Answer.YES and scopes is None else answer


def _open_for_posts(channel: Mapping[str, Any]) -> Answer:
    """Read a conversation object: a direct one has ``is_user_deleted``, a channel ``is_archived`` and ``is_member``."""
    if channel.get("is_archived") is True or channel.get("is_user_deleted") is True:
        return Answer.NO
    if channel.get("is_im") is True or channel.get("is_member") is True:
        return Answer.YES
    return Answer.NO if channel.get("is_member") is False else Answer.UNKNOWN


def _demand(scope: str, scopes: frozenset[str] | None) -> None:
    if scopes is None or scope in scopes:
        return
    raise Refused(
        vendor=VENDOR,
        operation="look at the token's scopes",
        fault=f"{scope} is not among them",
        code="missing_scope",
        remedy=scope_remedy(scope),
    )


def _scopes(reply: Reply) -> frozenset[str] | None:
    listed = reply.headers.get("x-oauth-scopes")
    return None if listed is None else frozenset(scope.strip() for scope in listed.split(",") if scope.strip())


def _next_cursor(body: Mapping[str, Any]) -> str | None:
    page = body.get("response_metadata")
    cursor = page.get("next_cursor") if isinstance(page, dict) else None
    return cursor if isinstance(cursor, str) else None
