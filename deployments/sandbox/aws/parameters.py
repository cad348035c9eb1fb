"""Parameter Store: named values with a version each; several are never written together."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deployments.sandbox.aws.refusals import AwsError

_PAGE = 50


@dataclass
class Parameters:
    """All parameters of the region: value, version and time by name."""

    held: dict[str, tuple[str, int, float]] = field(default_factory=dict)

    @property
    def actions(self) -> Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """By name."""
        return {"GetParameter": self._get, "PutParameter": self._put, "DescribeParameters": self._describe}

    def put(self, name: str, value: str) -> None:
        """Somebody stores this in AWS's console."""
        version = self.held[name][1] + 1 if name in self.held else 1
        self.held[name] = (value, version, time.time())

    def value(self, name: str) -> str | None:
        """What is read there now."""
        return self.held[name][0] if name in self.held else None

    def _get(self, body: dict[str, Any]) -> dict[str, Any]:
        name = str(body.get("Name"))
        if name not in self.held:
            raise AwsError("ParameterNotFound", "")
        value, version, at = self.held[name]
        shown = value if body.get("WithDecryption") else "encrypted"
        told = {"Name": name, "Type": "SecureString", "Value": shown, "Version": version}
        return {"Parameter": {**told, "LastModifiedDate": at, "DataType": "text"}}

    def _put(self, body: dict[str, Any]) -> dict[str, Any]:
        name, value = str(body.get("Name")), body.get("Value")
        if not isinstance(value, str) or not value or body.get("Type") != "SecureString":
            raise AwsError("ValidationException", "1 validation error detected.")
        if name in self.held and not body.get("Overwrite"):
            raise AwsError("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set it.")
        self.put(name, value)
        return {"Version": self.held[name][1], "Tier": "Standard"}

    def _describe(self, body: dict[str, Any]) -> dict[str, Any]:
        like = [
            text
            for one in body.get("ParameterFilters") or []
            if (one.get("Key"), one.get("Option")) == ("Name", "Contains")
            for text in one["Values"]
        ]
        names = sorted(name for name in self.held if not like or any(text in name for text in like))
        begin = int(body.get("NextToken") or 0)
        end = begin + min(int(body.get("MaxResults") or _PAGE), _PAGE)
        more = {"NextToken": str(end)} if end < len(names) else {}
        rows = [{"Name": one, "Type": "SecureString", "Version": self.held[one][1]} for one in names[begin:end]]
        return {"Parameters": rows, **more}
