"""An application that says as JSON, on a page of its own, which account it trades in: no code, but a block.

Where the account and its status stand in the page are names with dots between them: ``trading.account.id`` is the
field ``id`` of the object ``account`` of the object ``trading``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import ConfigDict, Field, SecretStr

from blocks.answer import Answer, LiveEnabled
from blocks.errors import Unclear, VendorError
from blocks.runtimes.interface import RunningAccount, Runtime, RuntimeClient, unheard
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout
from blocks.wire.http import Http

VENDOR = "Application"
REALM = "{realm}"
DOTTED = r"^[^.]+(\.[^.]+)*$"
ADVICE = (
    "Look at the page by hand, then correct the application, or path and fields in its HTTP JSON block (Prefect UI, "
    "Blocks); then try again: it goes on where it stopped."
)


class HttpJsonClient(RuntimeClient):
    """A client for one running instance. Close it, or use it as a context manager."""

    def __init__(  # keyword-only facts of one page
        self,
        url: str,
        *,
        path: str,
        subject: str,
        status: str | None = None,
        well: str = "ACTIVE",
        token: SecretStr | None = None,
        read_timeout_s: float = READ_TIMEOUT_S,
        name: str = "",
    ) -> None:
        self._vendor = f"{VENDOR} {name}".strip()
        headers = {"Authorization": SecretStr(f"Bearer {token.get_secret_value()}")} if token else {}
        self._http = Http(self._vendor, url, headers=headers, read_timeout_s=read_timeout_s)
        self._path, self._status = path, status
        self.subject_field, self.well = subject, well

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def identity(self, realm: str) -> RunningAccount:
        """The account that the page names. One whose status it does not tell is taken for well.

        Raises Unclear for a missing or odd status, and VendorError.
        """
        operation = f"read {realm} account"
        reply = self._http.ask(operation, "GET", self._path.replace(REALM, quote(realm, safe="")))
        status = found(reply.body, self._status) if self._status else self.well
        if not isinstance(status, str):
            raise Unclear(
                vendor=self._vendor,
                operation=operation,
                fault=f"no {self._status} in the answer",
                status=reply.status,
                remedy=ADVICE,
                transient=False,
            )
        return RunningAccount(status, _named(found(reply.body, self.subject_field)))

    def trading_health(self, route: str, field: str) -> LiveEnabled:
        """Whether the process would place live orders. Never raises: all but a strict true or false is UNKNOWN."""
        try:
            reply = self._http.ask("read trading health", "GET", route)
        except VendorError as error:
            return unheard(error)
        enabled = found(reply.body, field)
        if not isinstance(enabled, bool):
            return LiveEnabled(Answer.UNKNOWN, f"{self._vendor}: the health page has no {field} that is true or false.")
        return LiveEnabled(Answer.YES if enabled else Answer.NO)


def found(body: Any, dotted: str) -> Any:
    """What stands there in a page; None where nothing does."""
    for name in dotted.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _named(value: Any) -> str | None:
    """An account, which some pages write as a number; None for what names none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


class HttpJson(Runtime):
    """One application with a page of its own; one block document each."""

    model_config = ConfigDict(hide_input_in_errors=True)

    addresses: ClassVar[Mapping[str, str]] = {"url": "http_json"}

    _block_type_name = "HTTP JSON"
    _block_type_slug = "http-json"
    # No logo and no page: it is an application of one's own.
    _description = "A running application that says as JSON which account it trades in. Used by rekey."

    url: str = Field(title="Address", description="Such as https://api.example.com; http on a loopback address only.")
    path: str = Field(
        title="Path",
        pattern=r"^/",
        description=f"Of the page that names the account. {REALM} in it becomes the credential's realm, such as live.",
    )
    subject: str = Field(
        title="Account",
        pattern=DOTTED,
        description="Where the page names the account, such as account_number or trading.account.id.",
    )
    status: str | None = Field(
        default=None,
        title="Status",
        pattern=DOTTED,
        description="Where the page says how the account is; empty where it does not say that.",
    )
    well: str = Field(
        default="ACTIVE", title="Well", min_length=1, description="The status of an account that is well."
    )
    token: SecretStr | None = Field(
        default=None, title="Bearer token", description="Only where the application asks for one."
    )
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    def get_client(self) -> HttpJsonClient:
        """A client for this instance."""
        return HttpJsonClient(
            self.url,
            path=self.path,
            subject=self.subject,
            status=self.status,
            well=self.well,
            token=self.token,
            read_timeout_s=self.read_timeout_s,
            name=self._block_document_name or "",
        )
