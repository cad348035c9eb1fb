"""The simulated Alpaca's stream of what becomes of orders: ``trade_updates``, over a websocket at ``/stream``.

From Alpaca's page on websocket streaming (read 2026-11-29); the messages of a pair that is refused, or missing, are
from captures (alpaca-ts#24, #23). The paper host sends binary frames, as that page says; that the live host sends text
is inferred from its naming the paper host alone. Not known, and decided here: the connection stays open when a pair is
refused, and when the pair dies that it was opened with. MessagePack, and the other messages of rare events, are left
out.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.json_body import parsed

TRADE_UPDATES = "trade_updates"
_PAUSE_S = 0.02
AccountOf = Callable[[str, str], SandboxAccount | None]


class Stream:
    """One connection: who it is for, and how far its account's updates were told."""

    def __init__(self, socket: WebSocket, account_of: AccountOf, *, binary: bool) -> None:
        self._socket = socket
        self._account_of = account_of
        self._binary = binary
        self._account: SandboxAccount | None = None
        self._told: int | None = None

    async def run(self) -> None:
        """Answer what is asked and tell what happens, until the client goes."""
        await self._socket.accept()
        telling = asyncio.create_task(self._tell())
        try:
            while True:
                await self._answer(await self._asked())
        except WebSocketDisconnect:
            return
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    async def _asked(self) -> dict[str, Any]:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        try:
            asked = parsed(message.get("bytes") or message.get("text") or "")
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            # Documented: an error comes before the connection is closed. With which words is not.
            await self._send({"action": "error", "data": {"error_message": "invalid syntax"}})
            await self._socket.close()
            raise WebSocketDisconnect
        return asked

    async def _answer(self, asked: dict[str, Any]) -> None:
        data = asked.get("data") if isinstance(asked.get("data"), dict) else {}
        if asked.get("action") in {"authenticate", "auth"}:
            await self._authorize(asked, data or {})
        elif asked.get("action") == "listen" and self._account is None:
            await self._authorization("listen", "unauthorized")
        elif asked.get("action") == "listen":
            await self._listen((data or {}).get("streams"))

    async def _authorize(self, asked: dict[str, Any], data: dict[str, Any]) -> None:
        """Both forms are documented, one after another: the newer one has no ``data``."""
        pair = (data.get("key_id"), data.get("secret_key")) if data else (asked.get("key"), asked.get("secret"))
        key_id, secret = (one if isinstance(one, str) else "" for one in pair)
        if not key_id or not secret:
            missing = "must provide key_id and secret_key or oauth_token"
            await self._authorization("authenticate", "unauthorized", message=missing)
            return
        account = self._account_of(key_id, secret)
        if account is None:
            await self._authorization("authenticate", "unauthorized", message="access key verification failed")
            return
        self._account = account
        await self._authorization("authenticate", "authorized")

    async def _authorization(self, action: str, status: str, **more: str) -> None:
        await self._send({"stream": "authorization", "data": {"action": action, **more, "status": status}})

    async def _listen(self, wanted: Any) -> None:
        """The list is the whole of what is listened to from now on."""
        streams = [TRADE_UPDATES] if isinstance(wanted, list) and TRADE_UPDATES in wanted else []
        if not streams or self._account is None:
            self._told = None
        elif self._told is None:
            self._told = len(self._account.updates)
        await self._send({"stream": "listening", "data": {"streams": streams}})

    async def _tell(self) -> None:
        while True:
            if self._account is not None:
                # Cancellations that are due and orders that fill happen while nobody asks, too.
                self._account.settle()
            while self._account is not None and self._told is not None and self._told < len(self._account.updates):
                update = self._account.updates[self._told]
                self._told += 1
                await self._send({"stream": TRADE_UPDATES, "data": update})
            await asyncio.sleep(_PAUSE_S)

    async def _send(self, message: dict[str, Any]) -> None:
        text = json.dumps(message)
        await (self._socket.send_bytes(text.encode()) if self._binary else self._socket.send_text(text))
