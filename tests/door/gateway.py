"""The routes to which docs/how-to/production.md's gateway lets operators' browsers; ``*`` is any text, slashes too."""

from __future__ import annotations

from fnmatch import fnmatchcase

READ = ("/v2/*", "/ui-settings", "/api/*")
NOT_READ = ("/api/block_documents*", "/api/block_types/*", "/api/flow_runs/*/input/*-response")
POSTED = (
    "/api/*/filter",
    "/api/*/count",
    "/api/*/paginate",
    "/api/deployments/*/create_flow_run",
    "/api/flow_runs/*/resume",
    "/api/ui/schemas/validate",
)
NOT_POSTED = ("/api/block_documents/*", "/api/flow_runs/*/input/filter")


def lets_through(method: str, path: str) -> bool:
    """Whether such a request reaches Prefect."""
    which = {"GET": (READ, NOT_READ), "POST": (POSTED, NOT_POSTED)}.get(method)
    if which is None:
        return False
    is_open, is_closed = (any(fnmatchcase(path, one) for one in routes) for routes in which)
    return is_open and not is_closed
