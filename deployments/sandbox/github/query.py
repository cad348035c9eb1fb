"""Reads a GraphQL document: operations and fragments, with aliases, arguments and variables (GraphQL, October 2021).

It knows the language, and no schema: what the fields mean is said elsewhere. Block strings are not read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"""[\s,\ufeff]+|\#[^\n]*"""
    r"""|(?P<spread>\.\.\.)|(?P<mark>[!$&()\[\]{}:=@|])|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<text>"(?:[^"\\\n]|\\.)*")"""
)
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}
_DEEPEST = 50


class SyntaxFault(Exception):
    """The document cannot be read at this place."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the document and where it stands."""

    kind: str
    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that comes with the request."""

    name: str


@dataclass(slots=True)
class Selection:
    """A field; or, with ``fragment`` (by name) or ``inline`` set, the fields of a fragment."""

    name: str
    line: int
    column: int
    alias: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    directives: dict[str, dict[str, Any]] = field(default_factory=dict)
    selections: list[Selection] | None = None
    fragment: str = ""
    inline: bool = False
    # The type that a fragment is for; empty for every type.
    on: str = ""


@dataclass(slots=True)
class Operation:
    """A query, mutation or subscription, with the defaults of its variables and the types of those that must come."""

    kind: str
    name: str
    selections: list[Selection] = field(default_factory=list)
    defaults: dict[str, Any] = field(default_factory=dict)
    required: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Document:
    """What was sent."""

    operations: list[Operation] = field(default_factory=list)
    fragments: dict[str, Selection] = field(default_factory=dict)


def read(text: str) -> Document:
    """The document. Raises SyntaxFault."""
    return _Reader(_tokens(text)).document()


def _tokens(text: str) -> list[Token]:
    found, place = [], 0
    line, began = 1, 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise SyntaxFault(f"Parse error on {text[place]!r}", line, place - began + 1)
        if match.lastgroup:
            found.append(Token(match.lastgroup, match[0], line, place - began + 1))
        breaks = match[0].count("\n")
        if breaks:
            line, began = line + breaks, place + match[0].rindex("\n") + 1
        place = match.end()
    return [*found, Token("end", "", line, place - began + 1)]


class _Reader:
    """Reads token by token."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def document(self) -> Document:
        made = Document()
        while self._here.kind != "end":
            if self._here.text == "fragment":
                one = self._fragment()
                made.fragments[one.name] = one
            else:
                made.operations.append(self._operation())
        return made

    @property
    def _here(self) -> Token:
        return self._tokens[self._next]

    def _take(self, text: str | None = None, kind: str | None = None) -> Token:
        here = self._here
        if (text is not None and here.text != text) or (kind is not None and here.kind != kind):
            told = json.dumps(here.text) if here.text else "end of file"
            raise SyntaxFault(f"Parse error on {told}, expected {text or kind}", here.line, here.column)
        self._next += here.kind != "end"
        return here

    def _skips(self, text: str) -> bool:
        if self._here.text != text or self._here.kind == "text":
            return False
        self._next += 1
        return True

    def _fragment(self) -> Selection:
        start = self._take("fragment")
        name = self._take(kind="name").text
        self._take("on")
        on = self._take(kind="name").text
        return Selection(name, start.line, start.column, directives=self._directives(), selections=self._set(), on=on)

    def _operation(self) -> Operation:
        if self._here.text == "{":
            return Operation("query", "", self._set())
        kind = self._take(kind="name")
        if kind.text not in {"query", "mutation", "subscription"}:
            raise SyntaxFault(f"Parse error on {json.dumps(kind.text)}", kind.line, kind.column)
        made = Operation(kind.text, self._take().text if self._here.kind == "name" else "")
        if self._skips("("):
            while not self._skips(")"):
                self._declare(made)
        self._directives()
        made.selections = self._set()
        return made

    def _declare(self, operation: Operation) -> None:
        self._take("$")
        name, kind = self._take(kind="name").text, ""
        self._take(":")
        while self._here.kind == "name" or self._here.text in {"[", "]", "!"}:
            kind += self._take().text
        if self._skips("="):
            operation.defaults[name] = self._value()
        elif kind.endswith("!"):
            operation.required[name] = kind

    def _set(self) -> list[Selection]:
        found = []
        self._go_down(self._take("{"))
        while not self._skips("}"):
            found.append(self._selection())
        self._depth -= 1
        return found

    def _go_down(self, here: Token) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise SyntaxFault("The document is nested too deeply", here.line, here.column)

    def _selection(self) -> Selection:
        here = self._here
        if self._skips("..."):
            return self._spread(here)
        name, alias = self._take(kind="name").text, ""
        if self._skips(":"):
            alias, name = name, self._take(kind="name").text
        made = Selection(name, here.line, here.column, alias or name, self._arguments(), self._directives())
        made.selections = self._set() if self._here.text == "{" else None
        return made

    def _spread(self, here: Token) -> Selection:
        if self._here.kind == "name" and self._here.text != "on":
            name = self._take().text
            return Selection(name, here.line, here.column, directives=self._directives(), fragment=name)
        on = self._take(kind="name").text if self._skips("on") else ""
        directives, selections = self._directives(), self._set()
        return Selection("", here.line, here.column, directives=directives, selections=selections, inline=True, on=on)

    def _arguments(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self._skips("("):
            while not self._skips(")"):
                name = self._take(kind="name").text
                self._take(":")
                found[name] = self._value()
        return found

    def _directives(self) -> dict[str, dict[str, Any]]:
        found = {}
        while self._skips("@"):
            name = self._take(kind="name").text
            found[name] = self._arguments()
        return found

    def _value(self) -> Any:
        here = self._take()
        if here.kind in {"number", "text"}:
            try:
                return json.loads(here.text)
            except ValueError:
                raise SyntaxFault(f"Parse error on {here.text}", here.line, here.column) from None
        if here.kind == "name":
            # Any other name is a member of an enumeration.
            return _CONSTANTS.get(here.text, here.text)
        if here.text == "$":
            return Variable(self._take(kind="name").text)
        if here.text in {"[", "{"}:
            self._go_down(here)
            found = self._list() if here.text == "[" else self._object()
            self._depth -= 1
            return found
        raise SyntaxFault(f"Parse error on {json.dumps(here.text)}", here.line, here.column)

    def _list(self) -> list[Any]:
        found: list[Any] = []
        while not self._skips("]"):
            found.append(self._value())
        return found

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self._skips("}"):
            name = self._take(kind="name").text
            self._take(":")
            found[name] = self._value()
        return found
