"""The people of a simulated workspace, and its bot, as users.info and users.list show them.

An address is a person's id at example.com. The bot is one of the users (docs.slack.dev, user object and auth.test).
"""

from __future__ import annotations

from typing import Any

TEAM = "T0SANDBOX"
BOT_USER, BOT, BOT_NAME = "U0REKEY", "B0REKEY", "rekey"
_FLAGS = ("deleted", "is_bot", "is_admin", "is_owner", "is_primary_owner", "is_restricted", "is_ultra_restricted")
_NOTHING = ("title", "phone", "skype", "status_text", "status_emoji", "first_name", "last_name")
_SIZES = (24, 32, 48, 72, 192, 512)
_IMAGE = "https://avatars.slack-edge.com/sandbox_{size}.png"
_BEGINNING = 1767225600


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


def bot(app: str) -> dict[str, Any]:
    """The bot itself, as bots.info shows it."""
    icons = {f"image_{size}": _IMAGE.format(size=size) for size in (36, 48, 72)}
    known = {"id": BOT, "deleted": False, "name": BOT_NAME, "updated": _BEGINNING, "user_id": BOT_USER}
    return {**known, "app_id": app, "icons": icons}


def team() -> dict[str, Any]:
    """The workspace."""
    icon = {f"image_{size}": _IMAGE.format(size=size) for size in (34, 44, 68, 88, 102, 132, 230)}
    known = {"id": TEAM, "name": "Sandbox", "url": "https://sandbox.slack.com/", "domain": "sandbox"}
    return {**known, "email_domain": "", "icon": {**icon, "image_default": True}, "is_verified": False}


def _user(user: str, name: str, profile: dict[str, str]) -> dict[str, Any]:
    names = {f"{one}_normalized": profile[one] for one in ("real_name", "display_name")}
    images = {f"image_{size}": _IMAGE.format(size=size) for size in _SIZES}
    more = {"status_expiration": 0, "avatar_hash": "sandbox", "team": TEAM, **names, **images}
    return {
        "id": user,
        "team_id": TEAM,
        "name": name,
        "real_name": profile["real_name"],
        "color": "9f69e7",
        "tz": "UTC",
        "tz_label": "UTC",
        "tz_offset": 0,
        **dict.fromkeys(_FLAGS, False),
        "is_app_user": False,
        "is_email_confirmed": "email" in profile,
        "updated": _BEGINNING,
        "profile": {**dict.fromkeys(_NOTHING, ""), **more, **profile},
    }
