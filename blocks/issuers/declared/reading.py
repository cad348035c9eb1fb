"""How a declared vendor's table is read: what is sent, where an answer says something, what a person clicks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import SecretStr

from blocks.issuers.clicks import Page
from blocks.issuers.declared.table import AT_MINT, PLACEHOLDER, DeclaredTable
from blocks.secret import Minted


def found(body: Any, dotted: str) -> Any:
    """What stands there in an answer, by names and places in lists; None where nothing does."""
    for name in dotted.split("."):
        if isinstance(body, list) and name.isdecimal():
            body = body[int(name)] if int(name) < len(body) else None
        else:
            body = body.get(name) if isinstance(body, dict) else None
    return body


def refuses(body: Any, table: DeclaredTable) -> bool:
    """Whether an answer that seems to be well says that the key is refused."""
    return any(_says(found(body, where), values) for where, values in table.refusal.items())


def _says(value: Any, values: Iterable[object]) -> bool:
    return any(type(value) is type(one) and value == one for one in values)


def is_name(value: object) -> bool:
    """Whether it can name an account: some vendors write a number."""
    return (isinstance(value, str) and value != "") or (isinstance(value, int) and not isinstance(value, bool))


def headers(table: DeclaredTable, minted: Minted) -> dict[str, SecretStr | str]:
    """What is sent with a question: each value in its place."""
    values = {name: one.get_secret_value() for name, one in minted.values.items()}
    return {name: SecretStr(PLACEHOLDER.sub(lambda one: values[one[1]], text)) for name, text in table.headers.items()}


def page_of(table: DeclaredTable) -> Page:
    """What a person clicks there."""
    ends_now = table.old_dies == AT_MINT
    at_stake = (
        "**Making the new key kills the old one**, and it may be shown **only once**."
        if ends_now
        else "A new key ends nothing: the old one lives until it is deleted, which you are asked for at the end."
    )
    return Page(
        table.called,
        table.clicks,
        table.never,
        table.ends,
        thing=table.thing or "key",
        at_stake=at_stake,
        values=len(table.values),
    )
