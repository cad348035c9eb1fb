"""The page on which a person sees what the Slack sandbox received, newest first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from typing import Any

_HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<title>Slack (sandbox)</title><style>
body{font:15px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1d1c1d}
article{border:1px solid #ddd;border-radius:8px;padding:.8rem 1rem;margin:1rem 0}
h2{font-size:1.05rem;margin:.3rem 0}.meta,.context{color:#616061;font-size:.85rem}
.mark{background:#ffe58f;padding:.1rem .5rem;border-radius:4px}.fields{display:grid;grid-template-columns:1fr 1fr}
code{display:inline-block}
</style></head><body><h1>Slack <span class="mark">sandbox</span></h1>
<p>Messages that the bot posted. Nothing here left this machine.</p>"""


def page_of(messages: Iterable[dict[str, Any]], above: str = "") -> str:
    """The whole page as HTML. Everything received is escaped; ``above`` is HTML that stands before it."""
    articles = [_article(message) for message in messages]
    return _HEAD + above + ("".join(reversed(articles)) or "<p>No message yet.</p>") + "</body></html>"


def _article(message: dict[str, Any]) -> str:
    when = datetime.fromtimestamp(float(message["ts"]), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    blocks = message.get("blocks")
    body = "".join(_block(block) for block in blocks) if blocks else f"<p>{_marked(message.get('text') or '')}</p>"
    notification = f"<p class=meta>Notification: {escape(message.get('text') or '(none)')}</p>"
    return f"<article><p class=meta>{escape(message['channel'])}, {when}</p>{body}{notification}</article>"


def _block(block: dict[str, Any]) -> str:
    kind = block.get("type")
    if kind == "header":
        return f"<h2>{_text(block.get('text'))}</h2>"
    if kind == "section":
        fields = "".join(f"<p>{_text(field)}</p>" for field in block.get("fields") or [])
        text = f"<p>{_text(block['text'])}</p>" if "text" in block else ""
        return text + (f"<div class=fields>{fields}</div>" if fields else "")
    if kind == "markdown":
        return f"<p>{_marked(str(block['text']))}</p>"
    if kind == "context":
        return f"<p class=context>{' '.join(_text(element) for element in block['elements'])}</p>"
    return "<hr>" if kind == "divider" else f"<p class=meta>({escape(str(kind))})</p>"


def _text(value: Any) -> str:
    return _marked(str(value.get("text", ""))) if isinstance(value, dict) else ""


def _marked(text: str) -> str:
    """Slack's mentions, links, bold, code, line ends and its three entities; nothing else is rendered."""
    safe = escape(text, quote=False)
    safe = re.sub(r"&lt;(https?://[^\s|&]+)&gt;", r'<a href="\1">\1</a>', safe)
    safe = re.sub(r"&lt;[!@#]([^&]+)&gt;", r"<mark>@\1</mark>", safe)
    safe = re.sub(r"&amp;(amp|lt|gt);", r"&\1;", safe)
    safe = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", safe)
    return re.sub(r"\*([^*\n]+)\*", r"<b>\1</b>", safe).replace("\n", "<br>")
