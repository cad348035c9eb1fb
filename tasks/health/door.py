"""Ask whether Prefect's door is shut: whoever gets in reads every token, and starts what they like."""

from __future__ import annotations

from blocks.answer import Answer
from blocks.errors import StepError, Unproved
from blocks.prefect_api import prefect_door
from blocks.wire.parallel import all_at_once


def door() -> str:
    """A login is asked for, a token too, pages are named, and the WebSocket is closed.

    Also on loopback, where no other machine gets in but every web page that is open on this one.
    Raises StepError, Unproved, and CatalogError for an address at which the login would cross a network in clear text.
    """
    tries = prefect_door.tries()
    answers = dict(zip(tries, all_at_once(list(tries.values())), strict=True))
    is_open = [way for way, answer in answers.items() if answer is Answer.NO]
    if is_open:
        raise StepError(
            f"Prefect's door is open: {'; '.join(is_open)}.",
            "Give its server PREFECT_SERVER_API_AUTH_STRING, PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED=true and the "
            "UI's origin in PREFECT_SERVER_CORS_ALLOWED_ORIGINS, and start it again (docs/how-to/production.md).",
        )
    unknown = [way for way, answer in answers.items() if answer is not Answer.YES]
    if unknown:
        raise Unproved(
            f"Whether Prefect's door is shut is not proved: it is not clear whether {'; '.join(unknown)}.",
            "Ask again; look at the server's log, and at the gateway before it.",
        )
    return (
        "Prefect asks for a login and for a token, names whose pages may read, and closes its WebSocket to strangers."
    )
