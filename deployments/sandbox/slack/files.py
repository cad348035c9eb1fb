"""Files: uploaded in two steps and shared by a message, shown, listed, fetched and deleted.

Of the pages of files.getUploadURLExternal, files.completeUploadExternal, files.info, files.list and files.delete
(docs.slack.dev, read 2026-11-29). That a channel is named by its id alone is openclaw's report (its slack/send.upload).
Inferred: what an address for an upload answers, that it refuses another number of bytes than was told, and that who may
not fetch a file gets a page for people. A file is shared at once, and no previews are made.
"""

from __future__ import annotations

import mimetypes
import re
import secrets
import string
import time
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.slack import people
from deployments.sandbox.slack.request import BASE_URL, SlackError, multipart_parts, nested_list
from deployments.sandbox.slack.state import Channel
from deployments.sandbox.slack.workspace import Method, Workspace

_ALPHABET = string.ascii_uppercase + string.digits
# Slack's own ids have nine characters and more.
_CHANNEL = re.compile(r"[CGDZ][A-Z0-9]{2,}")
_MOST_CHANNELS, _LONGEST_ALT, _PAGE = 100, 1000, 100


@dataclass(slots=True)
class _File:
    """A file, from the moment at which an address for it was asked for."""

    id: str
    name: str
    length: int
    alt: str
    ticket: str
    title: str = ""
    content: bytes | None = field(default=None, repr=False)
    channels: list[Channel] = field(default_factory=list)
    is_complete: bool = False
    created: int = field(default_factory=lambda: int(time.time()))

    def as_json(self, base_url: str) -> dict[str, Any]:
        """As files.info shows it."""
        kind = mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        ending = self.name.rpartition(".")[2].lower() if "." in self.name else "binary"
        address = f"{base_url}files-pri/{people.TEAM}-{self.id}/{self.name}"
        by_kind = {
            name: [one.id for one in self.channels if one.kind in kinds]
            for name, kinds in (("channels", {"public_channel"}), ("groups", {"private_channel"}), ("ims", {"im"}))
        }
        return {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title,
            "mimetype": kind,
            "filetype": ending,
            "pretty_type": ending.upper(),
            "user": people.BOT_USER,
            "user_team": people.TEAM,
            "editable": False,
            "size": self.length,
            "mode": "hosted",
            "is_external": False,
            "external_type": "",
            "is_public": bool(by_kind["channels"]),
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            "url_private": address,
            "url_private_download": address,
            "permalink": f"https://sandbox.slack.com/files/{people.BOT_USER}/{self.id}/{self.name}",
            "comments_count": 0,
            "is_starred": False,
            **by_kind,
            **({"alt_txt": self.alt} if self.alt else {}),
        }


