"""Whose token it is, and how it ends: auth.test and auth.revoke.

Of their pages (docs.slack.dev). What a revoked bot token gets afterwards is account_inactive by the list of errors, as
one does whose app was removed (slackapi/bolt-python 1029); one from before the app was installed anew is no token.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from deployments.sandbox import made_up
from deployments.sandbox.slack import looks, people
from deployments.sandbox.slack.history import is_true
from deployments.sandbox.slack.request import SlackError

# What Slack still says of a token that is over.
NAMELESS = frozenset({"not_authed", "invalid_auth", "account_inactive"})


class Auth:
    """The bot's token. ``token`` is the one that is valid, or was until it was revoked."""

    def __init__(self, token: str | None) -> None:
        self.token = token or made_up.token("xoxb-", 48)
        self._revoked: set[str] = set()

    def methods(self) -> dict[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """Both ask for a token and no scope."""
        return {"auth.test": self._test, "auth.revoke": self._revoke}

    def replace(self) -> str:
        """The app is reinstalled: a new token."""
        self.token = made_up.token("xoxb-", 48)
        return self.token

    def admit(self, token: str | None) -> None:
        """Raise SlackError for who may not ask."""
        if not token:
            raise SlackError("not_authed")
        if token in self._revoked:
            raise SlackError("account_inactive")
        if not secrets.compare_digest(token.encode(), self.token.encode()):
            raise SlackError("invalid_auth")

    def _test(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "url": "https://sandbox.slack.com/",
            "team": "Sandbox",
            "user": people.BOT_NAME,
            "team_id": people.TEAM,
            "user_id": people.BOT_USER,
            "bot_id": people.BOT,
            "app_id": looks.APP,
            "is_enterprise_install": False,
        }

    def _revoke(self, args: dict[str, Any]) -> dict[str, Any]:
        if is_true(args.get("test")):
            return {"revoked": False}
        self._revoked.add(self.token)
        return {"revoked": True}
