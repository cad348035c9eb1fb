"""Connections on which nothing lasts longer than the exchange that uses them.

HTTP clients bound each read alone, so that a vendor which sends a byte now and then is waited for without end. Here
every read, write and connection ends at the deadline of its exchange, in the headers, too. Only the look-up of a name
is left to the system's resolver and its own timeouts.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import httpcore
import httpx

_deadline: ContextVar[float] = ContextVar("end of the exchange")


@contextmanager
def until(moment: float) -> Iterator[None]:
    """End every read, write and connection of this thread in here at that moment of the monotonic clock."""
    outside = _deadline.set(moment)
    try:
        yield
    finally:
        _deadline.reset(outside)


def _left_s(timeout_s: float | None = None) -> float:
    left_s = _deadline.get() - time.monotonic()
    if left_s <= 0:
        raise httpcore.ReadTimeout
    return left_s if timeout_s is None else min(timeout_s, left_s)


class _Connection(httpcore.NetworkStream):
    """A connection on which nothing lasts longer than the exchange that uses it now."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next part of the answer."""
        return self._inner.read(max_bytes, _left_s(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Part by part: what httpcore writes at once is bounded from one part to the next only."""
        connected: socket.socket = self._inner.get_extra_info("socket")
        fault: type[Exception] | None = None
        try:
            while buffer:
                connected.settimeout(_left_s(timeout))
                buffer = buffer[connected.send(buffer) :]
        except TimeoutError:
            fault = httpcore.WriteTimeout
        except OSError:
            fault = httpcore.WriteError
        if fault is not None:
            raise fault

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Encrypt this connection within the time that is left, and return it with the same bounds."""
        return _Connection(self._inner.start_tls(ssl_context, server_hostname, _left_s(timeout)))

    def get_extra_info(self, info: str) -> Any:
        """What the pool asks about its connections."""
        return self._inner.get_extra_info(info)


class _Network(httpcore.SyncBackend):
    """Opens such connections."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Try the addresses of the host one after another; a host may have dozens, of which none answers."""
        failed: Exception = httpcore.ConnectError()
        for address in _addresses(host, port):
            try:
                return _Connection(super().connect_tcp(address, port, _left_s(timeout), local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        found = []
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class BoundedTransport(httpx.HTTPTransport):
    """httpx's own transport, on such connections; httpx has no other way to name a network."""

    def __init__(self, certificates: str = "") -> None:
        """``certificates`` (PEM) are believed alone; without any those that everybody believes."""
        tls = tls_with(certificates)
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=tls, network_backend=_Network())


@cache
def tls_with(certificates: str) -> ssl.SSLContext:
    """One context for all clients: reading the certificates takes 30 ms, and a step makes several clients.

    Raises ValueError for what are no certificates.
    """
    if not certificates:
        return httpx.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cadata=certificates)
    except ssl.SSLError:
        raise ValueError("no certificates in PEM") from None
