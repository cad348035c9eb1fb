"""The form that the operator fills in, and how Prefect's server refuses one that cannot be right: in the form's words.

The schema refuses only what cannot be a key ID at all. Everything else is checked in the flow and the form comes back
with the reason: a pair of the wrong environment is shown once too, and must be able to arrive.
"""

from __future__ import annotations

from typing import Any

from prefect.input import RunInput
from pydantic import ConfigDict, Field, SecretStr, create_model

from blocks.issuers.interface import Issuer
from blocks.issuers.terms import FormField
from blocks.model.credential import Credential
from blocks.model.words import PAIR
from blocks.operators import act
from blocks.prefect_api.issuers import kind_of, words_of
from blocks.sealed.envelope import PATTERN
from blocks.settings import read_settings
from tasks.run import entered

_DEMAND, _EXPECTED = "demand", "expected"
# The switch by which somebody ends the rotation instead. A pair that is entered all the same is judged.
STOPS = act.STOPS
# In the schema of a form: the names of the values that are asked for.
_MINTED = "minted"
SEALED = entered.FIELD
_SEALED_EXPECTED = "sealed_expected"
_EITHER = "either a sealed entry or the pair itself, and never both"


def asked(
    title: str, description: str, position: int, demand: dict[str, Any], expected: str, default: Any = ...
) -> Any:
    """A field that has to be filled in. ``demand`` is the JSON schema of what it takes, ``expected`` says it in words.

    Its own constraints would be told by the field's name in this program, and with what was typed into it.
    """
    extra: Any = {"position": position, _DEMAND: demand, _EXPECTED: expected}
    return Field(default, title=title, description=description, json_schema_extra=extra)


def agreed(title: str, description: str, position: int = 11) -> Any:
    """A switch that has to be on.

    No enum, which would be a menu with the one entry "true", and no const: to the V1 pages that is a field "that cannot
    be changed".
    """
    return asked(title, description, position, {"const": True}, f'a yes to "{title}"', default=False)


def choice(title: str) -> Any:
    """A menu of which one entry has to be taken. The type of the field names them."""
    return asked(title, "", 0, {"type": "string"}, f'an answer to "{title}"')


def why_not(only_with: str, position: int) -> Any:
    """A field that may stay empty: the reason for whichever choice ends the rotation."""
    return Field(
        default="",
        title="Why not",
        description=f"Only with {only_with}, and as you like: others read it in the ledger.",
        json_schema_extra={"position": position},
    )


def _in_words(schema: dict[str, Any]) -> None:
    """Let the server refuse with ``expected``, and never echo an entry: a condition that does not hold is not shown.

    Its message is then "... '<expected>' was expected". One after the other, in the order of the form.
    """
    fields = sorted(schema["properties"].items(), key=lambda one: -int(one[1].get("position", 0)))
    demands = {name: (one.pop(_DEMAND), one.pop(_EXPECTED)) for name, one in fields if _DEMAND in one}
    minted = [name for name, one in fields if one.pop(_MINTED, False)]
    for name in demands:
        # A default is what the program takes for "not filled in", and nothing that the page should fill in.
        schema["properties"][name].pop("default", None)
    chain = _chain(demands)
    # Else the V2 pages call a field "(Optional)".
    schema["required"] = list(demands)
    if STOPS in schema["properties"]:
        _fill_in(schema, demands)
        signed = {name: demand for name, demand in demands.items() if name in {"operator", "proof"}}
        left_out = {name: {"maxLength": 0} for name in minted}
        stops_without = {"required": [STOPS], "properties": {STOPS: {"const": True}, **left_out}}
        chain = {"if": stops_without, "then": _chain(signed), "else": chain}
    if SEALED in schema["properties"] and SEALED not in demands:
        beside = {name: ({"maxLength": 0}, _EITHER) for name in minted}
        signed = {name: demand for name, demand in demands.items() if name in {"operator", "proof"}}
        sealed = {SEALED: ({"pattern": PATTERN}, schema["properties"][SEALED].pop(_SEALED_EXPECTED))}
        is_sealed = {"required": [SEALED], "properties": {SEALED: {"minLength": 1}}}
        chain = {"if": is_sealed, "then": _chain({**sealed, **beside, **signed}), "else": chain}
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
    """The new pair of an account. What it asks for, and in which words, its issuer says.

    No validators: Prefect would store their message with the value in it.
    """


