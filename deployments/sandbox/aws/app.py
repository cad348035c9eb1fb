"""The endpoints of Secrets Manager and Parameter Store of one account in one region, in AWS's JSON protocol.

What is asked of them is named by a header, and so it is in the sandbox's journal and in its plan of faults. Facts: the
API references, botocore's service models, and boto3 asking this; read 2026-11-28.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.aws.parameters import Parameters
from deployments.sandbox.aws.refusals import AwsError
from deployments.sandbox.aws.secrets import Secrets
from deployments.sandbox.aws.signature import is_signed, key_id_in
from deployments.sandbox.json_body import parsed

REGION = "eu-central-1"
_TYPE = "application/x-amz-json-1.1"
_Action = Callable[[dict[str, Any]], dict[str, Any]]
_Actions = Mapping[str, _Action]


@dataclass
class AwsAccount:
    """One account, in one region."""

    key_id: str = field(default_factory=lambda: made_up.alpaca_key_id("AK"))
    secret_key: str = field(default_factory=lambda: made_up.token("", 40))
    secrets: Secrets = field(default_factory=Secrets)
    parameters: Parameters = field(default_factory=Parameters)
    # The actions that its policy denies, such as "PutSecretValue".
    denied: set[str] = field(default_factory=set)

    def secrets_app(self) -> Starlette:
        """The endpoint of Secrets Manager."""
        return self._app("secretsmanager", "secretsmanager", self.secrets.actions)

    def parameters_app(self) -> Starlette:
        """The endpoint of Systems Manager."""
        return self._app("ssm", "AmazonSSM", self.parameters.actions)

    def _app(self, service: str, prefix: str, actions: _Actions) -> Starlette:
        async def answer(request: Request) -> Response:
            body = await request.body()
            try:
                self._demand_known(key_id_in(request.headers))
                self._demand(is_signed(str(request.url), request.headers, body, self.key_id, self.secret_key, service))
                named, _, action = request.headers.get("x-amz-target", "").partition(".")
                return _json(self._action(actions if named == prefix else {}, action)(_object_of(body)))
            except AwsError as error:
                return _json({"__type": error.kind, "message": error.message}, 400)

        return Starlette(routes=[Route("/", answer, methods=["POST"])])

    def _demand_known(self, key_id: str | None) -> None:
        """A key that nobody has is another refusal than a wrong signature of one that is known (public reports)."""
        if key_id is not None and key_id != self.key_id:
            raise AwsError("UnrecognizedClientException", "The security token included in the request is invalid.")

    def _demand(self, is_signed_by_it: bool) -> None:  # the answer to one question
        if not is_signed_by_it:
            raise AwsError("InvalidSignatureException", "The request signature we calculated does not match.")

    def _action(self, actions: _Actions, action: str) -> _Action:
        if action not in actions:
            raise AwsError("UnknownOperationException", "")
        if action in self.denied:
            raise AwsError("AccessDeniedException", f"User is not authorized to perform: {action}")
        return actions[action]


def _object_of(body: bytes) -> dict[str, Any]:
    try:
        found = parsed(body or b"{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise AwsError("SerializationException", "")
    return found


def _json(body: dict[str, Any], status: int = 200) -> Response:
    headers = {"x-amzn-RequestId": made_up.identifier()}
    return Response(json.dumps(body).encode(), status, headers, media_type=_TYPE)
