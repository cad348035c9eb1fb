"""Methods that no bot's token may call, whatever its scopes: Slack answers not_allowed_token_type.

Whose token a method takes is told on its page (docs.slack.dev, scopes of each method, read 2026-11-29); that this is
the answer to a bot's is seen for search.messages (Tracer-Cloud/opensre 5660) and for rtm.start (slackapi/node-slack-sdk
921), and inferred for the others.
"""

from __future__ import annotations

_OF_PEOPLE = {
    "dnd": ("endDnd", "endSnooze", "setSnooze"),
    "files": ("sharedPublicURL",),
    "reminders": ("add", "complete", "delete", "info", "list"),
    "search": ("all", "files", "messages"),
    "stars": ("add", "list", "remove"),
    "team": ("accessLogs", "billableInfo", "integrationLogs"),
    "users": ("deletePhoto", "identity", "profile.set", "setPhoto"),
}
# Those of an app's own token, of the tokens that configure apps, and of bots that are older than scopes.
_OF_APPS = {
    "apps": ("connections.open", "event.authorizations.list"),
    "apps.manifest": ("create", "delete", "export", "update", "validate"),
    "rtm": ("connect", "start"),
}
_NAMES = {f"{group}.{name}" for part in (_OF_PEOPLE, _OF_APPS) for group, names in part.items() for name in names}


def is_not_for_bots(method: str) -> bool:
    """Whether Slack has this method for other tokens only; all of an organization's administrators are so."""
    return method in _NAMES or method.startswith("admin.")
