"""One token of a model: what proves that a key may send a message, and not only that it lives.

An organization that cannot pay gets none, whatever key asks: no word on the key. Of the documentation
(platform.claude.com/docs, "Errors" and "Models", read 2026-11-29): 402 billing_error, and 400 at a spend limit; which
models a key may use can be asked for nothing. That 400 also means too little credit is seen in public reports
(anthropics/claude-code 66314); that a key which is refused by 401 hears nothing of it is inferred.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from blocks.errors import Missing, Refused, Rejected, Unproved
from blocks.issuers.anthropic.admin import CALLED
from blocks.issuers.anthropic.table import AnthropicTable
from blocks.model.credential import Credential
from blocks.wire.http import Http
from blocks.wire.replies import Failure

UNAUTHORIZED = 401
UNPAID = "billing_error"
# How the two refusals begin that have no type of their own.
_UNPAID = ("your credit balance is too low", "you have reached your specified")


@dataclass(frozen=True, slots=True)
class Tried:
    """Why a key is kept from its model, as half a sentence, empty where it is not; and how that was seen."""

    lacks: str = ""
    told: str = ""


def of(credential: Credential) -> str | None:
    """The model of the credential's table; None where it names none."""
    return credential.own.model if isinstance(credential.own, AnthropicTable) else None


def code_of(failure: Failure) -> str | None:
    """The type of its error; a refusal for want of money is one of those, whatever type it has."""
    error = failure.body.get("error") if isinstance(failure.body, dict) else None
    found = error if isinstance(error, dict) else {}
    is_unpaid = str(found.get("message")).lower().startswith(_UNPAID)
    return UNPAID if is_unpaid else found.get("type") if isinstance(found.get("type"), str) else None


def tried(http: Http, key: SecretStr, model: str | None) -> Tried:
    """Ask for a token of the model with this key. Nothing is asked, and told, where none is named.

    Raises Unproved for a message that it does not take for another reason, and the vendor's other errors: Refused when
    the key itself is refused.
    """
    if model is None:
        return Tried()
    # The cheapest message that there is.
    body = {"model": model, "max_tokens": 1, "messages": [{"role": "user", "content": "1"}]}
    refused: Rejected | None = None
    try:
        http.ask("send message", "POST", "/v1/messages", headers={"x-api-key": key}, json=body)
    except Missing:
        return _unknown(model)
    except Refused as error:
        if error.status == UNAUTHORIZED:
            raise
        return Tried(f"{CALLED} does not let it use {model} ({error.status})")
    except Rejected as error:
        refused = error
    if refused is None:
        return Tried(told=f"{CALLED} answers the current key with a token of {model}.")
    if refused.code != UNPAID:
        raise _not_taken(refused, model)
    return _listed(http, key, model, refused)


def _listed(http: Http, key: SecretStr, model: str, unpaid: Rejected) -> Tried:
    """Whether it is among the models that the key may use, which costs nothing. Raises the vendor's errors."""
    try:
        http.ask("read model", "GET", f"/v1/models/{model}", headers={"x-api-key": key})
    except Missing:
        return _unknown(model)
    return Tried(
        told=f"{CALLED} takes no message of this organization's, which has no credit or reached a spend limit "
        f"({unpaid.status}): no word on the key. It lists {model} as one that the current key may use; that it gets a "
        "token of it is not proved."
    )


def _unknown(model: str) -> Tried:
    return Tried(f"{CALLED} has no model {model}, or does not let it use that one (404)")


def _not_taken(refused: Rejected, model: str) -> Unproved:
    told = ", ".join(str(one) for one in (refused.status, refused.code, refused.request_id) if one)
    return Unproved(
        f"{CALLED} did not take a message for {model} ({told}), which is no word on the key.",
        "Send one by hand with the current key: its answer says why. Correct model in the catalog if it takes none of "
        "one token.",
    )
