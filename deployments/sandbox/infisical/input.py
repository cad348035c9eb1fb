"""Reads a request's fields the way the vault's schemas do, and reports all issues at once, never with a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deployments.sandbox.infisical.state import JS_SPACE, Profile, Refusal


class Input:
    """Fields of a query or a body. Unknown ones are ignored. Call ``check`` after reading."""

    def __init__(
        self, source: Any, profile: Profile, *, path: tuple[str | int, ...] = (), issues: list[Any] | None = None
    ) -> None:
        self._source: Mapping[str, Any] = source if isinstance(source, Mapping) else {}
        self._profile = profile
        self._path = path
        self.issues: list[dict[str, Any]] = [] if issues is None else issues
        if not isinstance(source, Mapping):
            self._issue("object", source, ())

    def text(self, name: str, *, trim: bool = True) -> str:
        """A text that must be there."""
        value = self._source.get(name)
        if not isinstance(value, str):
            self._issue("string", value, (name,))
            return ""
        return value.strip(JS_SPACE) if trim else value

    def optional(self, name: str, *, trim: bool = True) -> str | None:
        """A text that may be absent."""
        return None if self._source.get(name) is None else self.text(name, trim=trim)

    def raw(self, name: str) -> Any:
        """A field as it came."""
        return self._source.get(name)

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean of a query: the text "true" or "false"."""
        value = self._source.get(name)
        if value is None:
            return default
        if value not in {"true", "false"}:
            self._issue("'true' | 'false'", value, (name,))
        return str(value) == "true"

    def number(self, name: str) -> int | None:
        """A number of a query."""
        value = self._source.get(name)
        if value is None or (isinstance(value, str) and value.isdecimal()):
            return None if value is None else int(value)
        self._issue("number", value, (name,))
        return None

    def choice(self, name: str, options: tuple[str, ...]) -> str:
        """One of the texts; the first is the default."""
        value = self._source.get(name, options[0])
        if value not in options:
            self._issue(" | ".join(f"'{option}'" for option in options), value, (name,))
        return str(value)

    def secret_path(self, name: str = "secretPath") -> str:
        """A path without its trailing slash. A missing leading slash stays missing (and finds no folder)."""
        path = self.optional(name) or "/"
        return path if path == "/" else path.removesuffix("/")

    def items(self, name: str) -> list[Input]:
        """A list with at least one object."""
        value = self._source.get(name)
        if not isinstance(value, list) or not value:
            self._issue("array", value, (name,))
            return []
        return [
            Input(item, self._profile, path=(*self._path, name, index), issues=self.issues)
            for index, item in enumerate(value)
        ]

    def secret_name(self, name: str) -> str:
        """A secret's name: anything in 2024; today without colon and slash."""
        value = self.text(name)
        if self._profile == "current" and (":" in value or "/" in value or not value):
            self._issue("a name without colon and slash", value, (name,))
        return value

    def refuse(self, expected: str, name: str) -> None:
        """Report a field that another rule refuses."""
        self._issue(expected, self._source.get(name), (name,))

    def check(self) -> None:
        """Raise when an issue was found: 401 in 2024, 422 today."""
        if self.issues:
            raise Refusal(422 if self._profile == "current" else 401, "ValidationFailure", self.issues)

    def _issue(self, expected: str, value: Any, path: tuple[str, ...]) -> None:
        received = "undefined" if value is None else type(value).__name__
        message = "Required" if value is None else "Invalid input"
        self.issues.append(
            {
                "code": "invalid_type",
                "expected": expected,
                "received": received,
                "path": [*self._path, *path],
                "message": message,
            }
        )
