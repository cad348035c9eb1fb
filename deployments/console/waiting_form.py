"""The form that a rotation shows now, for the console's page: what it says, and what it asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from blocks.issuers.terms import MintForm
from blocks.operators.act import PROOF, SEALED
from blocks.text import elsewhere
from deployments.local.ask_prefect import Shown

# The field that names who answers, and the switch by which a rotation is ended instead (tasks/person/forms.py).
OPERATOR, STOPS = "operator", "stop_here"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``kind``: text, secret (masked, and sealed before it is sent), switch, or choice of ``options``."""

    name: str
    kind: str
    title: str
    description: str
    is_required: bool
    is_minted: bool = False
    # Asked by the page alone, and not sent: Prefect's form does not have it.
    is_local: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitingForm:
    """One form; ``text`` is HTML."""

    key: str
    run: str
    text: Markup
    fields: tuple[Field, ...]

    @property
    def asks_for_a_proof(self) -> bool:
        """Whether who answers has to be proved."""
        return any(one.name == PROOF for one in self.fields)

    @property
    def asks_for_a_pair(self) -> bool:
        """Whether the values of a new pair are asked for."""
        return any(one.is_minted for one in self.fields)


def form_of(run: str, shown: Shown, mint: MintForm) -> WaitingForm:
    """The form of this run, without what is said for Prefect's page alone. ``mint`` is what its issuer's form asks for.

    The page asks for the pair also where Prefect's form takes only what is sealed.
    """
    properties, required = shown.schema.get("properties"), shown.schema.get("required")
    properties = properties if isinstance(properties, dict) else {}
    required = required if isinstance(required, list) else []
    by_position = sorted(properties.items(), key=lambda named: int(named[1].get("position", 0)))
    fields = [
        _field(name, one, is_required=name in required, is_minted=name in mint.values)
        for name, one in by_position
        if name not in {SEALED, OPERATOR}
    ]
    if SEALED in properties and not properties.keys() & mint.values.keys():
        fields = [*_local(mint), *fields]
    return WaitingForm(shown.key, run, html_of(elsewhere(shown.description)), tuple(fields))


def _local(mint: MintForm) -> Iterator[Field]:
    for name, value in mint.values.items():
        told = elsewhere(value.description)
        yield Field(name, "secret", value.title, told, is_required=True, is_minted=True, is_local=True)
    for one in mint.confirmed:
        yield Field(one.name, "switch", one.title, one.description, is_required=True, is_local=True)


def _field(name: str, schema: Mapping[str, Any], *, is_required: bool, is_minted: bool) -> Field:
    kind = "text"
    options = tuple(str(one) for one in schema.get("enum") or ())
    if options:
        kind = "choice"
    elif schema.get("type") == "boolean":
        kind = "switch"
    elif schema.get("writeOnly") or schema.get("format") == "password":
        kind = "secret"
    title, told = str(schema.get("title") or name), elsewhere(str(schema.get("description") or ""))
    return Field(name, kind, title, told, is_required, is_minted, options=options)


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
