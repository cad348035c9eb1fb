"""The form that the operator fills in, and how Prefect's server refuses one that cannot be right: in the form's words.

The schema refuses only what cannot be a key ID at all. Everything else is checked in the flow and the form comes back
with the reason: a pair of the wrong environment is shown once too, and must be able to arrive.
"""

from __future__ import annotations

from typing import Any

from prefect.input import RunInput
from pydantic import ConfigDict, Field, SecretStr, create_model

from blocks.model.credential import Credential

_DEMAND, _EXPECTED = "demand", "expected"
# The switch by which somebody stops instead of entering a pair. A pair that is entered all the same is judged.
STOPS = "stop_here"
_STOPS_WITHOUT_A_PAIR = {
    "required": [STOPS],
    "properties": {STOPS: {"const": True}, "key_id": {"maxLength": 0}, "secret": {"maxLength": 0}},
}


def asked(
    title: str, description: str, position: int, demand: dict[str, Any], expected: str, default: Any = ...
) -> Any:
    """A field that has to be filled in. ``demand`` is the JSON schema of what it takes, ``expected`` says it in words.

    Its own constraints would be told by the field's name in this program, and with what was typed into it.
    """
    extra: Any = {"position": position, _DEMAND: demand, _EXPECTED: expected}
    return Field(default, title=title, description=description, json_schema_extra=extra)


def agreed(title: str, description: str, position: int = 11, default: Any = ...) -> Any:
    """A switch that has to be on.

    No enum, which would be a menu with the one entry "true", and no const: to the V1 pages that is a field "that cannot
    be changed".
    """
    return asked(title, description, position, {"const": True}, f'a yes to "{title}"', default)


def choice(title: str) -> Any:
    """A menu of which one entry has to be taken. The type of the field names them."""
    return asked(title, "", 0, {"type": "string"}, f'an answer to "{title}"')


def _in_words(schema: dict[str, Any]) -> None:
    """Let the server refuse with ``expected``, and never echo an entry: a condition that does not hold is not shown.

    Its message is then "... '<expected>' was expected". One after the other, in the order of the form.
    """
    fields = sorted(schema["properties"].items(), key=lambda one: -int(one[1].get("position", 0)))
    demands = {name: (one.pop(_DEMAND), one.pop(_EXPECTED)) for name, one in fields if _DEMAND in one}
    for name in demands:
        # A default is what the program takes for "not filled in", and nothing that the page should fill in.
        schema["properties"][name].pop("default", None)
    chain = _chain(demands)
    # Else the V2 pages call a field "(Optional)".
    schema["required"] = list(demands)
    if STOPS in schema["properties"]:
        _fill_in(schema, demands)
        signed = {name: demand for name, demand in demands.items() if name == "operator"}
        chain = {"if": _STOPS_WITHOUT_A_PAIR, "then": _chain(signed), "else": chain}
    # Prefect tells one failure. Of two equal ones it is that whose own schema names no type: not "required".
    schema.update(chain)


def _fill_in(schema: dict[str, Any], demands: dict[str, Any]) -> None:
    """Let the pages send what is left empty as empty: whoever stops leaves the pair out, and it is required."""
    for name in demands:
        field = schema["properties"][name]
        field["default"] = False if field.get("type") == "boolean" else ""


def _chain(demands: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    """One condition within the other, the last field's innermost."""
    whole: dict[str, Any] = {}
    for name, (demand, expected) in demands.items():
        filled_in = {"required": [name], "properties": {name: demand}}
        whole = {"if": filled_in, "then": whole, "else": {"const": expected}}
    return whole


class Signed(RunInput):
    """A form that names who filled it in. What it does not know it refuses, and what it refuses it does not repeat."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, json_schema_extra=_in_words)

    operator: str = asked(
        "Your name",
        "Goes into the audit ledger, as a claim: nobody checks it yet. One line.",
        10,
        {"type": "string", "minLength": 2, "maxLength": 80, "pattern": r"\S"},
        'a name of 2 to 80 characters in "Your name"',
    )


class PairEntry(Signed):
    """The new pair of an account.

    The secret has no constraint: a rejection by the server would echo it. No validators either: Prefect would store
    their message with the value in it.
    """

    key_id: str = asked(
        "New API key ID",
        "Shown after Regenerate; 26 capital letters and digits, usually beginning with PK (paper) or AK (live).",
        0,
        {"type": "string", "pattern": r"^\s*[A-Z0-9]{16,40}\s*$"},
        '16 to 40 capital letters and digits in "New API key ID"',
        "",
    )
    secret: SecretStr = asked(
        "New secret key",
        "Shown only once, beside the key ID. Paste it. Prefect's V2 pages hide it, its V1 pages do not.",
        1,
        {"type": "string", "minLength": 1},
        'the secret in "New secret key"',
        SecretStr(""),
    )


class PaperEntry(PairEntry):
    """The new pair of a paper account."""

    switcher_says_paper: bool = agreed(
        "I checked that the switcher says Paper",
        "Upper left corner of the dashboard. If it says Live, you are about to kill the live keys.",
        default=False,
    )


class LiveEntry(PairEntry):
    """The new pair of a live account."""

    switcher_says_live: bool = agreed(
        "I checked that the switcher says Live",
        "Upper left corner of the dashboard. If it says Paper, you are about to kill the paper keys.",
        default=False,
    )


def entry_of(credential: Credential, *, may_stop: bool = False) -> type[PairEntry]:
    """The form for this credential's environment. ``may_stop`` adds the switch by which the rotation is ended."""
    form: type[PairEntry] = PaperEntry if credential.environment == "paper" else LiveEntry
    if not may_stop:
        return form
    ends = "lets trading go on, and ends this rotation" if credential.brakes else "and ends this rotation"
    switch: Any = Field(
        default=False,
        title="Stop here instead: nobody clicked Regenerate",
        description=f"Leave both key fields empty. rekey proves that the old pair lives, {ends}.",
        json_schema_extra={"position": 20},
    )
    made: Any = create_model(form.__name__, __base__=form, stop_here=(bool, switch))
    return made  # type: ignore[no-any-return]  # pydantic types it as the base class's metaclass


def stops(entry: PairEntry) -> bool:
    """Whether somebody stops instead of entering a pair."""
    return bool(dict(entry).get(STOPS)) and not entry.secret.get_secret_value().strip()
