"""The simulated Alpaca dashboard: what a human clicks, and what a robot may click in the human's place.

    GET  /{paper,live}/dashboard/overview?account=<id>   the page on which the operator regenerates
    POST /{paper,live}/dashboard/regenerate              form: account=<id>, and code=<six digits> for live
    POST /paper/dashboard/reset                          form: account=<id>
    POST /paper/dashboard/delete                         form: account=<id>
    POST /paper/dashboard/open                           no fields

``account`` may be left out where there is only one account. Regenerate answers 303 to a page that shows key ID and
secret in the elements #new-key-id and #new-secret, once: a robot posts with ``follow_redirects=True`` and reads both.
The code may be any six digits; without one, live answers with a form that asks for it (#code, #confirm-code).
Other elements: #switcher, #environment, #switch-environment, #accounts, #account-number, #key-id, #view, #regenerate,
#reset-account, #delete-account, #open-account, #equity, #cash.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from deployments.sandbox.alpaca.pages import code_page, missing_page, new_key_page, overview_page

if TYPE_CHECKING:
    from deployments.sandbox.alpaca.account import SandboxAccount
    from deployments.sandbox.alpaca.app import AlpacaSandbox
    from deployments.sandbox.alpaca.state import Environment

Page = Callable[["SandboxAccount | None", Request], Awaitable[Response]]
_CODE = re.compile(r"[0-9]{6}")
# A page with a secret is neither cached nor told to another site.
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def dashboard_app(sandbox: AlpacaSandbox) -> Starlette:
    """The web application, for both environments."""

    async def home(_: Request) -> Response:
        return RedirectResponse("/paper/dashboard/overview", 303)

    sides: tuple[_Side, ...] = (_Side(sandbox, "paper"), _Side(sandbox, "live"))
    return Starlette(routes=[Route("/", home), *(route for side in sides for route in side.routes())])


class _Side:
    """The pages of one environment. Fresh pairs wait in ``_unseen`` until their page is opened."""

    def __init__(self, sandbox: AlpacaSandbox, environment: Environment) -> None:
        self._sandbox = sandbox
        self._environment = environment
        self._unseen: dict[str, tuple[str, str]] = {}

    def routes(self) -> list[Route]:
        pages: dict[str, tuple[str, Page]] = {
            "overview": ("GET", self._overview),
            "keys": ("GET", self._keys),
            "regenerate": ("POST", self._regenerate),
        }
        if self._environment == "paper":
            pages |= {"reset": ("POST", self._reset), "delete": ("POST", self._delete), "open": ("POST", self._open)}
        return [
            Route(f"/{self._environment}/dashboard/{name}", self._with_account(page), methods=[method])
            for name, (method, page) in pages.items()
        ]

    def _with_account(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def answered(request: Request) -> Response:
            fields = await _form(request) if request.method == "POST" else dict(request.query_params)
            accounts = self._sandbox.accounts(self._environment)
            wanted = fields.get("account")
            # A change must say which of several accounts it means; looking at the first one harms nobody.
            may_guess = not wanted and (len(accounts) == 1 or request.method == "GET")
            return await page(next((one for one in accounts if may_guess or one.id == wanted), None), request)

        return answered

    async def _overview(self, chosen: SandboxAccount | None, request: Request) -> Response:
        if chosen is None and request.query_params.get("account"):
            return self._missing()
        accounts = self._sandbox.accounts(self._environment)
        return HTMLResponse(overview_page(self._environment, accounts, chosen), headers=_HEADERS)

    async def _regenerate(self, chosen: SandboxAccount | None, request: Request) -> Response:
        if chosen is None:
            return self._missing()
        code = (await _form(request)).get("code")
        if self._environment == "live" and not _CODE.fullmatch(code or ""):
            wrong = code is not None
            return HTMLResponse(code_page(chosen, wrong=wrong), 422 if wrong else 200, _HEADERS)
        ticket = secrets.token_urlsafe()
        self._unseen[ticket] = chosen.regenerate()
        page = f"/{self._environment}/dashboard/keys?account={chosen.id}&shown={ticket}"
        return RedirectResponse(page, 303, _HEADERS)

    async def _keys(self, chosen: SandboxAccount | None, request: Request) -> Response:
        key_id, secret = self._unseen.pop(request.query_params.get("shown", ""), (None, None))
        key_id = key_id or (chosen.current_key_id if chosen else None)
        if chosen is None or key_id is None:
            return self._missing()
        return HTMLResponse(new_key_page(chosen, key_id, secret), headers=_HEADERS)

    async def _reset(self, chosen: SandboxAccount | None, _: Request) -> Response:
        if chosen is None:
            return self._missing()
        chosen.reset()
        return self._back()

    async def _delete(self, chosen: SandboxAccount | None, _: Request) -> Response:
        if chosen is None:
            return self._missing()
        self._sandbox.delete_account(chosen)
        return self._back()

    async def _open(self, _: SandboxAccount | None, __: Request) -> Response:
        number = len(self._sandbox.accounts("paper")) + 1
        self._sandbox.add_account("paper", name=f"Paper account {number}")
        return self._back()

    def _back(self) -> Response:
        return RedirectResponse(f"/{self._environment}/dashboard/overview", 303, _HEADERS)

    def _missing(self) -> Response:
        return HTMLResponse(missing_page(self._environment), 404, _HEADERS)


async def _form(request: Request) -> dict[str, str]:
    # Starlette's own form() needs python-multipart, which nothing else here needs. A field that is empty counts.
    return dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
