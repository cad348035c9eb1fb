"""The form that a rotation shows now, for the console's page: what it says, and what it asks for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from blocks.operators import act
from deployments.local.ask_prefect import Shown

# The field that names who answers, the one that the page fills in by itself, and the one that proves who it was.
OPERATOR, SEALED, PROOF = "operator", "sealed", "proof"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``kind``: text, secret (masked, and sealed before it is sent), switch, or choice of ``options``."""

    name: str
    kind: str
    title: str
    description: str
    is_required: bool
    is_minted: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitingForm:
    """One form. ``text`` is HTML; ``shown`` the SHA-256 of what Prefect has of it, by which an act names it."""

    key: str
    run: str
    text: Markup
    fields: tuple[Field, ...]
    shown: str

    @property
    def asks_for_a_proof(self) -> bool:
        """Whether who answers has to be proved."""
        return any(one.name == PROOF for one in self.fields)

    @property
    def asks_for_a_pair(self) -> bool:
        """Whether the values of a new pair are asked for."""
        return any(one.is_minted for one in self.fields) or any(one.name == SEALED for one in self.fields)


def form_of(run: str, shown: Shown, minted: Collection[str]) -> WaitingForm:
    """The form of this run. ``minted`` are the names of a new pair's values."""
    properties = shown.schema.get("properties")
    required = shown.schema.get("required")
    fields = [
        _field(name, one, name in (required if isinstance(required, list) else ()), name in minted)
        for name, one in sorted((properties or {}).items(), key=lambda named: named[1].get("position", 0))
        if name != SEALED
    ]
    return WaitingForm(shown.key, run, html_of(shown.description), tuple(fields), hash_of(shown))


def hash_of(shown: Shown) -> str:
    """SHA-256 of the canonical JSON of what the form says and asks, in hex."""
    return act.shown(shown.description, shown.schema)


def _field(name: str, schema: Mapping[str, Any], is_required: bool, is_minted: bool) -> Field:
    kind = "text"
    options = tuple(str(one) for one in schema.get("enum") or ())
    if options:
        kind = "choice"
    elif schema.get("type") == "boolean":
        kind = "switch"
    elif schema.get("writeOnly") or schema.get("format") == "password":
        kind = "secret"
    title, told = str(schema.get("title") or name), str(schema.get("description") or "")
    return Field(name, kind, title, told, is_required, is_minted, options)


def _link_open(self: RendererHTML, tokens: list[Token], at: int, options: Any, env: Any) -> str:
    """In a tab of its own, which learns nothing of this one: what is typed here must not go with a click."""
    tokens[at].attrSet("target", "_blank")
    tokens[at].attrSet("rel", "noopener noreferrer")
    return self.renderToken(tokens, at, options, env)


class _Text(MarkdownIt):
    """Links lead to http and https only."""

    def validateLink(self, url: str) -> bool:  # noqa: N802  # the library's name
        """Whether a link may lead there; what may not stays text."""
        return url.startswith(("https://", "http://"))


_MARKDOWN = _Text("commonmark", {"html": False}).disable("image")
_MARKDOWN.add_render_rule("link_open", _link_open)


def html_of(markdown: str) -> Markup:
    """Markdown as HTML. HTML in it is shown as it is written."""
    # markdown-it escapes all that is text, and knows no raw HTML here.
    return Markup(_MARKDOWN.render(markdown))  # noqa: S704  # see above
