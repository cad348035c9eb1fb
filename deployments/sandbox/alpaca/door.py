"""What the simulated Alpaca's gateway does: it turns away who may not come in, and puts its headers on each answer.

Which body comes for which cause is not documented. Captures of 2023-12 to 2026-05 show 401 with 40110000 for a pair
that is unknown, dead or the other environment's, and one without a code where the headers are missing: so it is here.
Switches show what else was seen. In 2026-09, twice, on the paper host: no code for a pair that nobody has and for a
wrong secret, and a page of HTML without headers. In 2022: 403 for all of them. Inferred: a dead pair is one that nobody
has, another way to sign in is refused like a wrong pair, what asks in advance for a browser is answered 204, and the
headers, which come from a capture of a refusal (2024-08), are on every answer.
"""

from __future__ import annotations

import uuid

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.sandbox.alpaca.state import AlpacaKnobs

_NOT_AUTHORIZED = b'{"code":40110000,"message":"request is not authorized"}'
_NO_HEADERS = b'{"message":"unauthorized."}'
# As it came in 2026-09: a blank after the colon, and a line break at the end.
_WITHOUT_A_CODE = b'{"message": "unauthorized."}\n'
# As it came in 2022.
_FORBIDDEN_IN_2022 = b'{"message": "forbidden."}\n'
_PAGE = (
    "<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n"
    "<center><h1>401 Authorization Required</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
_HEADERS = {
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Allow-Headers": "Apca-Api-Key-Id, Apca-Api-Secret-Key, Authorization, Content-Type",
    "Access-Control-Allow-Methods": "GET, OPTIONS, PUT, DELETE, POST, PATCH",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Max-Age": "1728000",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Vary": "Origin",
}
_JSON = "application/json"


def pair_of(request: Request) -> tuple[str, str]:
    """The key ID and the secret that a request names, each empty when it does not."""
    key_id, secret = (request.headers.get(name, "") for name in ("apca-api-key-id", "apca-api-secret-key"))
    return key_id, secret


def refusal(request: Request, knobs: AlpacaKnobs, *, is_of_the_other: bool) -> Response:
    """What a pair gets that opens nothing here; ``is_of_the_other`` environment it may open something."""
    if knobs.legacy_auth_errors:
        return Response(_FORBIDDEN_IN_2022, 403, media_type=_JSON)
    if knobs.gateway_auth_errors and not is_of_the_other:
        return _of_the_gateway(request)
    return Response(_NOT_AUTHORIZED if all(pair_of(request)) else _NO_HEADERS, 401, media_type=_JSON)


def _of_the_gateway(request: Request) -> Response:
    if not pair_of(request)[0] and "authorization" not in request.headers:
        page = HTMLResponse(_PAGE, 401)
        page.headers["content-type"] = "text/html"
        return page
    return Response(_WITHOUT_A_CODE, 401, media_type=_JSON)


class Gateway:
    """Puts the headers on every answer, and answers a browser that asks in advance."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers["X-Request-ID"] = uuid.uuid4().hex
                if headers.get("content-type") == _JSON:
                    headers["content-type"] = f"{_JSON}; charset=UTF-8"
            await send(message)

        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            await Response(status_code=204)(scope, receive, marked)
        else:
            await self._app(scope, receive, marked)
