"""The people of a simulated workspace, and its bot, as users.info and users.list show them.

An address is a person's id at example.com. The bot is one of the users (docs.slack.dev, user object and auth.test).
"""

from __future__ import annotations

from typing import Any

TEAM = "T0SANDBOX"
BOT_USER, BOT, BOT_NAME = "U0REKEY", "B0REKEY", "rekey"
_FLAGS = ("deleted", "is_bot", "is_admin", "is_owner", "is_restricted", "is_app_user")


def address(user: str) -> str:
    """Where a person gets mail."""
    return f"{user.lower()}@example.com"


def as_json(user: str) -> dict[str, Any]:
    """A person, or the bot."""
    if user == BOT_USER:
        # A bot has no address.
        return {**_user(user, BOT_NAME, {"real_name": BOT_NAME, "display_name": "", "bot_id": BOT}), "is_bot": True}
    name = user.lower()
    return _user(user, name, {"real_name": user, "display_name": name, "email": address(user)})


def _user(user: str, name: str, profile: dict[str, str]) -> dict[str, Any]:
    return {
        "id": user,
        "team_id": TEAM,
        "name": name,
        "real_name": profile["real_name"],
        "tz": "UTC",
        **dict.fromkeys(_FLAGS, False),
        "profile": profile,
    }
