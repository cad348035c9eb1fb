"""``rekey kind check``: plays every rule of its family against a kind before its twin."""

from __future__ import annotations

import argparse
import sys

from deployments.cli.exit_codes import Every
from deployments.cli.ledger import print_json
from deployments.kit.check import checked, factories_at
from deployments.kit.rules import Factory
from deployments.kit.shipped import SHIPPED, not_playable
from deployments.terminal.tables import print_text


def check(chosen: argparse.Namespace) -> int:
    """Each rule in a line, as it is played. Raises CatalogError for a place without a stand."""
    wanted: dict[str, Factory] = dict(SHIPPED) if chosen.place is None else factories_at(chosen.place)
    for name in [] if chosen.place is not None else [*wanted]:
        missing = not_playable(name)
        if missing:
            print_text(missing, file=sys.stderr)
            del wanted[name]
    found = []
    for name, factory in wanted.items():
        if not chosen.json:
            print_text(name)
        for one in checked(factory):
            found.append({"kind": name, "rule": one.rule.name, "says": one.rule.says, "broken": one.broken})
            if not chosen.json:
                print_text(f"{'BROKEN' if one.broken else 'kept'}  {one.rule.name}", indent=4)
                if one.broken:
                    print_text(f"{one.broken} The rule: {one.rule.says}", indent=8)
    broken = sum(bool(one["broken"]) for one in found)
    if chosen.json:
        print_json({"rules": found, "broken": broken})
    else:
        print_text(f"{len(found) - broken} of {len(found)} rules are kept, by {len(wanted)} kinds.")
    return Every.NOT_DONE if broken else Every.DONE
