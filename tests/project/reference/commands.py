"""docs/reference/commands.md: the command line, its options, exit codes and answers for programs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from enum import IntEnum

from deployments.cli.exit_codes import Every, Examined, Standing, Verified, Watched
from deployments.cli.options import parser
from tests.project.reference import members
from tests.project.reference.markdown import code, page, summary, table

CODES: tuple[type[IntEnum], ...] = (Every, Standing, Examined, Watched, Verified)
ABOUT = (
    "The program is `.venv/bin/rekey` after any `make` target. What is waited for and what is wrong goes to stderr; "
    "stdout is what a command answers. `status` reads the ledger and, of an open rotation, asks Prefect for the state "
    "of its run: the login comes from `PREFECT_API_AUTH_STRING`, and what cannot be asked is said as unknown."
)
JSON = (
    "With `--json` the answers have these names, which do not change. "
    "`tests/e2e/test_status.py`, `tests/health/test_command_line.py` and `tests/operators/test_command_line.py` "
    "compare them."
)
ANSWERS = {
    "rekey status --json": "ledger, standing, rotations (credential, standing, trading, rotation, done, missing, now, "
    "held, must_act, since, by, approved, decided, run, prefect), incidents, old_ones, clocks (machine, ahead_s, "
    "noted), credentials (credential, environment, mode, role, cadence, last_rotated, next_due, last_rehearsed, state, "
    "copies)",
    "rekey health --json": "outcome, matrix (as credentials above), checks (credential, check, called, outcome, "
    "what, what_to_do)",
    "rekey catalog --json": "catalog, credentials (name, environment, enabled, role, cadence_days, vault, consumers, "
    "brakes, not_proved, opens, who_is_missing)",
    "rekey operator list --json": "ledger, operators (name, role, passkeys (called, credential_id, host), codes)",
    "rekey ledger show --json": "a list: sequence, at, rotation, credential, action, actor, context, previous, hash",
    "rekey ledger verify --json": "ledger, outcome (ok, failed, unknown), rows, head, what, what_to_do",
}


def commands(top: argparse.ArgumentParser | None = None) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Each command and its actions: how it is called, its help, and what it takes."""
    one = top or parser()
    for sub in (action for action in one._actions if isinstance(action, argparse._SubParsersAction)):
        for choice in sub._choices_actions:
            inner = sub.choices[choice.dest]
            yield inner.prog, str(choice.help), inner
            yield from commands(inner)


def text() -> str:
    """The page."""
    return page(
        "Commands",
        ABOUT,
        table(["command", "does"], ([code(name), told] for name, told, _ in commands())),
        "## Options",
        table(["command", "option", "default", "says"], _options()),
        "## Exit codes",
        *(part for kind in CODES for part in (f"### {summary(kind).rstrip('.')}", _codes(kind))),
        "## Answers for programs",
        JSON,
        table(["command", "names"], ([code(name), told] for name, told in ANSWERS.items())),
    )


def _options() -> Iterator[list[str]]:
    for name, _, one in [("rekey", "", parser()), *commands()]:
        for action in one._actions:
            if isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
                continue
            option = " ".join(filter(None, [*action.option_strings[-1:], _value(action)]))
            yield [code(name), code(option), _default(action), _help(action)]


def _value(action: argparse.Action) -> str:
    if action.choices is not None:
        return "|".join(map(str, action.choices))
    return "" if action.nargs == 0 else str(action.metavar or action.dest.upper())


def _default(action: argparse.Action) -> str:
    if action.required:
        return "needed"
    return "" if action.default in {None, False, argparse.SUPPRESS} else code(str(action.default))


def _help(action: argparse.Action) -> str:
    return action.help or ""


def _codes(kind: type[IntEnum]) -> str:
    told = members.told(kind)
    return table(["code", "says"], ([code(str(one.value)), told[one.name]] for one in kind))
