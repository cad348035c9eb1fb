"""Kubernetes: the secrets and deployments of a namespace, by its API server's own HTTP.

A write of values is one merge patch with the ``resourceVersion`` that was read: it changes nothing when somebody else
wrote in between (409 Conflict). Facts from the Kubernetes API concepts and API reference, read 2026-11-28.

rekey asks by its own bounded HTTP and not by the client ``kubernetes``: that takes proxies of the environment, has no
deadline for a whole exchange, and puts headers and body into its exceptions. It asks the twin in tests instead.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import SecretStr

from blocks.consumers.kubernetes.models import CONFLICT, Deployment, Odd, Secret, running_pods
from blocks.consumers.kubernetes.token import end_of
from blocks.errors import Unclear
from blocks.wire.client import Client
from blocks.wire.exchange import ANSWER_BYTES, LIST_BYTES, READ_TIMEOUT_S
from blocks.wire.http import Http
from blocks.wire.replies import Cause, Failure, Reply

VENDOR = "Kubernetes"
BLOCK = "the Kubernetes block (Prefect UI, Blocks)"
_MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
_CAUSES = {
    CONFLICT: Cause("somebody else changed it in the same moment", "Nothing was written. It is read and tried again."),
    "Invalid": Cause(
        "the API server does not take the change",
        "Look whether the secret is immutable (`kubectl get secret NAME -o yaml`): such a one is deleted and made anew "
        "by hand.",
    ),
    "Unauthorized": Cause(
        "the token is not accepted", f"Make a new token of the service account and put it into {BLOCK}. Tokens expire."
    ),
    "Forbidden": Cause(
        "the service account may not do this",
        f"Give the service account of {BLOCK} a role in this namespace with get and patch on its secrets and "
        "deployments, and for a brake list on pods; `kubectl auth can-i --as` shows what it may.",
    ),
    "NotFound": Cause(
        "there is no such thing in this namespace",
        "Compare namespace and names in the catalog with `kubectl get secrets,deployments -n NAMESPACE`.",
    ),
}
_T = TypeVar("_T")


class KubernetesClient(Client):
    """One request, one answer or one VendorError. Close it, or use it as a context manager."""

    def __init__(
        self, url: str, token: SecretStr, *, certificates: str = "", read_timeout_s: float = READ_TIMEOUT_S
    ) -> None:
        self.token_end = end_of(token)
        self._http = Http(
            VENDOR,
            url,
            headers={"Authorization": SecretStr(f"Bearer {token.get_secret_value()}")},
            read_timeout_s=read_timeout_s,
            code_of=_reason,
            causes=_CAUSES,
            doubts_refusals=True,
            certificates=certificates,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def secret(self, namespace: str, name: str) -> Secret:
        """This secret. Raises VendorError, Missing without one."""
        operation = f"read secret {namespace}/{name}"
        return _read(Secret.of, operation, self._ask(operation, "GET", _secret(namespace, name)))

    def write_secret(
        self, namespace: str, name: str, values: Mapping[str, SecretStr], *, over: Secret, dry_run: bool = False
    ) -> Secret:
        """Change these values, all in one write, and leave the others; return what it is then.

        With ``dry_run`` the API server does all but keep it. Raises VendorError: Rejected with the code Conflict when
        it is not the version that was read any more.
        """
        operation = f"{'try a write of' if dry_run else 'write'} secret {namespace}/{name}"
        data = {key: base64.b64encode(value.get_secret_value().encode()).decode() for key, value in values.items()}
        change = {"metadata": {"resourceVersion": over.version}, "data": data}
        reply = self._patch(operation, _secret(namespace, name), change, dry_run=dry_run, writes=True)
        return _read(Secret.of, operation, reply)

    def deployment(self, namespace: str, name: str) -> Deployment:
        """This deployment. Raises VendorError, Missing without one."""
        operation = f"read deployment {namespace}/{name}"
        return _read(Deployment.of, operation, self._ask(operation, "GET", _deployment(namespace, name)))

    def mark_pods(self, namespace: str, name: str, marks: Mapping[str, str], *, dry_run: bool = False) -> Deployment:
        """Annotate the pods that it makes: its controller replaces all of them, as after `kubectl rollout restart`.

        Whatever else somebody changes in the same moment stays.
        """
        operation = f"{'try a rollout of' if dry_run else 'roll out'} deployment {namespace}/{name}"
        change = {"spec": {"template": {"metadata": {"annotations": dict(marks)}}}}
        reply = self._patch(operation, _deployment(namespace, name), change, dry_run=dry_run, writes=True)
        return _read(Deployment.of, operation, reply)

    def scale(
        self, namespace: str, name: str, replicas: int, marks: Mapping[str, str | None], *, over: Deployment, asks: bool
    ) -> Deployment:
        """Set how many pods there are and annotate the deployment (None takes a mark away), in one write.

        ``asks``: only with permission (wire/permission.py).
        """
        operation = f"scale deployment {namespace}/{name} to {replicas}"
        metadata = {"annotations": dict(marks), "resourceVersion": over.version}
        change = {"metadata": metadata, "spec": {"replicas": replicas}}
        reply = self._patch(operation, _deployment(namespace, name), change, dry_run=False, writes=asks)
        return _read(Deployment.of, operation, reply)

    def running_pods(self, namespace: str, deployment: Deployment) -> list[str]:
        """The names of its pods that have not ended. Raises VendorError."""
        operation = f"list the pods of {namespace}"
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods"
        params = {"labelSelector": deployment.selector}
        return _read(running_pods, operation, self._ask(operation, "GET", path, params=params, largest=LIST_BYTES))

    def listed(self, operation: str, path: str) -> list[Any]:
        """The items of a list. Raises VendorError."""
        reply = self._ask(operation, "GET", path, largest=LIST_BYTES)
        return _read(_items, operation, reply)

    def _patch(self, operation: str, path: str, change: dict[str, Any], *, dry_run: bool, writes: bool) -> Reply:
        params = {"dryRun": "All"} if dry_run else {}
        params["fieldManager"] = "rekey"
        return self._ask(
            operation, "PATCH", path, params=params, json=change, headers=_MERGE_PATCH, writes=writes and not dry_run
        )

    def _ask(self, operation: str, method: str, path: str, *, largest: int = ANSWER_BYTES, **request: Any) -> Reply:
        return self._http.ask(operation, method, path, largest=largest, **request)


def _secret(namespace: str, name: str) -> str:
    return f"/api/v1/namespaces/{quote(namespace, safe='')}/secrets/{quote(name, safe='')}"


def _deployment(namespace: str, name: str) -> str:
    return f"/apis/apps/v1/namespaces/{quote(namespace, safe='')}/deployments/{quote(name, safe='')}"


def _items(body: Any) -> list[Any]:
    found = body.get("items") if isinstance(body, dict) else None
    if not isinstance(body, dict) or "items" not in body or not isinstance(found or [], list):
        raise Odd("no list")
    return found or []


def _read(read: Callable[[Any], _T], operation: str, reply: Reply) -> _T:
    fault = ""
    try:
        return read(reply.body)
    except Odd as error:
        fault = str(error)
    raise Unclear(
        vendor=VENDOR, operation=operation, fault=f"{fault} in the answer", status=reply.status, transient=False
    )


def _reason(failure: Failure) -> str | None:
    """The word for the error in a Status object."""
    body = failure.body
    found = body.get("reason") if isinstance(body, dict) and body.get("kind") == "Status" else None
    return found if isinstance(found, str) else None
