"""What a person sees and does beside Prefect's own pages."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from playwright.sync_api import Page, Route

from tests.door import gateway

FORM_IS_BACK = "The last entry was not accepted"


def through_gateway(page: Page, origin: str) -> list[str]:
    """Let only those requests reach Prefect that the gateway of docs/how-to/production.md lets through.

    What it refuses is in the result.
    """
    refused: list[str] = []

    def decide(route: Route) -> None:
        method, path = route.request.method, unquote(urlsplit(route.request.url).path)
        # The V1 pages themselves are let through here, so that their form is tried, too.
        if gateway.lets_through(method, path) or (method == "GET" and not path.startswith("/api/")):
            route.continue_()
            return
        refused.append(f"{method} {path}")
        route.fulfill(status=403)

    page.route(f"{origin}/**", decide)
    return refused
