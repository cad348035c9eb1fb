"""GitHub's GraphQL endpoint in the sandbox: validates a query against its small schema, then answers it.

Almost every failure is HTTP 200 with ``errors``: a query that is not valid has no ``data`` at all, a field that cannot
be resolved is null in it. `gh auth status` asks it who it is. From GitHub's GraphQL documentation and public captures
of its errors, read 2026-11-27. There are no mutations; of introspection there is __typename.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github.face import Face
from deployments.sandbox.github.query import Document, Operation, Selection, SyntaxFault, Variable, read
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.schema import INTERFACES, REQUIRED, TYPES, Unresolved, World
from deployments.sandbox.json_body import parsed

_DEEPEST = 50


class GraphQL:
    """POST /graphql, and /api/graphql as GitHub Enterprise Server has it."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """Both addresses."""
        return [Route(path, self._asked, methods=["POST"]) for path in ("/graphql", "/api/graphql")]

    async def _asked(self, request: Request) -> Response:
        token = self._face.token(request, counted=not self._face.hour_is_used_up)
        if self._face.hour_is_used_up:
            message = self._face.knobs.rate_limit_message or "API rate limit exceeded for user ID 1."
            return self._face.answer(request, {"errors": [{"type": "RATE_LIMITED", "message": message}]})
        return self._face.answer(request, _answered(await request.body(), World(self._face, token)))


def _answered(content: bytes, world: World) -> dict[str, Any]:
    try:
        body = parsed(content)
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None
    query = body.get("query") if isinstance(body, dict) else None
    if not isinstance(query, str):
        raise Refusal(400, "A query attribute must be specified and must be a string.")
    try:
        document = read(query)
    except SyntaxFault as fault:
        return {"errors": [{"message": fault.message, "locations": [{"line": fault.line, "column": fault.column}]}]}
    given = body.get("variables")
    return _run(document, body.get("operationName"), given if isinstance(given, dict) else {}, world)


def _run(document: Document, name: str | None, given: dict[str, Any], world: World) -> dict[str, Any]:
    chosen = [one for one in document.operations if not name or one.name == name]
    if len(chosen) != 1:
        return {"errors": [{"message": "An operation name is required" if chosen else "No operation was found"}]}
    operation = chosen[0]
    root = "Mutation" if operation.kind == "mutation" else "Query"
    wrong = [*_Check(document).wrong(operation, root), *_missing(operation, given)]
    if wrong:
        return {"errors": wrong}
    made = _Execution(document, {**operation.defaults, **given}, world)
    data = made.of(operation.selections, root, None, ())
    return {"data": data, **({"errors": made.errors} if made.errors else {})}


def _missing(operation: Operation, given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, kind in operation.required.items():
        if given.get(name) is None:
            problems = [{"path": [], "explanation": "Expected value to not be null"}]
            yield {
                "message": f"Variable ${name} of type {kind} was provided invalid value",
                "extensions": {"value": None, "problems": problems},
            }


class _Check:
    """Compares a document with the schema."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def wrong(self, operation: Operation, root: str) -> Iterator[dict[str, Any]]:
        """What GitHub would say before it resolves anything."""
        yield from self._set(operation.selections, root, (f"{operation.kind} {operation.name}".strip(),))

    def _set(self, selections: list[Selection], on: str, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        for one in selections:
            if one.inline:
                named = one.on if one.on in TYPES else on
                yield from self._set(one.selections or [], named, (*path, f"... on {one.on}" if one.on else "..."))
            elif one.fragment:
                yield from self._fragment(one, on, path)
            elif one.name != "__typename":
                yield from self._field(one, on, (*path, one.alias))

    def _fragment(self, one: Selection, on: str, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        found = self._document.fragments.get(one.fragment)
        if found is None:
            code = {"code": "useAndDefineFragment", "fragmentName": one.fragment}
            yield _said(one, path, f"Fragment {one.fragment} was used, but not defined", code)
        elif len(path) > _DEEPEST:
            yield _said(one, path, f"Fragment {one.fragment} contains an infinite loop", {"code": "infiniteLoop"})
        else:
            named = found.on if found.on in TYPES else on
            yield from self._set(found.selections or [], named, (*path, f"fragment {one.fragment}"))

    def _field(self, one: Selection, on: str, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        if one.name not in TYPES[on]:
            code = {"code": "undefinedField", "typeName": on, "fieldName": one.name}
            yield _said(one, path, f"Field '{one.name}' doesn't exist on type '{on}'", code)
            return
        gives = TYPES[on][one.name][0]
        absent = [name for name in REQUIRED.get((on, one.name), ()) if name not in one.arguments]
        if absent:
            message = f"Field '{one.name}' is missing required arguments: {', '.join(absent)}"
            code = {"code": "missingRequiredArguments", "className": "Field", "name": one.name}
            yield _said(one, path, message, {**code, "arguments": ", ".join(absent)})
        if gives and one.selections is None:
            message = f"Field must have selections (field '{one.name}' returns {gives} but has no selections. "
            message += f"Did you mean '{one.name} {{ ... }}'?)"
            code = {"code": "selectionMismatch", "nodeName": f"field '{one.name}'", "typeName": gives}
            yield _said(one, path, message, code)
        elif not gives and one.selections is not None:
            message = f"Selections can't be made on scalars (field '{one.name}' returns a scalar)"
            yield _said(one, path, message, {"code": "selectionMismatch", "nodeName": f"field '{one.name}'"})
        elif gives:
            yield from self._set(one.selections or [], gives, path)


@dataclass(slots=True)
class _Execution:
    """Answers a query that is valid."""

    document: Document
    variables: dict[str, Any]
    world: World
    errors: list[dict[str, Any]] = field(default_factory=list)

    def of(self, selections: list[Selection], on: str, value: Any, path: tuple[str | int, ...]) -> dict[str, Any]:
        """The fields of one object."""
        made: dict[str, Any] = {}
        for one in self._fields(selections, on):
            if one.name == "__typename":
                made[one.alias] = on
                continue
            found = self._field(one, on, value, (*path, one.alias))
            # The same field may be asked for in several places: what it gives is put together.
            before = made.get(one.alias)
            made[one.alias] = {**before, **found} if isinstance(before, dict) and isinstance(found, dict) else found
        return made

    def _fields(self, selections: list[Selection], on: str) -> Iterator[Selection]:
        for one in selections:
            if not self._is_wanted(one):
                continue
            found = self.document.fragments[one.fragment] if one.fragment else one
            if not (one.fragment or one.inline):
                yield one
            elif not found.on or found.on == on or found.on in INTERFACES:
                yield from self._fields(found.selections or [], on)

    def _is_wanted(self, one: Selection) -> bool:
        skipped, included = (
            self._told(one.directives.get(name, {}).get("if", otherwise))
            for name, otherwise in (("skip", False), ("include", True))
        )
        return bool(included) and not skipped

    def _field(self, one: Selection, on: str, value: Any, path: tuple[str | int, ...]) -> Any:
        gives, resolver = TYPES[on][one.name]
        try:
            found = resolver(value, self._told(one.arguments), self.world)
        except Unresolved as fault:
            more = {"extensions": fault.extensions} if fault.extensions else {}
            self.errors.append({"type": fault.kind, **_said(one, path, fault.message), **more})
            return None
        if not gives or found is None:
            return found
        if isinstance(found, list):
            rows = enumerate(found)
            return [self.of(one.selections or [], gives, each, (*path, place)) for place, each in rows]
        return self.of(one.selections or [], gives, found, path)

    def _told(self, value: Any) -> Any:
        if isinstance(value, Variable):
            return self.variables.get(value.name)
        if isinstance(value, list):
            return [self._told(one) for one in value]
        return {name: self._told(one) for name, one in value.items()} if isinstance(value, dict) else value


def _said(
    one: Selection, path: tuple[str | int, ...], message: str, extensions: dict[str, Any] | None = None
) -> dict[str, Any]:
    more = {"extensions": extensions} if extensions else {}
    locations = [{"line": one.line, "column": one.column}]
    return {"path": list(path), **more, "locations": locations, "message": message}
