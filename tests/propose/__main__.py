"""Proposes the table of a declared issuer: ``python -m tests.propose NAME [--rules FILE]``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.propose.look_of import look_of
from tests.propose.rule import TOKEN, Asked, Rule

INSTALL = "pip install kingfisher-secret-scanner==1.5.0"


def proposal(rule: Rule, word: str, source: str) -> str:
    """The table, with a comment for each thing that the rule does not say; what is empty does not load."""
    asked = next((one for one in rule.liveness if one.method == "GET" and one.address), Asked("", ""))
    sent = {name: value for name, value in asked.headers.items() if TOKEN in value}
    look = look_of(rule.pattern)
    subject = rule.subjects[0] if rule.subjects else ""
    others = f", or {', '.join(rule.subjects[1:])}" if rule.subjects[1:] else ""
    lines = [
        f"# Proposed from the rule {rule.id} of {source}: {rule.name}",
        "# Compare each line with the vendor's own documentation, and write down what you read, and when.",
        f"[credential.{word}.declared]",
        f"called = {json.dumps(word.capitalize())}",
        f"host = {json.dumps(word)}",
        f"values = {{ token = {json.dumps(look or '')} }}{'' if look else _to_write(rule.pattern)}",
        f"headers = {{ {', '.join(f'{name} = {json.dumps(value)}' for name, value in sent.items())} }}",
        f"identity = {json.dumps(asked.path if asked.address else '')}{_liveness(rule, asked)}",
        f"subject = {json.dumps(subject)}  # whose the key is, in the answer{others}",
        *([f"refused = {list(rule.refused)}"] if rule.refused else []),
        'page = ""  # the path of the page on which a person makes a key',
        "clicks = []  # what to click there, in order",
        "never = []  # what must not be clicked there",
        f'old_dies = ""  # "at mint", or "a person deletes it" with ends = [...]{_revocation(rule)}',
        "",
        "[hosts.issuers]",
        f"{word} = {json.dumps(asked.origin if asked.address else '')}",
    ]
    return "\n".join(lines) + "\n"


def _to_write(pattern: str) -> str:
    return f"  # the rule's expression is no look: {pattern[:120]}"


def _liveness(rule: Rule, asked: Asked) -> str:
    if asked.address:
        return "  # asked with GET; it must change nothing"
    found = ", ".join(f"{one.method} {one.address or '(an address that is put together)'}" for one in rule.liveness)
    return f"  # the rule asks by none that a table could: {found or 'it has no check'}"


def _revocation(rule: Rule) -> str:
    found = ", ".join(f"{one.method} {one.address or '(put together)'}" for one in rule.revocation)
    return f". The rule revokes by {found}: an issuer with code could" if found else ""


def rules_of(file: Path | None) -> tuple[str, Mapping[str, Mapping[str, Any]]]:
    """What the rules are of, and each by its id. SystemExit says what to install."""
    if file is not None:
        listed = json.loads(file.read_text())
        return str(file.name), {one["id"]: one for one in listed}
    try:
        from kingfisher_sdk import Rules  # noqa: PLC0415  # a development tool, which rekey never needs
    except ImportError:
        sys.exit(f"The package of the rules is not installed. Install it: {INSTALL}")
    rules = Rules(cache=False)
    package = f"kingfisher-secret-scanner {version('kingfisher-secret-scanner')} (Apache-2.0)"
    return package, {one["id"]: rules.detail(one["id"]) for one in rules.metadata()}


def matching(ids: Iterable[str], name: str) -> list[str]:
    """The rules of this id, or with this word in it."""
    listed = list(ids)
    return [name] if name in listed else sorted(one for one in listed if name.lower() in one.lower())


def main(arguments: list[str] | None = None) -> None:
    """Print a proposal for each rule of that name."""
    parser = argparse.ArgumentParser(prog="python -m tests.propose", description=__doc__)
    parser.add_argument("name", help="a rule's id, or a word in it, such as postmark")
    parser.add_argument("--rules", type=Path, default=None, help="a JSON file of rules instead of the package's")
    given = parser.parse_args(arguments)
    source, rules = rules_of(given.rules)
    found = matching(rules, given.name)
    if not found:
        sys.exit(f"None of the {len(rules)} rules of {source} has {given.name} in its id. Try a shorter word.")
    word = "".join(one if one.isalnum() else "-" for one in given.name.lower()).strip("-")
    for one in found:
        sys.stdout.write(proposal(Rule.of(rules[one]), word, source) + "\n")


if __name__ == "__main__":
    main()
