"""What keys of an issuer look like, as people write it: ``sk_live_{base62:24}``, ``{hex:32}-{hex:32}``, ``{uuid}``.

What is not in braces stands as it is. In braces is an alphabet and how many of its characters there are, also as
``{base62:24..99}``. From one text come a pattern that recognizes a key, and keys that nobody was ever issued.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass

_ALPHABETS = {
    "digits": (string.digits, "[0-9]"),
    "hex": ("0123456789abcdef", "[0-9a-f]"),
    "upper": (string.ascii_uppercase + string.digits, "[A-Z0-9]"),
    "base62": (string.ascii_letters + string.digits, "[A-Za-z0-9]"),
    "base64url": (string.ascii_letters + string.digits + "-_", "[A-Za-z0-9_-]"),
}
_UUID = "{hex:8}-{hex:4}-{hex:4}-{hex:4}-{hex:12}"
_PART = re.compile(rf"{{({'|'.join(_ALPHABETS)}):([1-9][0-9]{{0,2}})(?:\.\.([1-9][0-9]{{0,2}}))?}}")
_PLAIN = re.compile(r"[A-Za-z0-9._:/+=-]*")
# Fewer random characters than this might be guessed.
_LEAST = 16


@dataclass(frozen=True, slots=True)
class Look:
    """One value's look, as it is written. Raises ValueError for a text that is none."""

    written: str

    def __post_init__(self) -> None:
        rest = _PART.sub("", self._whole)
        if not _PLAIN.fullmatch(rest):
            known = ", ".join(f"{{{one}:24}}" for one in _ALPHABETS)
            raise ValueError(
                f"{self.written} is no look of a key: write what always stands there, and {known} or {{uuid}}"
            )
        if sum(part[1] for _, part in self._pieces() if part) < _LEAST:
            raise ValueError(
                f"{self.written} has fewer than {_LEAST} characters that can be others: no key is so short"
            )

    @property
    def pattern(self) -> str:
        """A regular expression for the whole value, which Python and JavaScript read alike."""
        return "".join(re.escape(literal) + self._repeated(found) for literal, found in self._pieces())

    def made_up(self) -> str:
        """A value in this look that nobody was issued."""
        return "".join(literal + self._random(found) for literal, found in self._pieces())

    @property
    def _whole(self) -> str:
        return self.written.replace("{uuid}", _UUID)

    def _pieces(self) -> Iterator[tuple[str, tuple[str, int, int] | None]]:
        end = 0
        for found in _PART.finditer(self._whole):
            yield self._whole[end : found.start()], (found[1], int(found[2]), int(found[3] or found[2]))
            end = found.end()
        yield self._whole[end:], None

    @staticmethod
    def _repeated(part: tuple[str, int, int] | None) -> str:
        if part is None:
            return ""
        alphabet, least, most = part
        return (
            f"{_ALPHABETS[alphabet][1]}{{{least},{most}}}" if most > least else f"{_ALPHABETS[alphabet][1]}{{{least}}}"
        )

    @staticmethod
    def _random(part: tuple[str, int, int] | None) -> str:
        return "".join(secrets.choice(_ALPHABETS[part[0]][0]) for _ in range(part[1])) if part else ""
