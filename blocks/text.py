"""How text of a person or a vendor is shown: one function a medium, so that it is read and never obeyed.

A name or a vendor's word may hold what a terminal executes, what Slack makes a mention of, or what Prefect's pages make
a link of. ``visible`` shows what cannot be printed; ``terminal``, ``markdown`` and ``slack`` do that, too, and take
away what their medium would obey. What is kept elsewhere (ledger, logs) is what was said, as it was said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

CUT = " …"
# In the middle of a text whose end stays.
CUT_HERE = " … [shortened here] … "
# Begins what is said to whoever fills in Prefect's own form, up to the end of its line.
IN_PREFECT = "In Prefect's form:"
_IN_PREFECT = re.compile(rf"[ ]?(?:\*\*)?{IN_PREFECT}.*")
# Printable as Python counts them, and yet nothing is seen: fillers and a blank braille cell.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# An underscore inside a word makes nothing slanted anywhere, and variables are full of them.
_EDGE = r"(?<![^\W_])_|_(?![^\W_])"
_ADDRESS = r"(?<=[A-Za-z])://|(?i:\bwww)\."
_SLACK = re.compile(rf"(?m:^\s*)(?P<quote>>)|[&<>`*~]|{_EDGE}|{_ADDRESS}|:(?=[\w+-]*[a-z][\w+-]*:)")
# Slack has no escapes for what makes text bold or a picture: something that looks alike stands for it.
_LIKE = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "'", "*": "∗", "~": "∼", "_": "＿", ":": "∶"}  # noqa: RUF001  # see above
_MARKDOWN = re.compile(rf"[\\`*\[\]<>{{}}|~&]|{_EDGE}|{_ADDRESS}|(?m:^\s*[#+=-])")
_NEVER = re.compile(r"(?!)")


def is_seen(character: str) -> bool:
    """Whether somebody who looks at it sees a character: no control, no mark of direction, nothing of no width."""
    return character.isprintable() and character not in _UNSEEN and not _is_selector(character)


def visible(text: str, *, lines: bool = False) -> str:
    r"""Show what cannot be seen by its number, as Python writes it (``\x1b``, ``\u202e``).

    ``lines`` leaves line breaks as they are, for sentences of rekey's own that have some.
    """
    return "".join(_visible(one, lines=lines) for one in text)


def terminal(text: str, *, lines: bool = False, most: int | None = None) -> str:
    """For a terminal: nothing moves the cursor, changes a colour or the direction, or begins another line."""
    return _cut(visible(text, lines=lines), _NEVER, re.Match.group, most)


def markdown(text: str, *, lines: bool = False, most: int | None = None, ours: str | tuple[str, ...] = ()) -> str:
    """For Prefect's pages and whatever else reads Markdown or a template: the text itself, and no link or picture.

    Also inside of a table. An address is written ``https[:]//``, because those pages make links of plain ones, too;
    only pages below the addresses ``ours`` stay links.
    """
    return _cut(visible(text, lines=lines), _with(ours, _MARKDOWN), lambda one: _in_markdown(one.group(), ours), most)


def slack(
    text: str, *, lines: bool = False, most: int | None = None, last: int = 0, ours: str | tuple[str, ...] = ()
) -> str:
    """For Slack's mrkdwn: nobody is called, nothing is bold, and no link but pages below ``ours``.

    Of too long a text the ``last`` characters stay, and what is before them is cut.
    """
    return _cut(visible(text, lines=lines), _with(ours, _SLACK), lambda one: _in_slack(one, ours), most, last)


def elsewhere(text: str) -> str:
    """The text of a form for whoever fills it in elsewhere than in Prefect."""
    return _IN_PREFECT.sub("", text)


def _visible(character: str, *, lines: bool) -> str:
    if is_seen(character) or (lines and character == "\n"):
        return character
    if unicodedata.category(character) == "Zs":
        return " "
    return character.encode("unicode_escape").decode()


def _is_selector(character: str) -> bool:
    """Whether it only chooses among the looks of the character before: any text can be hidden in many of those."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _with(ours: str | tuple[str, ...], pattern: re.Pattern[str]) -> re.Pattern[str]:
    pages = [rf"{re.escape(one)}/[\w/-]*" for one in _prefixes(ours)]
    return re.compile("|".join([*pages, pattern.pattern])) if pages else pattern


def _prefixes(ours: str | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one.rstrip("/") for one in ((ours,) if isinstance(ours, str) else ours) if one)


def _in_slack(one: re.Match[str], ours: str | tuple[str, ...]) -> str:
    found = one.group()
    if _is_ours(found, ours):
        return f"<{found}>"
    if _is_address(found):
        return _disarmed(found)
    if one["quote"]:
        # At the beginning of a line it quotes, also when it is written as an entity.
        return f"{found[:-1]}＞"  # noqa: RUF001  # it looks alike
    return _LIKE[found]


def _in_markdown(found: str, ours: str | tuple[str, ...]) -> str:
    if _is_ours(found, ours):
        return found
    if _is_address(found):
        return _disarmed(found).replace("[", "\\[").replace("]", "\\]")
    return f"{found[:-1]}\\{found[-1]}"


def _is_address(found: str) -> bool:
    return found == "://" or found.lower() == "www."


def _is_ours(found: str, ours: str | tuple[str, ...]) -> bool:
    return found.startswith(_prefixes(ours))


def _disarmed(found: str) -> str:
    return "[:]//" if found == "://" else f"{found[:-1]}[.]"


def _cut(
    text: str, obeyed: re.Pattern[str], instead: Callable[[re.Match[str]], str], most: int | None, last: int = 0
) -> str:
    """Each piece that would be obeyed is replaced; too long a text is cut between two pieces, never within one."""
    pieces: list[str] = []
    end = 0
    for found in obeyed.finditer(text):
        pieces += [*text[end : found.start()], instead(found)]
        end = found.end()
    pieces += text[end:]
    if most is None or sum(map(len, pieces)) <= most:
        return "".join(pieces)
    cut = CUT_HERE if last else CUT
    begins, ends = _first(pieces, most - len(cut) - last), _first(reversed(pieces), last)
    return "".join([*begins, cut, *reversed(ends)])


def _first(pieces: Iterable[str], most: int) -> list[str]:
    """As many of them as are not longer than that together."""
    kept: list[str] = []
    for piece in pieces:
        most -= len(piece)
        if most < 0:
            break
        kept.append(piece)
    return kept
