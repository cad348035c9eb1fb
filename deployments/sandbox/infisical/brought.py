"""Which secrets the imports of a folder bring in.

From the vault's own source (``fnSecretsV2FromImports`` in secret-import-fns.ts, read 2026-11-29): what an imported
folder imports itself comes under that import, at most ten deep and no folder twice, and secrets are in the order of
their names. Where none of the folders exists, nothing is shown; a single one that does not is there, and empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from deployments.sandbox.infisical.project import Project
from deployments.sandbox.infisical.rows import Folder, Import, Row
from deployments.sandbox.infisical.state import Vault

_DEEPEST = 10


@dataclass(frozen=True, slots=True)
class Brought:
    """One import of a folder, and the secrets that come by it, each with its own environment."""

    environment: str
    path: str
    folder: Folder | None
    rows: list[tuple[str, Row]] = field(default_factory=list)


def brought_in(vault: Vault, project: Project, folder: Folder) -> list[Brought]:
    """The imports of a folder in their order."""
    found: list[Brought] = []
    seen: set[tuple[str, str]] = set()
    # The folders whose imports are still to be followed, and the import under which they come.
    waiting: list[tuple[Sequence[Import], Brought | None, int]] = [(folder.imports, None, 0)]
    while waiting:
        imports, above, depth = waiting.pop()
        fresh = dict.fromkeys((one.environment, one.path) for one in imports)
        here = [place for place in fresh if place not in seen]
        folders = {place: vault.folder(project, *place) for place in here}
        if depth > _DEEPEST or not any(folders.values()):
            continue
        seen.update(here)
        for environment, path in here:
            source = folders[environment, path]
            rows = sorted(source.rows_seen, key=lambda row: row.key) if source else []
            brought = above or Brought(environment, path, source)
            brought.rows.extend((environment, row) for row in rows)
            if above is None:
                found.append(brought)
            if source and source.imports:
                waiting.append((source.imports, brought, depth + 1))
    return found
