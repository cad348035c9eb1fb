"""The look of a key (blocks/look.py) that a rule's regular expression describes, where it is as simple as looks are."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from blocks.look import Look

# By which name a look calls what a class of characters allows, the smallest first.
_ALPHABETS = {
    "digits": set(string.digits),
    "hex": set("0123456789abcdef"),
    "upper": set(string.ascii_uppercase + string.digits),
    "base62": set(string.ascii_letters + string.digits),
    "base64url": set(string.ascii_letters + string.digits + "-_"),
}
_CLASSES = {"d": string.digits, "w": string.ascii_letters + string.digits + "_"}
_TOKEN = re.compile(
    r"(?P<class>\[(?:\\.|[^\]\\])+\]|\\[dw])(?:\{(?P<least>\d+)(?:,(?P<most>\d+))?\})?(?![*+?])"
    r"|(?P<literal>[A-Za-z0-9_:/=-]|\\[-._:/=+])(?![*+?{])"
)
_NO_GROUP = re.compile(r"\(\?(?:[:=!]|<[=!])")
_UUID = "{hex:8}-{hex:4}-{hex:4}-{hex:4}-{hex:12}"


def look_of(pattern: str) -> str | None:
    """The look; None for an expression that says more, or less, than a look can."""
    ignores_case = "(?i)" in pattern
    for part in _candidates(pattern.replace("(?i)", "").replace(r"\b", "")):
        pieces = list(_pieces(part, ignores_case=ignores_case))
        if None in pieces:
            continue
        written = "".join(one for one in pieces if one is not None).replace(_UUID, "{uuid}")
        try:
            return Look(written).written
        except ValueError:
            continue
    return None


def _candidates(pattern: str) -> Iterator[str]:
    """The whole of it, and what each group within it captures."""
    yield pattern
    for found in re.finditer(r"\((?:\?P<\w+>)?", pattern):
        if not _NO_GROUP.match(pattern, found.start()):
            yield _inner(pattern, found.end())


def _inner(pattern: str, begin: int) -> str:
    """From there to the bracket that closes the group."""
    depth, at = 1, begin
    while at < len(pattern) and depth:
        if pattern[at] == "\\":
            at += 1
        elif pattern[at] == "[":
            at = pattern.find("]", at + 1)
        else:
            depth += {"(": 1, ")": -1}.get(pattern[at], 0)
        at += 1
    return pattern[begin : at - 1]


def _pieces(part: str, *, ignores_case: bool) -> Iterator[str | None]:
    """What stands there, piece by piece; None where it is not as simple."""
    at = 0
    while at < len(part):
        found = _TOKEN.match(part, at)
        if found is None:
            yield None
            return
        at = found.end()
        if found["literal"]:
            yield found["literal"][-1]
        else:
            yield _repeated(found, ignores_case=ignores_case)


def _repeated(found: re.Match[str], *, ignores_case: bool) -> str | None:
    allowed = set(_characters(found["class"]))
    if ignores_case:
        # Vendors write hexadecimal digits small; of all other letters nobody knows.
        small = {one.lower() for one in allowed}
        allowed = small if small <= _ALPHABETS["hex"] else small | {one.upper() for one in small}
    fits = next((name for name, known in _ALPHABETS.items() if allowed <= known), None)
    if fits is None:
        return None
    least = found["least"] or "1"
    most = found["most"]
    return f"{{{fits}:{least}}}" if most in {None, least} else f"{{{fits}:{least}..{most}}}"


def _characters(written: str) -> Iterator[str]:
    if written.startswith("\\"):
        yield from _CLASSES[written[1]]
        return
    inner = written[1:-1]
    if inner.startswith("^"):
        yield "\0"
        return
    for one in re.finditer(r"(\\?.)-(\\?.)|\\([dw])|(\\?.)", inner):
        if one[3]:
            yield from _CLASSES[one[3]]
        elif one[4]:
            yield one[4][-1]
        else:
            yield from map(chr, range(ord(one[1][-1]), ord(one[2][-1]) + 1))
