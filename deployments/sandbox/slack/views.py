"""Views: the home tab of the bot, and modals, for which no person presses anything here.

Of the pages of views.publish, views.open, views.push and views.update (docs.slack.dev, read 2026-11-29). A trigger is
what a person gives by pressing something, so that none is good here: one of the right form has expired.
"""

from __future__ import annotations

import json
import re
import secrets
import string
import time
from typing import Any

from deployments.sandbox.slack import looks, people
from deployments.sandbox.slack.block_faults import said_of
from deployments.sandbox.slack.request import SlackError, nested_object
from deployments.sandbox.slack.workspace import Method, Workspace

_ALPHABET = string.ascii_uppercase + string.digits
_TRIGGER = re.compile(r"[0-9]+\.[0-9]+\.[0-9a-f]+")
_LARGEST, _MOST_BLOCKS = 250_000, 100
_OPTIONAL = ("title", "close", "submit", "private_metadata", "callback_id", "external_id")


class Views:
    """The methods, by name."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._views: dict[str, dict[str, Any]] = {}
        # The home view of each person.
        self._homes: dict[str, str] = {}

    def methods(self) -> dict[str, Method]:
        """All ask for a token and no scope."""
        return {
            "views.publish": self._publish,
            "views.open": self._triggered,
            "views.push": self._triggered,
            "views.update": self._update,
        }

    def _publish(self, args: dict[str, Any]) -> dict[str, Any]:
        view, user = _view(args, "home"), str(args.get("user_id") or "")
        if user not in self._workspace.people():
            raise SlackError("invalid_arguments", messages=("invalid `user_id`",))
        before = self._views.get(self._homes.get(user, ""))
        if args.get("hash") and (before is None or before["hash"] != args["hash"]):
            raise SlackError("hash_conflict")
        shown = self._kept(before["id"] if before else f"V{_random()}", view)
        self._homes[user] = shown["id"]
        return {"view": shown}

    def _triggered(self, args: dict[str, Any]) -> dict[str, Any]:
        _view(args, "modal")
        trigger = str(args.get("trigger_id") or "")
        raise SlackError("expired_trigger_id" if _TRIGGER.fullmatch(trigger) else "invalid_trigger_id")

    def _update(self, args: dict[str, Any]) -> dict[str, Any]:
        wanted, named = str(args.get("view_id") or ""), str(args.get("external_id") or "")
        rows = self._views.values()
        found = self._views.get(wanted) or next((one for one in rows if named and one["external_id"] == named), None)
        if found is None:
            raise SlackError("not_found")
        view = _view(args, str(found["type"]))
        if args.get("hash") and args["hash"] != found["hash"]:
            raise SlackError("hash_conflict")
        return {"view": self._kept(str(found["id"]), view)}

    def _kept(self, identity: str, view: dict[str, Any]) -> dict[str, Any]:
        external = view.get("external_id")
        if external and any(one["external_id"] == external for one in self._views.values() if one["id"] != identity):
            raise SlackError("duplicate_external_id")
        shown = {
            "id": identity,
            "team_id": people.TEAM,
            "type": view["type"],
            "blocks": looks.blocks(view["blocks"], identity),
            **{name: view.get(name, "" if name in _OPTIONAL[3:] else None) for name in _OPTIONAL},
            "state": {"values": {}},
            "hash": f"{int(time.time())}.{secrets.token_hex(4)}",
            "clear_on_close": bool(view.get("clear_on_close")),
            "notify_on_close": bool(view.get("notify_on_close")),
            "root_view_id": identity,
            "previous_view_id": None,
            "app_id": looks.APP,
            "app_installed_team_id": people.TEAM,
            "bot_id": people.BOT,
        }
        self._views[identity] = shown
        return shown


def _view(args: dict[str, Any], kind: str) -> dict[str, Any]:
    """The view that is sent. Raises SlackError for one that is none of this kind."""
    view = nested_object(args.get("view"))
    if view is None:
        raise SlackError("invalid_arguments", messages=("missing required field: view",))
    needed = ("type", "blocks", "title") if kind == "modal" else ("type", "blocks")
    missing = tuple(f"missing required field: {one} [json-pointer:/view]" for one in needed if one not in view)
    if missing:
        raise SlackError("invalid_arguments", messages=missing)
    if view["type"] != kind:
        raise SlackError("invalid_arguments", messages=("invalid view type [json-pointer:/view/type]",))
    if len(json.dumps(view)) > _LARGEST:
        raise SlackError("view_too_large")
    wrong = (
        said_of(view["blocks"], most=_MOST_BLOCKS) if isinstance(view["blocks"], list) else ("must provide an array",)
    )
    if wrong:
        raise SlackError("invalid_arguments", messages=wrong)
    return view


def _random() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))
