"""A certificate that was renewed is served without a restart; one that will not do is told, and not served.

Connections that are open keep what they began with.
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from blocks.errors import CatalogError
from blocks.ledger.trading import clock
from deployments.console import certificate
from deployments.terminal.tables import print_text

# Certificates are renewed days before they end.
LOOK_S = 30.0


class Renewal:
    """The certificate of one console that serves with this context."""

    def __init__(self, files: tuple[Path, Path], host: str, context: ssl.SSLContext) -> None:
        """``files`` are the certificate and its key, as they are served now."""
        self._files = files
        self._host = host
        self._context = context
        self._seen = _held(files)

    def keep_looking(self, over: Event) -> None:
        """Until it is over."""
        while not over.wait(LOOK_S):
            for told in self.look(datetime.now(UTC)):
                print_text(told)

    def look(self, now: datetime) -> Iterator[str]:
        """Serve what is there now; a sentence when that is another one, or will not do."""
        found = _held(self._files)
        if found == self._seen:
            return
        self._seen = found
        try:
            until = certificate.good_until(*self._files, self._host, now)
            self._context.load_cert_chain(*self._files)
        except CatalogError as problem:
            # The other file of a new pair may be on its way: then this changes once more.
            yield f"The console goes on with the certificate that it had. {problem}"
        except (OSError, ssl.SSLError) as error:
            # Changed between both looks, and may be loaded by half: tried again with the next look.
            self._seen = ()
            yield f"The console's new certificate could not be loaded ({type(error).__name__}); it is tried again."
        else:
            yield f"The console's certificate is another one now, good until {clock(until)}."


def _held(files: tuple[Path, ...]) -> tuple[bytes, ...]:
    """A hash of what each file holds: two that are written within one tick of the clock differ, too."""
    return tuple(hashlib.sha256(_bytes_of(one)).digest() for one in files)


def _bytes_of(file: Path) -> bytes:
    """Nothing, for a file that is not there."""
    try:
        return file.read_bytes()
    except OSError:
        return b""