def entry_of(credential: Credential, issuer: type[Issuer], *, may_stop: bool = False) -> type[PairEntry]:
    """The form for this credential. ``may_stop`` adds the switch by which the rotation is ended.

    One that takes sealed entries alone has no field for a value of the pair, and refuses everything else unread.
    """
    form = issuer.form(credential.realm)
    fields: dict[str, Any] = {}
    if credential.takes_plain:
        fields = {
            name: (SecretStr, _value(one, at, SecretStr(""))) if one.is_secret else (str, _value(one, at, ""))
            for at, (name, one) in enumerate(form.values.items())
        }
        fields |= {one.name: (bool, agreed(one.title, one.description)) for one in form.confirmed}
    fields[SEALED] = (str, _sealed_beside(credential) if credential.takes_plain else _sealed_alone(credential))
    if may_stop:
        fields[STOPS] = (bool, _stop_switch(credential))
    made: Any = create_model(PairEntry.__name__, __base__=PairEntry, **fields)
    return made  # type: ignore[no-any-return]  # pydantic types it as the base class's metaclass


def _sealed_beside(credential: Credential) -> Any:
    """The field that is left empty by whoever types the pair."""
    return Field(
        default="",
        title="Sealed entry",
        description="rekey's console fills this in; leave it empty.",
        json_schema_extra={"position": 30, _SEALED_EXPECTED: _sealed_expected(credential)},
    )


def _sealed_alone(credential: Credential) -> Any:
    demand = {"type": "string", "pattern": PATTERN}
    told = asked(
        "Sealed entry",
        words_of(credential).said(
            f"rekey's console fills this in: enter the pair at {read_settings().console_url}. No key belongs here."
        ),
        0,
        demand,
        _sealed_expected(credential),
        "",
    )
    told.json_schema_extra[_MINTED] = True
    return told


def _sealed_expected(credential: Credential) -> str:
    return words_of(credential).said(
        f"a pair that was sealed before it came here: enter it at {read_settings().console_url}, or by "
        f"`rekey resume {credential.name}`"
    )


def _value(field: FormField, position: int, default: Any) -> Any:
    """One value of the pair. It has no constraint: a rejection by the server would echo what was typed."""
    told = asked(field.title, field.description, position, dict(field.demand), field.expected, default)
    told.json_schema_extra[_MINTED] = True
    return told


def _stop_switch(credential: Credential) -> Any:
    ends = "lets trading go on, and ends this rotation" if credential.brakes else "and ends this rotation"
    words = words_of(credential)
    return Field(
        default=False,
        title=f"Stop here instead: {words.nobody_clicked}",
        description=words.said(f"{left_empty(credential)}. rekey proves that the old pair lives, {ends}."),
        json_schema_extra={"position": 20},
    )


def left_empty(credential: Credential) -> str:
    """What whoever stops leaves empty, as an order."""
    if not credential.takes_plain:
        return "Leave the entry empty"
    if len(kind_of(credential).fields) > 1:
        return "Leave both key fields empty"
    return f"Leave the {thing if (thing := words_of(credential).thing) != PAIR else 'key'} field empty"


def stops(entry: RunInput) -> bool:
    """Whether somebody ends the rotation instead of entering a pair, or of being ready."""
    return bool(dict(entry).get(STOPS)) and not (secret_of(entry).get_secret_value() or sealed_of(entry))


def sealed_of(entry: RunInput) -> str:
    """The sealed text, without the white space that copying adds; empty for a pair that was typed."""
    return str(dict(entry).get(SEALED, "")).strip()


def secret_of(entry: RunInput) -> SecretStr:
    """The typed value that names the pair, the last one of the form, without the white space that copying adds.

    Empty where the form takes sealed entries alone.
    """
    typed = [value for value in dict(entry).values() if isinstance(value, SecretStr)]
    return SecretStr(typed[-1].get_secret_value().strip() if typed else "")
