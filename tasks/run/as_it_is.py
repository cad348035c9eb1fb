"""As it is: no rotation begins by a catalog that was read before and cannot be read now."""

from __future__ import annotations

from blocks.catalog import load_catalog
from blocks.errors import CatalogError, Transient
from blocks.model.credential import Credential
from blocks.settings import read_settings
from tasks.run import claim


def demand_readable_catalog(credential: Credential) -> None:
    """Raise CatalogError while the file cannot be read as it is.

    Transient where trading may stand still for this rotation already: somebody is mending the file, and nobody shall
    have to start anything after that. Raises LedgerError.
    """
    try:
        load_catalog(read_settings().catalog, as_it_is=True)
    except CatalogError as error:
        problem = error
    else:
        return
    before = claim.unfinished_of(credential)
    if before is None or not claim.has_begun(before):
        raise problem
    raise Transient(problem.problem, f"{problem.remedy} It is tried again by itself.")
