"""Where else in a project secrets of the same names are: a consumer that reads those keeps the old pair.

The vault leaves out of a list what the identity may not read, without a word; so only what is found is certain.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from blocks.errors import VendorError
from blocks.vaults.infisical.models import name_of
from blocks.vaults.infisical.session import InfisicalSession
from blocks.vaults.infisical.syncs import why_not
from blocks.vaults.terms import Location, Places
from blocks.wire.exchange import LIST_BYTES

# A project has a handful of them, and each is a question.
MOST_ENVIRONMENTS = 50


def places_of(
    session: InfisicalSession, project_id: str, route: str, project_field: str, own: Location, names: Collection[str]
) -> Places:
    """Look through every environment of the project. Raises nothing: an error is not looked at."""
    found: set[Location] = set()
    unseen: list[str] = []
    environments = [own.environment]
    try:
        body = session.ask("read project", "GET", f"/api/v1/workspace/{project_id}", remedies={})
        environments = [str(one["slug"]) for one in body["workspace"]["environments"]]
    except VendorError as error:
        unseen.append(f"other environments ({why_not(error)})")
    except (KeyError, TypeError):
        unseen.append("other environments (the answer cannot be read)")
    # The own one in any case.
    looked_at = list(dict.fromkeys([own.environment, *environments]))[:MOST_ENVIRONMENTS]
    more = len(set(environments) - set(looked_at))
    if more:
        unseen.append(f"{more} more environments (there are more than {MOST_ENVIRONMENTS})")
    for environment in [one for one in dict.fromkeys([*environments, own.environment]) if one in looked_at]:
        where = {project_field: project_id, "environment": environment, "secretPath": "/"}
        # The values are not wanted; servers of 2024 send them all the same.
        how = {"recursive": "true", "viewSecretValue": "false", "expandSecretReferences": "false"}
        try:
            body = session.ask("look for names", "GET", route, params={**where, **how}, remedies={}, largest=LIST_BYTES)
            found |= {Location(environment, _path_of(row)) for row in body["secrets"] if name_of(row) in names}
        except VendorError as error:
            unseen.append(f"environment {environment} ({why_not(error)})")
        except (KeyError, TypeError):
            unseen.append(f"environment {environment} (the answer cannot be read)")
    return Places(tuple(sorted(found, key=str)), tuple(unseen))


def _path_of(row: dict[str, Any]) -> str:
    path = row["secretPath"]
    if not isinstance(path, str):
        raise TypeError
    return path
