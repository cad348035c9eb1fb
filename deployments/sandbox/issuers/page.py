"""The page of a simulated issuer: what a person clicks to make a key and to delete one.

GET  /{vendor}/keys           every key by its end, and the buttons
POST /{vendor}/keys/make      answers with a page that shows the new key, once, in #new-key
POST /{vendor}/keys/delete    form: key=<id>
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from deployments.sandbox.issuers.keys import Keys

# A page with a secret is neither cached nor told to another site.
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_STYLE = "body{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto}li{margin:.5rem 0}form{display:inline}"


def routes(vendor: str, title: str, keys: Keys, mint: Callable[[], str], name: str = "keys") -> list[Route]:
    """The page of one vendor, whose button makes a key by ``mint``; ``name`` is the last part of its address."""
    home = f"/{vendor}/{name}"

    async def shown(_: Request) -> Response:
        rows = "".join(
            f'<li>...{escape(value[-4:])} <form method="post" action="{home}/delete">'
            f'<input type="hidden" name="key" value="{key}"><button>Delete</button></form></li>'
            for key, value in keys.living.items()
        )
        return _page(
            title, f'<ul>{rows}</ul><form method="post" action="{home}/make"><button>Make a key</button></form>'
        )

    async def made(_: Request) -> Response:
        try:
            key = mint()
        except ValueError as error:
            return _page(title, f'<p class="error">{escape(str(error))}</p><p><a href="{home}">Back</a></p>', 409)
        return _page(
            title, f'<p>Copy it now: <code id="new-key">{escape(key)}</code></p><p><a href="{home}">Back</a></p>'
        )

    async def deleted(request: Request) -> Response:
        fields = dict(parse_qsl((await request.body()).decode(errors="replace")))
        value = keys.living.get(fields.get("key", ""))
        if value is not None:
            keys.delete(value)
        return RedirectResponse(home, 303, _HEADERS)

    return [
        Route(home, shown),
        Route(f"{home}/make", made, methods=["POST"]),
        Route(f"{home}/delete", deleted, methods=["POST"]),
    ]


def _page(title: str, body: str, status: int = 200) -> Response:
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
        f"<p>Simulated: no real key is here.</p><h1>{escape(title)}</h1>{body}</html>",
        status,
        _HEADERS,
    )
