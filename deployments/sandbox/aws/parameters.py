"""Parameter Store: named values with a version each; several are never written together.

Facts: botocore's model of the service (1.44), the API references, read 2026-11-29. Labels, tiers, policies and the
filters of a path are not kept. Whether a write may change the type is told in two ways (the model says no, Terraform's
users say yes): here it may.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from deployments.sandbox.aws.refusals import AwsError, out_of_bounds, page_of, text_in, texts_in

_PAGE, _PATH_PAGE, _MOST_NAMES = 50, 10, 10
_SECURE, _TYPES = "SecureString", ("String", "StringList", "SecureString")
_KEPT_VERSIONS = 100
# Of the standard tier; what AWS says of a longer one is not kept.
_MOST_VALUE = 4096
_BEFORE = "arn:aws:ssm:eu-central-1:123456789012:parameter"


class Kept(NamedTuple):
    """One version of a parameter."""

    value: str
    version: int
    at: float
    kind: str


@dataclass
class Parameters:
    """All parameters of the region: the current version by name, and those before it."""

    held: dict[str, Kept] = field(default_factory=dict)
    before: dict[str, list[Kept]] = field(default_factory=dict)

    @property
    def actions(self) -> Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """By name."""
        return {
            "GetParameter": self._get,
            "GetParameters": self._get_several,
            "GetParametersByPath": self._get_below,
            "PutParameter": self._put,
            "DeleteParameter": self._delete,
            "DeleteParameters": self._delete_several,
            "DescribeParameters": self._describe,
        }

    def put(self, name: str, value: str, kind: str = _SECURE) -> None:
        """Somebody stores this in AWS's console."""
        now = self.held.get(name)
        if now is not None:
            self.before[name] = [*self.before.get(name, []), now][1 - _KEPT_VERSIONS :]
        self.held[name] = Kept(value, now.version + 1 if now else 1, time.time(), kind)

    def value(self, name: str) -> str | None:
        """What is read there now."""
        return self.held[name].value if name in self.held else None

    def _found(self, asked: str) -> tuple[str, str, Kept]:
        """The name, what of the request chose the version, and that version: NAME, NAME:VERSION, or an ARN of them."""
        name, _, version = asked.removeprefix(_BEFORE).partition(":")
        # An ARN does not tell whether the name of the first level begins with a slash.
        name = name[1:] if asked.startswith(_BEFORE) and name not in self.held else name
        if name not in self.held:
            raise AwsError("ParameterNotFound", "")
        if not version:
            return name, "", self.held[name]
        every = [*self.before.get(name, []), self.held[name]]
        found = next((one for one in every if str(one.version) == version), None)
        if found is None:
            told = f"Systems Manager could not find version {version} of {name}. Verify the version and try again."
            raise AwsError("ParameterVersionNotFound", told)
        return name, f":{version}", found

    def _told(self, asked: str, body: dict[str, Any]) -> dict[str, Any]:
        name, selector, found = self._found(asked)
        is_open = found.kind != _SECURE or body.get("WithDecryption") is True
        told = {"Name": name, "Type": found.kind, "Value": found.value if is_open else "encrypted"}
        chosen = {"Selector": selector} if selector else {}
        moment = {"LastModifiedDate": found.at, "DataType": "text", "ARN": _arn(name)}
        return {**told, "Version": found.version, **chosen, **moment}

    def _get(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"Parameter": self._told(text_in(body, "Name"), body)}

    def _get_several(self, body: dict[str, Any]) -> dict[str, Any]:
        """What is not there is named, and no refusal."""
        found, missing = {}, []
        for one in _names_in(body):
            try:
                found[one] = self._told(one, body)
            except AwsError:
                missing.append(one)
        return {"Parameters": [found[one] for one in sorted(found)], "InvalidParameters": missing}

    def _get_below(self, body: dict[str, Any]) -> dict[str, Any]:
        path, deep = text_in(body, "Path"), body.get("Recursive") is True
        if not path.startswith("/"):
            raise AwsError("ValidationException", "The parameter path must begin with a forward slash.")
        base = f"{path.rstrip('/')}/"
        below = [
            one for one in sorted(self.held) if one.startswith(base) and (deep or "/" not in one.removeprefix(base))
        ]
        rows, more = page_of(body, [self._told(one, body) for one in below], _PATH_PAGE, _no_next())
        return {"Parameters": rows, **more}

    def _put(self, body: dict[str, Any]) -> dict[str, Any]:
        """The type has to be told of a new one alone (documented)."""
        name, value, kind = text_in(body, "Name"), text_in(body, "Value", _MOST_VALUE), body.get("Type")
        now = self.held.get(name)
        if kind is not None and kind not in _TYPES:
            raise out_of_bounds("Type", f"satisfy enum value set: [{', '.join(_TYPES)}]")
        if now is None and kind is None:
            raise AwsError("ValidationException", "A parameter type is required when you create a parameter.")
        if now is not None and body.get("Overwrite") is not True:
            told = "The parameter already exists. To overwrite this value, set the overwrite option in the request to"
            raise AwsError("ParameterAlreadyExists", f"{told} true.")
        self.put(name, value, kind or (now.kind if now else _SECURE))
        return {"Version": self.held[name].version, "Tier": "Standard"}

    def _delete(self, body: dict[str, Any]) -> dict[str, Any]:
        name = text_in(body, "Name")
        if name not in self.held:
            raise AwsError("ParameterNotFound", "")
        self._forget(name)
        return {}

    def _delete_several(self, body: dict[str, Any]) -> dict[str, Any]:
        asked = _names_in(body)
        there = [one for one in asked if one in self.held]
        for one in there:
            self._forget(one)
        return {"DeletedParameters": there, "InvalidParameters": [one for one in asked if one not in there]}

    def _forget(self, name: str) -> None:
        del self.held[name]
        self.before.pop(name, None)

    def _describe(self, body: dict[str, Any]) -> dict[str, Any]:
        filters = body.get("ParameterFilters") or []
        if not isinstance(filters, list) or not all(isinstance(one, dict) for one in filters):
            raise AwsError("SerializationException", "")
        names = [name for name in sorted(self.held) if all(self._passes(name, one) for one in filters)]
        told = [
            {
                "Name": one,
                "Type": self.held[one].kind,
                "Version": self.held[one].version,
                "LastModifiedDate": self.held[one].at,
                "ARN": _arn(one),
                "Tier": "Standard",
                "DataType": "text",
            }
            for one in names
        ]
        rows, more = page_of(body, told, _PAGE, _no_next())
        return {"Parameters": rows, **more}

    def _passes(self, name: str, one: dict[str, Any]) -> bool:
        """Whether a parameter passes a filter by name or type; others are refused, so that nobody relies on them."""
        wanted = [str(value) for value in one.get("Values") or []]
        by, how = one.get("Key"), one.get("Option") or "Equals"
        if by == "Type" and how == "Equals":
            return self.held[name].kind in wanted
        tests: dict[str, Callable[[str], bool]] = {
            "Equals": lambda value: name == value,
            "BeginsWith": name.startswith,
            "Contains": lambda value: value in name,
        }
        if by != "Name":
            raise AwsError("InvalidFilterKey", "The specified key isn't valid.")
        if how not in tests:
            raise AwsError("InvalidFilterOption", "The specified filter option isn't valid.")
        return any(tests[how](value) for value in wanted)


def _names_in(body: dict[str, Any]) -> list[str]:
    found = texts_in(body, "Names", _MOST_NAMES)
    if not found:
        raise out_of_bounds("Names", "not be null")
    return list(dict.fromkeys(found))


def _arn(name: str) -> str:
    return f"{_BEFORE}{name}" if name.startswith("/") else f"{_BEFORE}/{name}"


def _no_next() -> AwsError:
    return AwsError("InvalidNextToken", "The specified token isn't valid.")
