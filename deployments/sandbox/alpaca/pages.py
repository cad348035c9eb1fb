"""The HTML of the simulated Alpaca dashboard. Every value goes through ``escape``."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deployments.sandbox.alpaca.account import SandboxAccount
    from deployments.sandbox.alpaca.state import Environment

_STYLE = """
:root { --ink: #1d2733; --soft: #5f6b7a; --line: #dfe4ea; --brand: #b8860b; --paper: #f6f7f9; --danger: #b3261e; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
.sandbox { background: #3b2a55; color: #fff; text-align: center; padding: .35rem 1rem; font-size: .9rem; }
header { display: flex; gap: 1.5rem; align-items: center; padding: .8rem 1.5rem; background: #fff;
  border-bottom: 1px solid var(--line); }
#switcher { display: flex; gap: .8rem; align-items: center; border: 1px solid var(--line); border-radius: .5rem;
  padding: .35rem .8rem; }
#switcher strong::before { content: ""; display: inline-block; width: .6rem; height: .6rem; border-radius: 50%;
  margin-right: .5rem; background: var(--brand); }
body.live #switcher strong::before { background: #1b7f4b; }
.brand { font-weight: 700; margin-left: auto; color: var(--soft); }
main { max-width: 60rem; margin: 1.5rem auto; padding: 0 1.5rem; display: grid; gap: 1.2rem; }
section { background: #fff; border: 1px solid var(--line); border-radius: .7rem; padding: 1.1rem 1.3rem; }
h1 { font-size: 1.2rem; margin: 0 0 .8rem; } h2 { font-size: 1rem; margin: 0 0 .6rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .8rem; margin: 0; }
dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
nav.accounts { display: flex; gap: .5rem; flex-wrap: wrap; margin-bottom: 1rem; }
nav.accounts a { border: 1px solid var(--line); border-radius: 2rem; padding: .25rem .9rem; text-decoration: none;
  color: inherit; }
nav.accounts a[aria-current] { background: var(--ink); color: #fff; }
code { font: 1rem ui-monospace, monospace; overflow-wrap: anywhere; }
button { font: inherit; padding: .45rem 1rem; border-radius: .5rem; border: 1px solid var(--ink); background: #fff;
  cursor: pointer; }
button.main { background: var(--brand); border-color: var(--brand); color: #fff; font-weight: 600; }
button.danger { border-color: var(--danger); color: var(--danger); }
form { display: inline-block; margin: .6rem .6rem 0 0; }
input { font: inherit; padding: .45rem .6rem; border: 1px solid var(--line); border-radius: .5rem; }
.row { display: flex; gap: .8rem; align-items: center; margin: .5rem 0; flex-wrap: wrap; }
.soft { color: var(--soft); } .error { color: var(--danger); font-weight: 600; }
"""

_COPY = """
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const value = document.getElementById(button.dataset.copy).textContent;
  navigator.clipboard.writeText(value).then(() => { button.textContent = "Copied"; });
});
"""

_TITLES = {"paper": "Paper Trading", "live": "Live Trading"}
_OTHER: dict[Environment, Environment] = {"paper": "live", "live": "paper"}


def overview_page(environment: Environment, accounts: list[SandboxAccount], chosen: SandboxAccount | None) -> str:
    """The account that is chosen, its API keys, and the buttons that an operator must leave alone."""
    if chosen is None:
        body = '<section><h1>No account</h1><p class="soft">There is no account here yet.</p></section>'
    else:
        body = _account_section(accounts, chosen) + _keys_section(chosen)
    if environment == "paper":
        body += _danger_section(chosen)
    return _page(environment, "Dashboard", body)


def new_key_page(account: SandboxAccount, key_id: str, secret: str | None) -> str:
    """The fresh pair; without the secret when it was shown before."""
    if secret is None:
        shown = '<p class="soft">The secret is shown only once, right after it was generated. Lost? Regenerate.</p>'
    else:
        shown = f"""{_copied("Secret", "new-secret", secret)}
<p class="error">Copy both now: this is the only time that the secret is shown.</p>"""
    return _page(
        account.environment,
        "API Keys",
        f"""<section><h1>API Keys of {escape(account.name)},
<span id="account-number">{escape(account.number)}</span></h1>
{_copied("Key ID", "new-key-id", key_id)}{shown}
<p><a id="done" href="{_overview(account)}">Back to the dashboard</a></p></section>""",
    )


def code_page(account: SandboxAccount, *, wrong: bool) -> str:
    """Live asks for a code before it regenerates."""
    error = '<p class="error" id="error">That is not a six-digit code.</p>' if wrong else ""
    return _page(
        account.environment,
        "Two-factor authentication",
        f"""<section><h1>Two-factor authentication</h1>
<p>Enter the six digits of your authenticator to regenerate the keys of
<span id="account-number">{escape(account.number)}</span>. The sandbox takes any six digits.</p>{error}
<form method="post" action="/{account.environment}/dashboard/regenerate" id="code-form">{_account_field(account)}
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" placeholder="123456" autofocus>
<button class="main" id="confirm-code">Confirm</button></form></section>""",
    )


def missing_page(environment: Environment) -> str:
    """The account was deleted, or belongs to the other environment."""
    return _page(
        environment,
        "Not found",
        f"""<section><h1>Not found</h1><p>There is no such account for {_TITLES[environment]}.
<a href="/{environment}/dashboard/overview">Back to the dashboard</a></p></section>""",
    )


def _page(environment: Environment, title: str, body: str) -> str:
    other = _OTHER[environment]
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>{_TITLES[environment]}: {escape(title)} (sandbox)</title>
<style>{_STYLE}</style></head>
<body class="{environment}"><div class="sandbox" id="sandbox">Sandbox: a simulated Alpaca. No real account, no real
money.</div>
<header><div id="switcher"><strong id="environment">{_TITLES[environment]}</strong>
<a id="switch-environment" href="/{other}/dashboard/overview">Switch to {other}</a></div>
<span class="brand">Alpaca (simulated)</span></header>
<main>{body}</main><script>{_COPY}</script></body></html>"""


def _account_section(accounts: list[SandboxAccount], chosen: SandboxAccount) -> str:
    links = "".join(
        f'<a href="{_overview(account)}"{" aria-current=page" if account is chosen else ""}>{escape(account.name)}, '
        f"{escape(account.number)}</a>"
        for account in accounts
    )
    chooser = f'<nav class="accounts" id="accounts">{links}</nav>' if len(accounts) > 1 else ""
    facts = {
        "Status": ("account-status", chosen.status),
        "Equity": ("equity", _money(chosen.equity)),
        "Cash": ("cash", _money(chosen.cash)),
        "Buying power": ("buying-power", _money(chosen.buying_power)),
        "Open orders": ("open-orders", str(sum(order.is_open for order in chosen.orders))),
        "Positions": ("positions", str(len(chosen.positions))),
    }
    rows = "".join(
        f'<div><dt>{name}</dt><dd id="{key}">{escape(text)}</dd></div>' for name, (key, text) in facts.items()
    )
    return f"""<section><h1>{escape(chosen.name)}</h1>{chooser}<dl>
<div><dt>Account number</dt><dd id="account-number">{escape(chosen.number)}</dd></div>{rows}</dl></section>"""


def _keys_section(account: SandboxAccount) -> str:
    key_id = account.current_key_id
    if key_id is None:
        view = '<p class="soft">This account has no keys.</p>'
    else:
        view = f"""<div class="row"><span class="soft">Key ID</span> <code id="key-id">{escape(key_id)}</code></div>
<details id="view"><summary>View</summary><p>Key ID <code>{escape(key_id)}</code><br>
<span class="soft">The secret cannot be shown again.</span></p></details>"""
    return f"""<section id="api-keys"><h2>API Keys</h2>{view}
<form method="post" action="/{account.environment}/dashboard/regenerate" id="regenerate-form">{_account_field(account)}
<button class="main" id="regenerate">{"Regenerate" if key_id else "Generate New Keys"}</button></form></section>"""


def _danger_section(chosen: SandboxAccount | None) -> str:
    buttons = [_button("open", "Open New Paper Account", "open-account", None, "")]
    if chosen is not None:
        buttons.append(_button("reset", "Reset account", "reset-account", chosen, "danger"))
        buttons.append(_button("delete", "Delete account", "delete-account", chosen, "danger"))
    return f"""<section><h2>Paper accounts</h2><p class="soft">Resetting or deleting an account also kills its API
keys.</p>{"".join(buttons)}</section>"""


def _button(action: str, label: str, key: str, account: SandboxAccount | None, kind: str) -> str:
    field = _account_field(account) if account is not None else ""
    return f"""<form method="post" action="/paper/dashboard/{action}">{field}
<button class="{kind}" id="{key}">{label}</button></form>"""


def _copied(label: str, key: str, value: str) -> str:
    return f"""<div class="row"><span class="soft">{label}</span> <code id="{key}">{escape(value)}</code>
<button type="button" data-copy="{key}" id="copy-{key}">Copy</button></div>"""


def _account_field(account: SandboxAccount) -> str:
    return f'<input type="hidden" name="account" value="{escape(account.id)}">'


def _overview(account: SandboxAccount) -> str:
    return f"/{account.environment}/dashboard/overview?account={escape(account.id)}"


def _money(value: Decimal) -> str:
    return f"${value:,.2f}"
