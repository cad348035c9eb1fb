"""The webhook of a GitHub App of the sandbox, with a secret that is replaced and never shown. Nothing is sent.

From GitHub's OpenAPI description (23.0.2: apps, webhooks). Only the app's assertion asks for it.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github.demands import object_in
from deployments.sandbox.github.face import Face
from deployments.sandbox.github.hooks import configured, shown_config
from deployments.sandbox.github.installations import app_asking

_USUAL = {"content_type": "form", "insecure_ssl": "0", "url": "https://example.com/hook"}


class AppHook:
    """The routes."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """Its configuration, and what was sent."""
        return [
            Route("/app/hook/config", self._get),
            Route("/app/hook/config", self._change, methods=["PATCH"]),
            Route("/app/hook/deliveries", self._deliveries),
        ]

    async def _get(self, request: Request) -> Response:
        app = app_asking(self._face, request)
        return self._face.answer(request, shown_config(self._face.estate.app_hooks.get(app.id, _USUAL)))

    async def _change(self, request: Request) -> Response:
        app, hooks = app_asking(self._face, request), self._face.estate.app_hooks
        hooks[app.id] = configured(hooks.get(app.id, _USUAL), await object_in(request))
        return self._face.answer(request, shown_config(hooks[app.id]))

    async def _deliveries(self, request: Request) -> Response:
        app_asking(self._face, request)
        return self._face.answer(request, [])
