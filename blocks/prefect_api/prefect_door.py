"""Prefect's door, tried from outside: by somebody without a login, and as a web page of somebody else would.

Each try is harmless: it reads at most, and nothing of what it is answered is kept.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from http import HTTPStatus

import httpx
from prefect.settings import get_current_settings
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from blocks.answer import Answer
from blocks.wire.http import checked_base_url

# Of a page that nobody serves (RFC 2606).
STRANGER = "https://somebody-else.invalid"
TIMEOUT_S = 15.0
NO_TOKEN = "Missing CSRF token."  # noqa: S105  # what Prefect answers (3.8.8), no token
REFUSED = {"exception_message": "Unauthorized"}
POLICY_VIOLATION = 1008
CLOSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


def tries() -> dict[str, Callable[[], Answer]]:
    """What is asked of the server that this process uses, by what an open one lets happen. Yes: it is closed.

    Raises CatalogError for an address at which a login would cross a network in clear text.
    """
    url = checked_base_url("Prefect", str(get_current_settings().api.url))
    return {
        "anybody reads without a login": lambda: _asks_for_a_login(url),
        "a change needs no CSRF token": lambda: _asks_for_a_token(url),
        "pages of every origin may read (CORS)": lambda: _names_who_reads(url),
        "its WebSocket tells everything to anybody": lambda: _closes_its_websocket(url),
    }


def _asks_for_a_login(url: str) -> Answer:
    answer = _answered("GET", f"{url}/admin/version")
    if answer is None:
        return Answer.UNKNOWN
    if answer.status_code in CLOSED:
        return Answer.YES
    return Answer.NO if answer.status_code == HTTPStatus.OK and _json(answer) is not None else Answer.UNKNOWN


def _asks_for_a_token(url: str) -> Answer:
    """Prefect looks for the token before it looks for the login, so this needs none."""
    answer = _answered("POST", f"{url}/flow_runs/filter", json={"limit": 1})
    said = _json(answer) if answer is not None else None
    if answer is None or said is None:
        return Answer.UNKNOWN
    if answer.status_code == HTTPStatus.FORBIDDEN and said == {"detail": NO_TOKEN}:
        return Answer.YES
    # Otherwise only what Prefect itself answers proves something, not a gateway before it.
    asked_for_login = answer.status_code == HTTPStatus.UNAUTHORIZED and said == REFUSED
    return Answer.NO if asked_for_login or answer.status_code == HTTPStatus.OK else Answer.UNKNOWN


def _names_who_reads(url: str) -> Answer:
    answer = _answered("GET", f"{url}/health")
    if answer is None or answer.status_code != HTTPStatus.OK or _json(answer) is None:
        return Answer.UNKNOWN
    allowed = answer.headers.get("access-control-allow-origin", "")
    return Answer.NO if allowed in {"*", STRANGER} else Answer.YES


def _closes_its_websocket(url: str) -> Answer:
    address = f"ws{url.removeprefix('http')}/events/out"
    try:
        with connect(
            address,
            origin=Origin(STRANGER),
            subprotocols=[Subprotocol("prefect")],
            ssl=_certificates() if address.startswith("wss:") else None,
            proxy=None,
            open_timeout=TIMEOUT_S,
            close_timeout=1,
        ) as socket:
            socket.send(json.dumps({"type": "auth", "token": None}))
            said = json.loads(socket.recv(TIMEOUT_S))
    except ConnectionClosed as closed:
        return Answer.YES if closed.rcvd is not None and closed.rcvd.code == POLICY_VIOLATION else Answer.UNKNOWN
    except InvalidStatus as refused:
        return Answer.YES if refused.response.status_code in CLOSED else Answer.UNKNOWN
    except (OSError, ValueError, RecursionError, WebSocketException):
        return Answer.UNKNOWN
    return Answer.NO if said == {"type": "auth_success"} else Answer.UNKNOWN


def _answered(method: str, url: str, json: object = None) -> httpx.Response | None:
    """What a stranger is answered; None when there is no answer. A redirect is not followed."""
    try:
        with httpx.Client(verify=_certificates(), trust_env=False, timeout=TIMEOUT_S) as stranger:
            return stranger.request(method, url, json=json, headers={"Origin": STRANGER})
    except httpx.HTTPError:
        return None


def _json(answer: httpx.Response) -> object:
    """What it says; None when that is no JSON."""
    try:
        said: object = answer.json()
    except (ValueError, RecursionError):
        return None
    return said


def _certificates() -> ssl.SSLContext:
    """The certificate authorities that Prefect's own client trusts."""
    file = get_current_settings().api.ssl_cert_file
    return ssl.create_default_context(cafile=file) if file else httpx.create_ssl_context(trust_env=False)
