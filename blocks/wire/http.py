"""The one way in which rekey talks HTTP: bounded exchanges, no redirects, https unless loopback, errors rebuilt.

The proxies and certificates of the environment are ignored, so that no variable of a worker can lead a secret to
another host.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import SecretStr

from blocks.errors import CatalogError
from blocks.model.hosts import origin_of, shown
from blocks.wire import permission
from blocks.wire.client import Client
from blocks.wire.exchange import ANSWER_BYTES, READ_TIMEOUT_S, Exchanges
from blocks.wire.replies import NO_CAUSES, Cause, Failure, Reply, reply_of


def checked_base_url(vendor: str, url: str) -> str:
    """The base URL without trailing slash. Raises CatalogError for an address that is not plain, or not https."""
    problem = ""
    try:
        origin_of(url)
    except ValueError as error:
        problem = str(error)
    if problem:
        raise CatalogError(
            f"{vendor}: its address {shown(url)} {problem}.", "Give a base URL such as https://api.example.com."
        )
    return url.rstrip("/")


class Http(Client):
    """A client for one vendor host. Close it, or use it as a context manager."""

    def __init__(
        self,
        vendor: str,
        base_url: str,
        *,
        headers: Mapping[str, SecretStr | str] | None = None,
        read_timeout_s: float = READ_TIMEOUT_S,
        code_of: Callable[[Failure], str | None] | None = None,
        request_id_of: Callable[[Failure], str | None] | None = None,
        causes: Mapping[str, Cause] = NO_CAUSES,
        doubts_refusals: bool = False,
        certificates: str = "",
    ) -> None:
        """``headers`` go with every request; ``code_of`` reads the vendor's own error code from a refused request.

        ``causes`` says what such a code means, where it says more than the status; ``doubts_refusals`` and
        ``certificates`` are as in ``Exchanges``.

        ``request_id_of`` reads the request id of a vendor that names it in the body and in no header.
        """
        self.vendor = vendor
        self._code_of = code_of
        self._request_id_of = request_id_of
        self._causes = causes
        self._exchanges = Exchanges(
            vendor,
            base_url=checked_base_url(vendor, base_url),
            headers={"Accept": "application/json", **_revealed(vendor, headers or {})},
            read_timeout_s=read_timeout_s,
            doubts_refusals=doubts_refusals,
            certificates=certificates,
        )

    def close(self) -> None:
        """Close the connections."""
        self._exchanges.close()

    def ask(  # noqa: PLR0913  # keyword-only facts of one request
        self,
        operation: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, SecretStr | str] | None = None,
        accept: tuple[int, ...] = (),
        remedy: str | None = None,
        if_refused: str | None = None,
        writes: bool = False,
        largest: int = ANSWER_BYTES,
    ) -> Reply:
        """One request, one clear answer, or a VendorError.

        ``operation`` is how the request is called in messages ("read account"); ``accept`` lists further status codes
        whose JSON body is an answer and not an error; ``remedy`` replaces the error's standard advice, and
        ``if_refused`` only that of a vendor's own refusal: what is to be done about a key helps against no outage. What
        ``writes`` is sent only with permission, asked right before, because a process may stand still anywhere.
        ``largest`` is the size of an answer in bytes (``LIST_BYTES`` for a list).
        Raises what ``permission.demand`` raises, Unreachable, RateLimited, Unclear, Refused, Missing, Rejected.
        """
        if writes:
            permission.demand()
        answered = self._exchanges.exchange(
            operation,
            method,
            path,
            params=params,
            json=json,
            headers=_revealed(self.vendor, headers) if headers else None,
            largest=largest,
            remedy=remedy,
        )
        return reply_of(
            self.vendor,
            operation,
            answered,
            accept=accept,
            remedy=remedy,
            if_refused=if_refused,
            code_of=self._code_of,
            request_id_of=self._request_id_of,
            causes=self._causes,
        )


def wire_text(vendor: str, value: SecretStr | str) -> str:
    """The value as a header may carry it.

    Raises CatalogError for a character that no token has (a line end, a typographic quote): the transports' own errors
    quote the whole header.
    """
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if text.isascii() and text.isprintable():
        return text
    raise CatalogError(
        f"{vendor}: a token or header value holds a character that cannot be sent.",
        "Enter it again where it is kept (mostly a block: Prefect UI, Blocks), without line ends.",
    )


def _revealed(vendor: str, headers: Mapping[str, SecretStr | str]) -> dict[str, str]:
    if any(name.strip().lower() == "host" for name in headers):
        raise CatalogError(
            f"{vendor}: a header named Host would lead the request to another host.",
            "Take it out of 'Extra headers' of the block (Prefect UI, Blocks).",
        )
    return {name: wire_text(vendor, value) for name, value in headers.items()}
