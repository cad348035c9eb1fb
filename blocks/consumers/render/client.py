"""Render: a service's own environment variables, and its deploys.

Documented (Render's API reference and its published schemas, as others repeat them, read 2026-11-28): the paths, their
bodies and errors (``id``, ``message``), lists of ``{item, cursor}``, the words for a deploy's status, and that a list
has a service's own variables and not those of environment groups that are linked to it. Inferred, and built for both
outcomes: that setting a variable deploys nothing by itself, and that a deploy which waits for another one is answered
with 202 and nothing else.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import Missing, Unclear, VendorError
from blocks.wire.client import Client
from blocks.wire.exchange import LIST_BYTES, READ_TIMEOUT_S
from blocks.wire.http import Http
from blocks.wire.replies import Cause, Failure, Reply

VENDOR = "Render"
BLOCK = "the Render block (Prefect UI, Blocks)"
# A throw-away variable that proves that the key may write. No service reads it.
WRITE_CHECK = "REKEY_WRITE_CHECK"
_PAGE = 100
_MOST_PAGES = 20
_CAUSES = {
    "unauthorized": Cause("the API key is not accepted", f"Make a new API key and put it into {BLOCK}."),
    "forbidden": Cause(
        "the owner of the API key may not do this",
        f"Give the owner of the key in {BLOCK} a role that may edit the service.",
    ),
    "not_found": Cause(
        "there is no such service, or the key may not see it",
        "Compare service in the catalog with the address of its page.",
    ),
}


@dataclass(frozen=True, slots=True)
class Deploy:
    """One deploy, and how it stands in Render's word."""

    id: str
    status: str


class RenderClient(Client):
    """One request, one answer or one VendorError. Close it, or use it as a context manager."""

    def __init__(self, url: str, token: SecretStr, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self._http = Http(
            VENDOR,
            url,
            headers={"Authorization": SecretStr(f"Bearer {token.get_secret_value()}")},
            read_timeout_s=read_timeout_s,
            code_of=_id,
            causes=_CAUSES,
            doubts_refusals=True,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def is_suspended(self, service: str) -> bool:
        """Whether no instance of it runs because somebody suspended it. Raises VendorError."""
        operation = f"read service {service}"
        reply = self._ask(operation, "GET", _service(service))
        found = reply.body.get("suspended") if isinstance(reply.body, dict) else None
        if found not in {"suspended", "not_suspended"}:
            raise _unclear(operation, reply, "not whether it is suspended")
        return bool(found == "suspended")

    def variables(self, service: str) -> Mapping[str, SecretStr]:
        """The service's own variables. Raises VendorError."""
        return _variables(self._listed(f"list the variables of {service}", f"{_service(service)}/env-vars", "envVar"))

    def set_variable(self, service: str, name: str, value: SecretStr) -> None:
        """Set one, and leave the others. Instances that run keep what they were started with. Raises VendorError."""
        operation = f"set {name} of {service}"
        path = f"{_service(service)}/env-vars/{quote(name, safe='')}"
        reply = self._ask(operation, "PUT", path, json={"value": value.get_secret_value()})
        if not isinstance(reply.body, dict) or reply.body.get("key") != name:
            raise _unclear(operation, reply, f"no {name}")

    def can_write(self, service: str) -> Answer:
        """Whether the key may set variables there, found out with ``REKEY_WRITE_CHECK``, which is taken away again.

        YES; a no is raised. The deletion is tried whatever the write said, because it may have been applied.
        """
        failures: list[VendorError] = []
        try:
            self.set_variable(service, WRITE_CHECK, SecretStr(secrets.token_urlsafe()))
        except VendorError as error:
            failures.append(error)
        try:
            with suppress(Missing):
                self._ask(f"delete {WRITE_CHECK} of {service}", "DELETE", f"{_service(service)}/env-vars/{WRITE_CHECK}")
        except VendorError as error:
            failures.append(error)
        if failures:
            raise failures[0]
        return Answer.YES

    def deploys(self, service: str) -> list[Deploy]:
        """The newest ones, the newest first. Raises VendorError."""
        operation = f"list the deploys of {service}"
        reply = self._ask(operation, "GET", f"{_service(service)}/deploys", params={"limit": "20"}, largest=LIST_BYTES)
        return [self._deploy(operation, reply, one) for one in _items(operation, reply, "deploy")]

    def deploy(self, service: str) -> str:
        """Begin one; return its id, or nothing when it waits for another one. Raises VendorError."""
        operation = f"deploy {service}"
        reply = self._ask(operation, "POST", f"{_service(service)}/deploys", json={"clearCache": "do_not_clear"})
        if reply.status == 202 and not reply.body:
            return ""
        return self._deploy(operation, reply, reply.body).id

    def services(self) -> dict[str, str]:
        """The names of all services that the key may see, by id. Raises VendorError."""
        found = self._listed("list the services", "/v1/services", "service")
        return {str(one.get("id", "")): str(one.get("name", "")) for one in found}

    def groups(self) -> dict[str, Mapping[str, SecretStr]]:
        """The variables of each environment group that the key may see, by its name. Raises VendorError."""
        found: dict[str, Mapping[str, SecretStr]] = {}
        for one in list(self._listed("list the environment groups", "/v1/env-groups", "envGroup")):
            operation = f"read environment group {one.get('name')}"
            reply = self._ask(operation, "GET", f"/v1/env-groups/{quote(str(one.get('id')), safe='')}")
            listed = reply.body.get("envVars") if isinstance(reply.body, dict) else None
            if not isinstance(listed, list):
                raise _unclear(operation, reply, "no variables")
            found[str(one.get("name"))] = _variables(one for one in listed if isinstance(one, dict))
        return found

    def _listed(self, operation: str, path: str, what: str) -> Iterator[dict[str, Any]]:
        params = {"limit": str(_PAGE)}
        for _ in range(_MOST_PAGES):
            reply = self._ask(operation, "GET", path, params=params, largest=LIST_BYTES)
            yield from _items(operation, reply, what)
            if len(reply.body) < _PAGE:
                return
            params["cursor"] = str(reply.body[-1].get("cursor", ""))
        raise _unclear(operation, reply, "a list that ends")

    def _deploy(self, operation: str, reply: Reply, body: Any) -> Deploy:
        found, status = (body.get("id"), body.get("status")) if isinstance(body, dict) else (None, None)
        if not isinstance(found, str) or not isinstance(status, str):
            raise _unclear(operation, reply, "no deploy")
        return Deploy(found, status)

    def _ask(self, operation: str, method: str, path: str, **request: Any) -> Reply:
        return self._http.ask(operation, method, path, writes=method != "GET", **request)


def _service(service: str) -> str:
    return f"/v1/services/{quote(service, safe='')}"


def _items(operation: str, reply: Reply, what: str) -> Iterator[dict[str, Any]]:
    if not isinstance(reply.body, list):
        raise _unclear(operation, reply, "no list")
    for one in reply.body:
        found = one.get(what) if isinstance(one, dict) else None
        if not isinstance(found, dict):
            raise _unclear(operation, reply, f"no {what}")
        yield found


def _variables(listed: Iterator[dict[str, Any]]) -> dict[str, SecretStr]:
    return {str(one.get("key")): SecretStr(str(one.get("value", ""))) for one in listed}


def _unclear(operation: str, reply: Reply, lacks: str) -> Unclear:
    return Unclear(
        vendor=VENDOR, operation=operation, fault=f"{lacks} in the answer", status=reply.status, transient=False
    )


def _id(failure: Failure) -> str | None:
    found = failure.body.get("id") if isinstance(failure.body, dict) else None
    return found if isinstance(found, str) else None
