"""How Alpaca is asked: with a pair in two headers, and once more after a refusal.

A refused request did nothing, and Alpaca refuses a living pair now and then, for hours, with a proper 401
(alpacahq/Alpaca-API#118, read 2026-11-27). So one refusal proves nothing. Nothing else is repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from pydantic import SecretStr

from blocks.errors import Missing, Refused, Rejected, VendorError
from blocks.issuers.alpaca.models import VENDOR, Environment, is_business_code
from blocks.issuers.alpaca.pair import key_id_of
from blocks.issuers.pasted import can_be_sent
from blocks.secret import Minted
from blocks.wire.exchange import ANSWER_BYTES
from blocks.wire.http import Http
from blocks.wire.replies import Failure, Reply

KEY_ID_HEADER = "APCA-API-KEY-ID"
SECRET_HEADER = "APCA-API-SECRET-KEY"  # noqa: S105 - the header's name, not a secret
# How often in a row a pair is refused before that is believed, each further time on a connection of its own. Where one
# request in four with a living pair is refused, that is one false no in a thousand.
REFUSALS = 5


class AlpacaSession:
    """The connections to one host, for every pair."""

    def __init__(self, base_url: str, environment: Environment, *, read_timeout_s: float) -> None:
        """``base_url`` without /v2. Raises CatalogError when it is not https and not loopback."""
        self._environment = environment
        self._connect = partial(Http, VENDOR, base_url, read_timeout_s=read_timeout_s, code_of=_code_of)
        self._http = self._connect()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(
        self,
        operation: str,
        pair: Minted,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        largest: int = ANSWER_BYTES,
        refusals: int = REFUSALS,
    ) -> Reply:
        """Ask, and again after a refusal, until it was refused so often: an answer in between counts, and any error.

        Raises the errors of ``Http.ask``; Refused and Missing in Alpaca's terms.
        """
        headers = _headers(operation, pair)

        def asked(http: Http) -> Reply | Refused | Missing:
            try:
                return http.ask(operation, method, path, params=params, json=json, headers=headers, largest=largest)
            except (Refused, Missing) as error:
                return error

        answer = asked(self._http)
        for _ in range(refusals - 1):
            if not isinstance(answer, Refused) or (method == "POST" and is_business_code(answer.code, answer.status)):
                break
            # One connection may lead to one server that has not heard of a pair.
            with self._connect() as afresh:
                answer = asked(afresh)
        if isinstance(answer, Reply):
            return answer
        raise self._explained(pair, answer)

    def _explained(self, pair: Minted, problem: Refused | Missing) -> VendorError:
        if isinstance(problem, Missing):
            # Alpaca's own 404 of an order has a code; a gateway's, of an address that is none of Alpaca's, has none.
            remedy = (
                "Look at the account's orders in Alpaca's dashboard."
                if problem.code
                else f"Compare the {self._environment} address in the Alpaca block (Prefect UI, Blocks) with Alpaca's "
                "documentation."
            )
            return restated(problem, Missing, problem.fault, remedy)
        return restated(
            problem,
            Refused,
            f"the pair {pair.fingerprint} is not accepted for {self._environment} trading",
            "Compare its key ID with the one in Alpaca's dashboard. A pair that was regenerated since, one of another "
            "account and one of the other environment are all refused like this.",
        )


def _headers(operation: str, pair: Minted) -> dict[str, SecretStr | str]:
    # Not left to the HTTP library: it would put the value into its own exception.
    if not can_be_sent(pair):
        raise Rejected(
            vendor=VENDOR,
            operation=operation,
            fault="the pair is empty or holds a character that no Alpaca key has; nothing was sent",
            remedy="Copy key ID and secret again, with the dashboard's copy buttons.",
        )
    return {KEY_ID_HEADER: key_id_of(pair), SECRET_HEADER: pair.secret}


def _code_of(failure: Failure) -> str | None:
    code = failure.body.get("code") if isinstance(failure.body, dict) else None
    return str(code) if isinstance(code, int) and not isinstance(code, bool) else None


def restated(error: VendorError, kind: type[VendorError], fault: str, remedy: str) -> VendorError:
    """The error as another kind, in other words. Nothing that could hold a secret is kept."""
    return kind(
        vendor=error.vendor,
        operation=error.operation,
        fault=fault,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        remedy=remedy,
    )