class Files:
    """The methods, by name, and the addresses to which files are sent and from which they are fetched."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._files: dict[str, _File] = {}
        self._deleted: set[str] = set()

    def methods(self) -> dict[str, Method]:
        """All that ask for a token."""
        return {
            "files.getUploadURLExternal": self._begin,
            "files.completeUploadExternal": self._complete,
            "files.info": self._info,
            "files.list": self._list,
            "files.delete": self._delete,
        }

    def routes(self) -> list[Route]:
        """Those beside the methods."""
        fetched = Route("/files-pri/{file}/{name}", self._fetch)
        return [Route("/upload/v1/{ticket}", self._receive, methods=["POST"]), fetched]

    def _begin(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("files:write")
        name, length, alt = (str(args.get(one) or "") for one in ("filename", "length", "alt_txt"))
        if not name or not length.isdecimal() or int(length) == 0:
            raise SlackError("missing_argument" if name and length == "0" else "invalid_arguments")
        if len(alt) > _LONGEST_ALT:
            raise SlackError("alt_txt_too_large")
        made = _File(f"F{_random()}", name, int(length), alt, made_up.token("", 40))
        self._files[made.id] = made
        return {"upload_url": f"{BASE_URL.get()}upload/v1/{made.ticket}", "file_id": made.id}

    async def _receive(self, request: Request) -> Response:
        """Raw bytes, or a form of which the first file counts."""
        found = next((one for one in self._files.values() if one.ticket == request.path_params["ticket"]), None)
        if found is None or found.content is not None:
            return PlainTextResponse("no such upload", 404)
        content, kind = await request.body(), request.headers.get("content-type", "")
        if kind.lower().startswith("multipart/form-data"):
            content = next(iter(multipart_parts(kind, content).values()), b"")
        if len(content) != found.length:
            return PlainTextResponse("the length is another one", 400)
        found.content = content
        return PlainTextResponse(f"OK - {len(content)}")

    def _complete(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("files:write")
        wanted = nested_list(args.get("files"))
        if not wanted or not all(isinstance(one, dict) and one.get("id") for one in wanted):
            raise SlackError("invalid_arguments")
        channels = self._channels(args)
        files = [self._uploaded(str(one["id"])) for one in wanted]
        for file, one in zip(files, wanted, strict=True):
            file.title, file.is_complete, file.channels = str(one.get("title") or file.name), True, channels
        for channel in channels:
            self._share(channel, files, args)
        return {"files": [one.as_json(BASE_URL.get()) for one in files]}

    def _channels(self, args: dict[str, Any]) -> list[Channel]:
        """Where they are to be shared; nowhere when that is not said."""
        named = [one for one in str(args.get("channels") or args.get("channel_id") or "").split(",") if one]
        if len(named) > _MOST_CHANNELS:
            raise SlackError("channels_limit_exceeded")
        if args.get("channel_id") and not _CHANNEL.fullmatch(str(args["channel_id"])):
            raise SlackError("invalid_arguments")
        people_too = not args.get("channel_id")
        find = self._workspace.addressed if people_too else self._workspace.channel
        found = [find({"channel": one.strip()}) for one in named]
        if not all(one.member for one in found):
            raise SlackError("not_in_channel")
        if any(one.archived for one in found):
            raise SlackError("posting_to_channel_denied")
        return found

    def _share(self, channel: Channel, files: list[_File], args: dict[str, Any]) -> None:
        origin = {"type": "message", "channel": channel.id, "ts": self._workspace.stamp(), "user": people.BOT_USER}
        thread = {"thread_ts": str(args["thread_ts"])} if args.get("thread_ts") else {}
        said = {"text": str(args.get("initial_comment") or ""), "upload": False, "bot_id": people.BOT}
        shown = [one.as_json(BASE_URL.get()) for one in files]
        self._workspace.messages.append({**origin, **thread, **said, "files": shown})

    def _info(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("files:read")
        shown = self._known(args).as_json(BASE_URL.get())
        return {"file": shown, "comments": [], "response_metadata": {"next_cursor": ""}}

    def _list(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("files:read")
        channel, user = args.get("channel"), args.get("user")
        rows = [one for one in reversed(self._files.values()) if one.is_complete]
        if channel:
            rows = [one for one in rows if channel in {where.id for where in one.channels}]
        if user and user != people.BOT_USER:
            rows = []
        size, page = (_number(args.get(name), usual) for name, usual in (("count", _PAGE), ("page", 1)))
        told = {"count": size, "total": len(rows), "page": page, "pages": -(-len(rows) // size)}
        shown = [one.as_json(BASE_URL.get()) for one in rows[(page - 1) * size : page * size]]
        return {"files": shown, "paging": told}

    def _delete(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("files:write")
        found = self._known(args)
        del self._files[found.id]
        self._deleted.add(found.id)
        for message in self._workspace.messages:
            if any(one.get("id") == found.id for one in message.get("files", [])):
                message["files"] = [_tombstone(one, found.id) for one in message["files"]]
        return {}

    async def _fetch(self, request: Request) -> Response:
        """The bytes, for the bot that may read files; others get a page and status 200."""
        found = self._files.get(str(request.path_params["file"]).rpartition("-")[2])
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            self._workspace.admit(token)
            self._workspace.demand("files:read")
        except SlackError:
            return HTMLResponse("<!DOCTYPE html><html><body>Sign in to Slack (sandbox)</body></html>")
        if found is None or found.content is None:
            return HTMLResponse("<!DOCTYPE html><html><body>There is no such file.</body></html>", 404)
        return Response(found.content, media_type=found.as_json("")["mimetype"])

    def _uploaded(self, wanted: str) -> _File:
        found = self._files.get(wanted)
        if found is None or found.content is None:
            raise SlackError("file_not_found")
        return found

    def _known(self, args: dict[str, Any]) -> _File:
        wanted = str(args.get("file") or "")
        if wanted in self._deleted:
            raise SlackError("file_deleted")
        if wanted not in self._files or not self._files[wanted].is_complete:
            raise SlackError("file_not_found")
        return self._files[wanted]


def _tombstone(shown: dict[str, Any], deleted: str) -> dict[str, Any]:
    return {"id": deleted, "mode": "tombstone"} if shown.get("id") == deleted else shown


def _number(value: Any, usual: int) -> int:
    text = str(value or usual)
    return max(int(text), 1) if text.isascii() and text.isdecimal() else usual


def _random() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))
