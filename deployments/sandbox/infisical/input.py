"""Reads a request's fields the way the vault's schemas do, and reports all issues at once.

A field that may be absent may not be null for that (zod's ``optional``); the few that may be both are ``nullable``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deployments.sandbox.infisical import issues as zod
from deployments.sandbox.infisical.state import JS_SPACE, Profile, Refusal


class Input:
    """Fields of a query or a body. Unknown ones are ignored. Call ``check`` after reading."""

    def __init__(
        self, source: Any, profile: Profile, *, path: tuple[str | int, ...] = (), issues: list[zod.Issue] | None = None
    ) -> None:
        self._source: Mapping[str, Any] = source if isinstance(source, Mapping) else {}
        self._profile = profile
        self._path = path
        self.issues: list[zod.Issue] = [] if issues is None else issues
        self._is_object = isinstance(source, Mapping)
        if not self._is_object:
            # A request without a body has none; an item of a list may be null.
            self._issue(zod.wrong_type("object", zod.MISSING if source is None and not path else source))

    def has(self, name: str) -> bool:
        """Whether the field is there, as null too."""
        return name in self._source

    def text(self, name: str, *, trim: bool = True) -> str:
        """A text that must be there."""
        value = self._value(name)
        if not isinstance(value, str):
            self._issue(zod.wrong_type("string", value), name)
            return ""
        return value.strip(JS_SPACE) if trim else value

    def optional(self, name: str, *, trim: bool = True) -> str | None:
        """A text that may be absent."""
        return self.text(name, trim=trim) if self.has(name) else None

    def nullable(self, name: str) -> str | None:
        """A text that may be absent or null."""
        return None if self._source.get(name) is None else self.text(name, trim=False)

    def texts(self, name: str) -> list[str]:
        """A list of texts that may be absent."""
        value = self._source.get(name, [])
        if not isinstance(value, list):
            self._issue(zod.wrong_type("array", value), name)
            return []
        for index, one in enumerate(value):
            if not isinstance(one, str):
                self._issue(zod.wrong_type("string", one), name, index)
        return [one for one in value if isinstance(one, str)]

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean of a query: the text "true" or "false"."""
        return self.choice(name, ("true", "false"), "true" if default else "false") == "true"

    def switch(self, name: str, *, nullable: bool) -> bool | None:
        """A boolean of a body that may be absent."""
        value = self._source.get(name)
        if isinstance(value, bool):
            return value
        if self.has(name) and not (nullable and value is None):
            self._issue(zod.wrong_type("boolean", value), name)
        return None

    def number(self, name: str) -> int | None:
        """A number of a query, where it is a text."""
        value = self._source.get(name)
        if value is None or (isinstance(value, str) and value.isdecimal()):
            return None if value is None else int(value)
        self._issue(zod.wrong_type("number", value, "nan"), name)
        return None

    def amount(self, name: str) -> float | None:
        """A number of a body that may be absent or null."""
        value = self._source.get(name)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        self._issue(zod.wrong_type("number", value), name)
        return None

    def whole(self, name: str, most: int) -> int:
        """A whole number from zero to ``most``; zero when it is absent."""
        value = self._source.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._issue(zod.wrong_type("number", value), name)
        elif not isinstance(value, int):
            self._issue(zod.wrong_type("integer", value, "float"), name)
        elif value < 0:
            self._issue(zod.too_small("number", 0), name)
        elif value > most:
            self._issue(zod.too_big("number", most, f"Number must be less than or equal to {most}"), name)
        else:
            return value
        return 0

    def between(self, name: str, least: int, most: int) -> float | None:
        """A number of a body that may be absent, within bounds."""
        value = self.amount(name) if self.has(name) else None
        if value is None and self.has(name) and not self.issues:
            self._issue(zod.wrong_type("number", None), name)
        elif value is not None and value < least:
            self._issue(zod.too_small("number", least), name)
        elif value is not None and value > most:
            self._issue(zod.too_big("number", most, f"Number must be less than or equal to {most}"), name)
        return value

    def choice(self, name: str, options: Sequence[str], default: str) -> str:
        """One of the texts."""
        value = self._source.get(name, default)
        if value not in options:
            self._issue(zod.wrong_choice(options, value), name)
        return str(value)

    def secret_path(self, name: str = "secretPath") -> str:
        """A path without its trailing slash. A missing leading slash stays missing (and finds no folder)."""
        path = self.optional(name) or "/"
        return path if path == "/" else path.removesuffix("/")

    def items(self, name: str, *, least: int = 1) -> Iterator[Input]:
        """A list of objects, to be gone through once: what is wrong with them is told in their order."""
        value = self._value(name)
        if not isinstance(value, list):
            self._issue(zod.wrong_type("array", value), name)
            return
        if len(value) < least:
            self._issue(zod.too_small("array", least), name)
        for index, item in enumerate(value):
            yield Input(item, self._profile, path=(*self._path, name, index), issues=self.issues)

    def inner(self, name: str) -> Input:
        """An object that must be there."""
        return Input(self._value(name), self._profile, path=(*self._path, name), issues=self.issues)

    def filled(self, name: str) -> str:
        """A text that must be there, with something in it."""
        value = self.text(name)
        if not value and isinstance(self._source.get(name), str):
            self._issue(zod.too_small("string", 1), name)
        return value

    def secret_name(self, name: str) -> str:
        """A secret's name: anything in 2024; today without colon and slash."""
        if self._profile != "current":
            return self.text(name)
        value = self.filled(name)
        self.refuse_marks(value, name)
        return value

    def refuse_marks(self, secret: str, name: str) -> None:
        """Report the name of a new secret that today's servers do not take."""
        if self._profile == "current" and (":" in secret or "/" in secret):
            self.refuse("Secret name cannot contain colon or forward slash.", name)

    def short(self, value: str | None, most: int, message: str, name: str) -> None:
        """Report a text that is too long for today's servers."""
        if self._profile == "current" and value is not None and len(value) > most:
            self._issue(zod.too_big("string", most, message), name)

    def refuse(self, message: str, name: str) -> None:
        """Report a field that another rule refuses."""
        self._issue(zod.refused(message), name)

    def refuse_whole(self, message: str) -> None:
        """Report what a rule about several fields refuses, which is asked when each of them is right."""
        if not self.issues:
            self._issue(zod.refused(message))

    def check(self) -> None:
        """Raise when an issue was found: 401 in 2024, 422 today."""
        if self.issues:
            raise Refusal(422 if self._profile == "current" else 401, "ValidationFailure", self.issues)

    def _value(self, name: str) -> Any:
        return self._source.get(name, zod.MISSING)

    def _issue(self, issue: zod.Issue, *path: str | int) -> None:
        # Of what is no object, only that is told.
        if path and not self._is_object:
            return
        self.issues.append({**issue, "path": [*self._path, *path]})
