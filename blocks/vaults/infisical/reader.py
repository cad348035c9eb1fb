"""The vault read back the way a consumer reads it: with Infisical's official SDK, in a separate process.

The SDK answers from environment variables on any error, has no timeout and holds the interpreter's lock while it waits
(infisical-python 2.3.5, seen 2026-11-21). Hence a process of its own: isolated, with an empty environment, ended at a
deadline. Its secrets go through pipes, never through arguments or variables. It follows redirects, and nothing tells it
not to (docs/threat-model.md).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

from prefect.types import SecretDict
from pydantic import SecretStr

from blocks.errors import StepError, Transient
from blocks.vaults.infisical.consumer import FALLBACK, NO_SDK
from blocks.vaults.infisical.session import VENDOR
from blocks.vaults.terms import Location
from blocks.wire import witnesses
from blocks.wire.exchange import USER_AGENT
from blocks.wire.http import checked_base_url

DEADLINE_S = 15.0
_PROGRAM = Path(__file__).with_name("consumer.py")
# The only way to name a private certificate authority to the SDK (its own option had no effect, seen 2026-11-21).
_PASSED_ON = "SSL_CERT_FILE"

_REMEDY = "Read the secret by hand as a consumer does (SDK or CLI), then retry this step."


class Reached(Protocol):
    """What of the vault's block the SDK needs, and what it cannot send."""

    url: str
    project_id: str
    client_id: str
    client_secret: SecretStr
    extra_headers: SecretDict
    user_agent: str


def consumer_can_read(block: Reached) -> bool:
    """Whether the SDK can reach this vault at all: it sends neither extra headers nor a user agent of our choice."""
    return not block.extra_headers.get_secret_value() and block.user_agent == USER_AGENT


def read_as_consumer(
    block: Reached, location: Location, names: Iterable[str], deadline_s: float = DEADLINE_S
) -> dict[str, SecretStr]:
    """The values of those secrets as a consumer's SDK reads them, by name. Raises what ConsumerReader raises."""
    with ConsumerReader(block) as reader:
        return reader.read(location, names, deadline_s)


class ConsumerReader:
    """A process for one reading. It starts here and loads the SDK, and asks the vault nothing before ``read``.

    So what else has to be done goes on meanwhile. A context manager: it ends the process.
    """

    def __init__(self, block: Reached) -> None:
        """Raises StepError for a vault that the SDK cannot reach (see ``consumer_can_read``)."""
        if not consumer_can_read(block):
            raise StepError(
                f"{VENDOR}: reading as a consumer is not possible behind an access proxy, because the SDK cannot send "
                "extra headers or a user agent.",
                "Nothing to do: rekey's own read-back stands. Skip this proof and record that it was not possible.",
            )
        self._block = block
        self._url = checked_base_url(VENDOR, block.url)
        environment = {name: os.environ[name] for name in (_PASSED_ON,) if name in os.environ}
        # -I: no variable, no user site and no current directory may bring other code in.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own file, nothing from outside
            [sys.executable, "-I", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def read(self, location: Location, names: Iterable[str], deadline_s: float = DEADLINE_S) -> dict[str, SecretStr]:
        """The values of those secrets as a consumer's SDK reads them now, by name. Only once.

        Raises Transient when it could not read all of them in time, and StepError when the SDK is not installed.
        """
        wanted = sorted(set(names))
        status, answer = self._asked(self._settings(location, wanted, deadline_s), deadline_s)
        if status == NO_SDK:
            raise StepError(f"{VENDOR}: the SDK is not installed.", "Install rekey from its lock file, then try again.")
        if status != 0:
            raise Transient(f"{VENDOR}: a consumer's SDK could not read {location}: {_reason(status)}.", _REMEDY)
        values = _values(answer)
        if values.keys() != set(wanted):
            raise Transient(f"{VENDOR}: a consumer's SDK gave an answer that cannot be read.", _REMEDY)
        witnesses.note(urlsplit(self._url).netloc)
        return values

    def _settings(self, location: Location, names: list[str], deadline_s: float) -> bytes:
        return json.dumps(
            {
                "siteUrl": self._url,
                "clientId": self._block.client_id,
                "clientSecret": self._block.client_secret.get_secret_value(),
                "projectId": self._block.project_id,
                "environment": location.environment,
                "path": location.path,
                "names": names,
                # For the case that this process dies; while it lives it ends the reader itself.
                "deadlineS": deadline_s + 10,
            }
        ).encode()

    def _asked(self, settings: bytes, deadline_s: float) -> tuple[int | None, bytes]:
        """Exit status and standard output of the reader; None when it was ended at the deadline."""
        try:
            answer, _ = self._process.communicate(settings, timeout=deadline_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            return None, b""
        return self._process.returncode, answer


def _reason(status: int | None) -> str:
    if status is None:
        return "no answer in time"
    if status == FALLBACK:
        return "it did not answer from the vault"
    return f"it failed with status {status}"


def _values(answer: bytes) -> dict[str, SecretStr]:
    body: Any = None
    try:
        body = json.loads(answer)
    except ValueError:
        # Not chained: a JSON error holds the whole document.
        return {}
    if not isinstance(body, dict) or not all(isinstance(value, str) for value in body.values()):
        return {}
    return {name: SecretStr(value) for name, value in body.items()}
