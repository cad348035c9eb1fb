"""One token of a model: what proves that a key may send a message, and not only that it lives."""

from __future__ import annotations

from pydantic import SecretStr

from blocks.errors import Missing, Refused
from blocks.issuers.anthropic.admin import CALLED
from blocks.issuers.anthropic.table import AnthropicTable
from blocks.model.credential import Credential
from blocks.wire.http import Http

UNAUTHORIZED = 401


def of(credential: Credential) -> str | None:
    """The model of the credential's table; None where it names none."""
    return credential.own.model if isinstance(credential.own, AnthropicTable) else None


def lacking(http: Http, key: SecretStr, model: str | None) -> str:
    """Why this key gets no token of the model, as half a sentence; empty when it does, or none is named.

    Raises the vendor's other errors: Refused when the key itself is refused.
    """
    if model is None:
        return ""
    # The cheapest message that there is.
    body = {"model": model, "max_tokens": 1, "messages": [{"role": "user", "content": "1"}]}
    try:
        http.ask("send message", "POST", "/v1/messages", headers={"x-api-key": key}, json=body)
    except Missing:
        return f"{CALLED} has no model {model}, or does not let it use that one (404)"
    except Refused as error:
        if error.status == UNAUTHORIZED:
            raise
        return f"{CALLED} does not let it use {model} ({error.status})"
    return ""
