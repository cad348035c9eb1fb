"""The page of a simulated issuer: what a person clicks to make a key and to delete one.

GET  /{vendor}/keys           every key by its end, and the buttons
POST /{vendor}/keys/make      answers with a page that shows the new key, once, in #new-key
POST /{vendor}/keys/delete    form: key=<id>
POST /{vendor}/keys/rotate    form: key=<id>, hours=<0 to 168>: as make; only where a vendor has that
POST /{vendor}/keys/{word}    form: key=<id>: a further button of a vendor's own
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from deployments.sandbox.issuers.keys import Keys

HOUR_S, LONGEST_H = 3600, 168
# A page with a secret is neither cached nor told to another site.
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_STYLE = "body{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto}li{margin:.5rem 0}form{display:inline}"


@dataclass(frozen=True, slots=True)
class Button:
    """What else can be done there, with the keys (value by id) that do not live any more."""

    title: str
    word: str
    shown: Callable[[], Mapping[str, str]]
    press: Callable[[str], None]


def routes(
    vendor: str,
    title: str,
    keys: Keys,
    mint: Callable[[], str],
    name: str = "keys",
    *,
    rotates: bool = False,
    ends: str = "Delete",
    buttons: Sequence[Button] = (),
) -> list[Route]:
    """The page of one vendor, whose button makes a key by ``mint``; ``name`` is the last part of its address.

    ``rotates`` where a key can be rotated: the old one lives on for as long as is chosen. ``ends`` is what the button
    that ends one is called, and ``buttons`` are further ones.
    """
    home = f"/{vendor}/{name}"

    async def shown(_: Request) -> Response:
        rows = "".join(
            f'<li>...{escape(value[-4:])} <form method="post" action="{home}/delete">'
            f'<input type="hidden" name="key" value="{key}"><button>{ends}</button></form>'
            f"{_rotate(home, key) if rotates else ''}</li>"
            for key, value in keys.living.items()
        )
        rows += "".join(_row(home, button, *one) for button in buttons for one in button.shown().items())
        return _page(
            title, f'<ul>{rows}</ul><form method="post" action="{home}/make"><button>Make a key</button></form>'
        )

    async def made(_: Request) -> Response:
        return told_of(mint)

    async def rotated(request: Request) -> Response:
        fields = dict(parse_qsl((await request.body()).decode(errors="replace")))
        old, hours = keys.living.get(fields.get("key", ""), ""), fields.get("hours", "")
        if not hours.isdecimal() or int(hours) > LONGEST_H:
            return _page(title, '<p class="error">Choose when the old key ends.</p>', 422)
        return told_of(partial(keys.rotate, old, int(hours) * HOUR_S))

    def told_of(make: Callable[[], str]) -> Response:
        try:
            key = make()
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
        *(Route(f"{home}/{one.word}", _pressed(home, one), methods=["POST"]) for one in buttons),
        Route(home, shown),
        Route(f"{home}/make", made, methods=["POST"]),
        Route(f"{home}/delete", deleted, methods=["POST"]),
        *([Route(f"{home}/rotate", rotated, methods=["POST"])] if rotates else []),
    ]


def _pressed(home: str, button: Button) -> Callable[[Request], Awaitable[Response]]:
    async def press(request: Request) -> Response:
        fields = dict(parse_qsl((await request.body()).decode(errors="replace")))
        value = button.shown().get(fields.get("key", ""))
        if value is not None:
            button.press(value)
        return RedirectResponse(home, 303, _HEADERS)

    return press


def _row(home: str, button: Button, key: str, value: str) -> str:
    return (
        f'<li>...{escape(value[-4:])} <form method="post" action="{home}/{button.word}">'
        f'<input type="hidden" name="key" value="{escape(key)}"><button>{button.title}</button></form></li>'
    )


def _rotate(home: str, key: str) -> str:
    hours = {0: "now", 1: "in 1 hour", 24: "in 24 hours", LONGEST_H: "in 7 days"}
    options = "".join(f'<option value="{one}">{told}</option>' for one, told in hours.items())
    return (
        f' <form method="post" action="{home}/rotate"><input type="hidden" name="key" value="{key}">the old one ends '
        f'<select name="hours">{options}</select> <button>Rotate key</button></form>'
    )


def _page(title: str, body: str, status: int = 200) -> Response:
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
        f"<p>Simulated: no real key is here.</p><h1>{escape(title)}</h1>{body}</html>",
        status,
        _HEADERS,
    )
