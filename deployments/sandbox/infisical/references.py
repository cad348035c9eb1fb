"""References in values: what stands there instead of ``${NAME}``, when a reader wants them followed.

From the vault's own source (``recursivelyExpandSecret`` in secret-reference-fns.ts, and its forerunner of 2024). A
reference in the value that a reference brings in is followed too, from the folder that holds it, at most ten deep; one
that leads back to a secret on its own way is put in once more and then stays (when that guard came is not known, so
both ages have it). What leads to nothing stays as it is (seen in 2024). Today what comes out is looked through again
for references that nobody wrote, so a name may itself be made of references; one that is left because it lies too deep
stays, and a name may have spaces in it (TestSecretReference_Expand of the vault's own tests, read 2026-11-29). A secret
with ``skipMultilineEncoding`` comes as one quoted line then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from deployments.sandbox.infisical.project import Project
from deployments.sandbox.infisical.rows import Row
from deployments.sandbox.infisical.state import Vault

# Which marks a name in a reference may have, became fewer.
_REFERENCES = {"2024": re.compile(r"\$\{([^}]+)\}"), "current": re.compile(r"\$\{([a-zA-Z0-9\-_.@ ]+)\}")}
_DEEPEST = 10


@dataclass(frozen=True, slots=True)
class _Place:
    """A secret by environment, folder and name."""

    environment: str
    path: str
    key: str

    def named(self, reference: str) -> _Place:
        """The one that a reference in this one's value means: of the same folder, or ``env.folder.folder.NAME``."""
        *above, key = reference.split(".")
        if not above:
            return _Place(self.environment, self.path, key)
        return _Place(above[0], "/" + "/".join(above[1:]), key)


def expanded(vault: Vault, project: Project, environment: str, path: str, row: Row) -> str:
    """The value of a secret with its references followed."""
    place, value = _Place(environment, path, row.key), row.value
    # Those that somebody wrote, here or in what came of them.
    written = set(_references_in(vault, value))
    has_any, fresh = bool(written), list(written)
    for _ in range(1 + (_DEEPEST if vault.is_current else 0)):
        if not fresh:
            break
        value = _followed(vault, project, place, value, written)
        fresh = [one for one in _references_in(vault, value) if one not in written]
    in_one_line = row.skip_multiline and has_any and "\n" in value
    return '"' + value.replace("\n", "\\n") + '"' if in_one_line else value


def _followed(vault: Vault, project: Project, start: _Place, value: str, written: set[str]) -> str:
    """One pass: each reference is replaced wherever it stands by then, a deeper one after the one that leads to it."""
    waiting: list[tuple[_Place, str, tuple[_Place, ...]]] = [(start, value, (start,))]
    while waiting:
        place, text, way = waiting.pop()
        for reference in _references_in(vault, text):
            target = place.named(reference)
            brought = _value_at(vault, project, target)
            if brought is None:
                continue
            written.update(_references_in(vault, brought))
            if target not in way and len(way) <= _DEEPEST:
                waiting.append((target, brought, (*way, target)))
            value = value.replace(f"${{{reference}}}", brought)
    return value


def _references_in(vault: Vault, value: str) -> list[str]:
    return list(dict.fromkeys(_REFERENCES[vault.profile].findall(value)))


def _value_at(vault: Vault, project: Project, place: _Place) -> str | None:
    folder = vault.folder(project, place.environment, place.path)
    rows = folder.rows_seen if folder else ()
    return next((row.value for row in rows if row.key == place.key), None)
