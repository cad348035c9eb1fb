"""What a person writes freely: a reason, a name. It stays in the ledger for ever, and is shown everywhere.

So what looks like a secret is refused before anything of it is kept or sent, and never repeated. What people write
beside that has to pass: numbers of tickets, addresses of pages, hashes of commits and of rekey's rows, UUIDs, and the
names that vendors give to keys. A secret that looks like one of those, as a UUID does, cannot be told from it.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from blocks.errors import StepError
from blocks.text import is_seen

LONGEST = 200
REFUSED = (
    "This text holds what looks like a secret{what}. Nothing of it was kept: what is written here stays in the ledger "
    "for ever, and others read it. Say it without the value; what leaked is named by its credential. Who saw the value "
    "counts, too: if it was pasted where others read, rotate it."
)
# What secrets begin with, or stand behind, whoever issued them; documented by their vendors, or seen.
_KNOWN = {
    "a private key": r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY",
    "a key of Anthropic": r"\bsk-ant-[\w-]{16,}",
    "a key of Stripe": r"\b(?:[sr]k_(?:live|test)_|whsec_)[A-Za-z0-9+/=]{10,}",
    "a token of GitHub": r"\b(?:gh[opusr]_|github_pat_)\w{16,}",
    "a token of GitLab": r"\bgl[a-z]{2,5}-[\w-]{16,}",
    "a token of Slack": r"\bxox[a-z](?:\.xox[a-z])?-[\w-]{8,}|\bxapp-[\w-]{8,}",
    "a webhook of Slack": r"hooks\.slack\.com/(?:services|workflows|triggers)/\w+",
    "a token of Heroku": r"\bHRKU-[\w-]{16,}",
    "a key of Render": r"\brnd_[A-Za-z0-9]{16,}",
    "a token of Infisical": r"\bst\.[A-Za-z0-9-]+\.[A-Za-z0-9]+",
    "a token of Vault": r"\bhv[sbr]\.[\w-]{16,}",
    "a key of Alpaca": (
        # In a shorter one without any digit somebody shouts; random ones of Alpaca's length may have none.
        r"\b(?!A[KS]IA[A-Z2-7]{16}\b)[PAC]K(?:(?=[A-Z]*[0-9])[A-Z0-9]{14,38}|[A-Z]{18,38})\b"
    ),
    "a signed token": r"\beyJ[\w-]{16,}",
    "a signature of rekey's console": r"\brekey-(?:act-1|itself)\.\S{8,}",
    "a secret of one-time codes": r"\botpauth(?:-migration)?://\S+|\b[A-Z2-7]{32}\b",
    "a login in an address": r"\b[a-z][a-z0-9+.-]*://[^\s/?#@:]*:[^\s/?#@]+@",
    "a value behind its name": r"(?i:\b\w*(?:secret|token|passw(?:or)?d|api_?key)\w*=[\"']?[^\s\"',;]{8,})",
}
_UUID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
# Of an address what names the page; what stands behind it (? or #) is read like everything else.
_PAGE = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s?#]*")
# 40 hex digits name a commit; longer ones, and those of another kind, whatever stands before says so.
_HASH = re.compile(
    r"\b[0-9a-f]{40}\b|(?i:\b(?:sha-?\d+|md5|digest|hash(?:es)?|row(?: \d+)?|head|plan|commit|fingerprint)\b"
    r"[\s:=,`'\"(]{1,4}(?:is )?[A-Za-z0-9+/]{16,128}={0,2})"
)
# What vendors call a key that they have, which is no secret: AWS, Anthropic, Render, Stripe.
_NAME_OF_A_KEY = re.compile(
    r"\bA[KS]IA[A-Z2-7]{16}\b|\b(?:apikey|srv|evg|dep|acct|req|evt|workspace|wrkspc|user|org|project|proj)[_-][A-Za-z0-9]+"
)
_RUN = re.compile(r"[A-Za-z0-9_+/=-]+")
_PART = re.compile(r"[A-Za-z0-9]+")
# Random characters change between digits and letters, large and small ones, all the time; words and numbers seldom do.
LEAST, LEAST_IN_PARTS, CHANGES = 20, 24, 0.2


def secret_in(text: str) -> str | None:
    """Why this text must not be kept, and what to do instead; None for one that holds nothing like a secret."""
    plain = "".join(one for one in unicodedata.normalize("NFKC", text) if is_seen(one) or one.isspace())
    for what, pattern in _KNOWN.items():
        if re.search(pattern, plain):
            return REFUSED.format(what=f" ({what})")
    for known in (_UUID, _HASH, _NAME_OF_A_KEY, _PAGE):
        plain = known.sub(" ", plain)
    return REFUSED.format(what="") if any(map(_is_random, _RUN.findall(plain))) else None


def problem_of(text: str, most: int = LONGEST) -> str | None:
    """Why it is no reason for the record, and what to write instead; None when it is one."""
    if not text.strip() or len(text) > most:
        return f"Say why, in 1 to {most} characters."
    return secret_in(text)


def demand_reason(text: str) -> None:
    """Raises StepError for what is no reason for the record: see ``problem_of``."""
    problem = problem_of(text)
    if problem:
        raise StepError(problem, "Nothing was changed.")


def _is_random(run: str) -> bool:
    parts = _PART.findall(run)
    whole = "".join(parts)
    is_mixed = all(sum(map(kind, whole)) > 1 for kind in (str.isupper, str.islower, str.isdigit))
    return any(len(one) >= LEAST and _changes(one) for one in parts) or (
        len(whole) >= LEAST_IN_PARTS and is_mixed and _changes(whole)
    )


def _changes(letters: str) -> bool:
    """Whether it is as random as no word is; a large letter before a small one begins a word."""
    if letters.isdigit() or letters.isalpha():
        return False
    kinds = [1 if one.isdigit() else 2 if one.isupper() else 3 for one in letters]
    pairs = list(pairwise(kinds))
    return sum(one != other and (one, other) != (2, 3) for one, other in pairs) >= CHANGES * len(pairs)
