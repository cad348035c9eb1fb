"""Reads secrets once with Infisical's Python SDK. A program of its own, run by path; it imports nothing of rekey.

The settings come as one JSON object on standard input (siteUrl, clientId, clientSecret, projectId, environment, path,
names, deadlineS), the values go as one JSON object to standard output. Exit status 0, or FALLBACK, NO_SDK, or another
one when the SDK failed; its texts are dropped, because they may hold what a server echoed.
"""

import json
import os
import resource
import signal
import sys
from typing import Any

FALLBACK = 3
NO_SDK = 4
# The SDK takes an answer of any size. It needs 110 MiB, and two for each core of the machine.
MOST_BYTES = 512 * 1024 * 1024


def main() -> None:
    """Read, answer, exit."""
    _set_bounds()
    answer = _only_for_the_answer()
    # Before the settings are there: the parent starts this program early, and gives them when it is to read.
    try:
        import infisical_client as sdk  # noqa: PLC0415 - its absence is an answer of its own
    except ImportError:
        sys.exit(NO_SDK)
    settings = json.load(sys.stdin)
    # The SDK has no timeout and holds the interpreter's lock, so only the kernel can end it when the parent is gone.
    signal.setitimer(signal.ITIMER_REAL, settings["deadlineS"])
    client = _client(sdk, settings)
    values = {name: _read(sdk, client, settings, name) for name in settings["names"]}
    with os.fdopen(answer, "w") as pipe:
        json.dump(values, pipe)


def _set_bounds() -> None:
    """Little memory; and no core dump, which would hold the secrets, where the SDK aborts for want of more."""
    for what, most in ((resource.RLIMIT_DATA, MOST_BYTES), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _only_for_the_answer() -> int:
    """Standard output's pipe, kept apart: whatever the SDK prints goes where its errors go."""
    answer = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answer


def _read(sdk: Any, client: Any, settings: dict[str, Any], name: str) -> str:
    secret = client.getSecret(
        sdk.GetSecretOptions(
            environment=settings["environment"],
            project_id=settings["projectId"],
            secret_name=name,
            path=settings["path"],
            type="shared",
            expand_secret_references=False,
            include_imports=False,
        )
    )
    # On any error the SDK answers from the environment when it finds the name there (seen with 2.3.5, 2026-11-21).
    if secret.is_fallback or secret.version < 1 or secret.secret_key != name:
        sys.exit(FALLBACK)
    return str(secret.secret_value)


def _client(sdk: Any, settings: dict[str, Any]) -> Any:
    login = sdk.UniversalAuthMethod(client_id=settings["clientId"], client_secret=settings["clientSecret"])
    return sdk.InfisicalClient(
        sdk.ClientSettings(
            auth=sdk.AuthenticationOptions(universal_auth=login), site_url=settings["siteUrl"], cache_ttl=0
        )
    )


if __name__ == "__main__":
    main()
