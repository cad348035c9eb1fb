"""What may be typed after ``rekey``: every command with its options, and where its code is."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployments.cli import on_this_machine, values
from deployments.cli.exit_codes import Every

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  # argparse names it nowhere else

# What needs Prefect, the ledger or the catalog is imported by the command that needs it: --help waits for nothing.
Command = Callable[[argparse.Namespace], int]
READING, RECORD, CONSOLE = "deployments.cli.overview", "deployments.cli.ledger", "deployments.console.serve"
INCIDENT, KIND = "deployments.cli.incident", "deployments.cli.kind"
OPERATORS, RESUME = "deployments.cli.operators", "deployments.cli.resume"
FOR_PROGRAMS = "as JSON, with names that do not change"
PREFECT_PORT = 4200
CONSOLE_PORT = 4280
SANDBOX_PORT = 4801


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    top = _without_commands()
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for add in (_add_local, _add_register, _add_ledger, _add_operators, _add_incident, _add_kind, _add_reading):
        add(commands)
    return top


def _add_local(commands: _Commands) -> None:
    demo = commands.add_parser("demo", help="sandbox, Prefect server and worker on this machine, until Ctrl-C")
    demo.add_argument("--prefect-port", type=int, default=PREFECT_PORT)
    demo.add_argument("--console-port", type=int, default=CONSOLE_PORT)
    demo.add_argument("--sandbox-port", type=int, default=SANDBOX_PORT, help="first of sixteen ports")
    demo.add_argument("--home", type=Path, default=None, help="keep its files there instead of in .rekey/demo")
    demo.set_defaults(command=on_this_machine.demo)

    rehearse = commands.add_parser("rehearse", help="one whole rotation in the sandbox, by a robot operator")
    rehearse.add_argument("credential")
    rehearse.add_argument("--scenario", default="plain", help="what goes wrong; `--scenario list` names them")
    rehearse.add_argument(
        "--proof",
        choices=("none", "passkey"),
        help="what every credential asks for, instead of what the catalog says; the robot has a passkey in software",
    )
    rehearse.add_argument(
        "--entry",
        choices=("any", "sealed"),
        help="which entries every credential takes, instead of what the catalog says; the robot seals where it must",
    )
    rehearse.add_argument(
        "--approvals",
        type=int,
        choices=(1, 2),
        help="how many approvals every credential asks for, instead of what the catalog says; a second robot gives the "
        "other one, and 2 needs `--proof passkey`",
    )
    rehearse.set_defaults(command=on_this_machine.rehearse)

    sandbox = commands.add_parser("sandbox", help="the simulated vendors alone, until Ctrl-C")
    sandbox.add_argument("--port", type=int, default=SANDBOX_PORT, help="first of sixteen ports")
    sandbox.add_argument(
        "--profile", choices=["2024", "current"], default="2024", help="age of the simulated Infisical"
    )
    sandbox.add_argument("--env-file", type=Path, default=None, help="addresses and tokens")
    sandbox.set_defaults(command=on_this_machine.sandbox)


def _add_register(commands: _Commands) -> None:
    register = commands.add_parser("register", help="seed the blocks, deploy the flows, make the automations")
    register.add_argument("--env-file", type=Path, default=None, help="REKEY_NAME=value lines, beside the environment")
    register.add_argument("--blocks-only", action="store_true", help="neither deployments nor automations")
    register.set_defaults(command=on_this_machine.register)


def _add_ledger(commands: _Commands) -> None:
    ledger = commands.add_parser("ledger", help="show, verify, protect, migrate or close what is recorded")
    actions = ledger.add_subparsers(required=True, metavar="ACTION")
    show = actions.add_parser("show", help="every row, oldest first")
    show.add_argument("--credential", default=None)
    show.add_argument("--json", action="store_true", help=FOR_PROGRAMS)
    show.set_defaults(command=_later(RECORD, "show"))
    verify = actions.add_parser(
        "verify", help="recompute the chain and compare it with the heads that were posted; 1 broken, 3 not all known"
    )
    verify.add_argument(
        "--head",
        type=values.row_hash,
        action="append",
        help="a hash from a report or notice: only that is compared, offline",
    )
    verify.add_argument("--json", action="store_true", help=FOR_PROGRAMS)
    verify.set_defaults(command=_later(RECORD, "verify"))
    protect = actions.add_parser("protect", help="put missing triggers and rights of its file back, and record who did")
    protect.add_argument("--operator", required=True, help="your name")
    protect.set_defaults(command=_later(RECORD, "protect"))
    migrate = actions.add_parser(
        "migrate", help="give the ledger of an older rekey what it lacks; nothing of it changes"
    )
    migrate.set_defaults(command=_later(RECORD, "migrate"))
    close = actions.add_parser("close", help="end an unfinished rotation by hand, with a reason")
    close.add_argument("credential")
    close.add_argument("--operator", required=True, help="your name")
    close.add_argument("--reason", required=True, help="why it is over")
    close.set_defaults(command=_later(RECORD, "close"))


def _add_operators(commands: _Commands) -> None:
    operators = commands.add_parser("operator", help="who may act: enrolled by a one-time link to the console")
    actions = operators.add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser(
        "add", help="print a link by which somebody registers passkeys; a superadmin approves it, once there is one"
    )
    add.add_argument("name")
    add.add_argument("--role", required=True, choices=("ops", "superadmin"), help="what the operator may do")
    add.set_defaults(command=_later(OPERATORS, "add"))
    show = actions.add_parser("list", help="who is enrolled, with how many authenticators")
    show.add_argument("--json", action="store_true", help=FOR_PROGRAMS)
    show.set_defaults(command=_later(OPERATORS, "show"))
    code = actions.add_parser(
        "code",
        help="print a secret for one-time codes, once; the vault keeps it where [operators] of the catalog says; "
        "a superadmin approves it, once there is one",
    )
    code.add_argument("name")
    code.set_defaults(command=_later(OPERATORS, "code"))
    remove = actions.add_parser("remove", help="let an operator act no more, from now on")
    remove.add_argument("name")
    remove.set_defaults(command=_later(OPERATORS, "remove"))
    recover = actions.add_parser(
        "recover", help="authenticators are lost: take no old one any more, and print a link for new ones"
    )
    recover.add_argument("name")
    recover.set_defaults(command=_later(OPERATORS, "recover"))


def _add_incident(commands: _Commands) -> None:
    incident = commands.add_parser(
        "incident", help="somebody may know what only consumers should: rotate all of it, in order, until none is left"
    )
    actions = incident.add_subparsers(required=True, metavar="ACTION")
    opened = actions.add_parser("open", help="write down what is to be rotated; watch starts it, and tells people")
    opened.add_argument("credential", nargs="*", help="a name of the catalog")
    opened.add_argument(
        "--consumer", action="append", metavar="KIND:NAME", help="everything that this place has a copy of"
    )
    opened.add_argument(
        "--operator", action="append", metavar="NAME", help="everything that this person could have seen"
    )
    opened.add_argument("--reason", required=True, help="what happened")
    opened.add_argument("--by", required=True, help="your name")
    opened.add_argument("--dry-run", action="store_true", help="only print what would be rotated, in which order")
    opened.set_defaults(command=_later(INCIDENT, "open_one"))
    show = actions.add_parser("show", help="how far each open incident is, or the newest")
    show.add_argument("incident", nargs="?", default="", help="its name, i-...")
    show.add_argument("--json", action="store_true", help=FOR_PROGRAMS)
    show.set_defaults(command=_later(INCIDENT, "show"))
    close = actions.add_parser("close", help="end one of which something is left, and say why")
    close.add_argument("incident", help="its name, i-...")
    close.add_argument("--by", required=True, help="your name")
    close.add_argument("--reason", required=True, help="why nothing of it has to be rotated any more")
    close.set_defaults(command=_later(INCIDENT, "close"))


def _add_kind(commands: _Commands) -> None:
    kind = commands.add_parser("kind", help="for whoever adds an issuer, a vault, a consumer, a brake or a runtime")
    actions = kind.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser(
        "check", help="play every rule of its family against a kind before its twin; 1 when one is broken"
    )
    check.add_argument(
        "place",
        nargs="?",
        help="where its stand is made: FILE.py, MODULE, or either with :FUNCTION; without one all of rekey's own kinds",
    )
    check.add_argument("--json", action="store_true", help=FOR_PROGRAMS)
    check.set_defaults(command=_later(KIND, "check", asks_rekey=False))


def _add_reading(commands: _Commands) -> None:
    health = commands.add_parser(
        "health",
        help="examine now whether rotations would work; changes no key and no consumer; "
        "records what it found and tells people what changed",
    )
    health.add_argument("--credential", default="all", help="one name of the catalog instead of all")
    health.add_argument(
        "--full", action="store_true", help="also try what a rotation has to write, where no consumer reads"
    )
    health.add_argument("--json", action="store_true", help=FOR_PROGRAMS)
    health.set_defaults(command=_later(READING, "health"))

    status = commands.add_parser(
        "status", help="what is not finished: where it stands, what it waits for, since when; and how old each key is"
    )
    status.add_argument("--json", action="store_true", help=FOR_PROGRAMS)
    status.set_defaults(command=_later(READING, "status"))

    resume = commands.add_parser(
        "resume", help="enter the new pair that a rotation waits for: asked without echo, sealed before it is sent"
    )
    resume.add_argument("credential")
    resume.add_argument("--operator", required=True, help="your name")
    resume.set_defaults(command=_later(RESUME, "resume"))

    metrics = commands.add_parser("metrics", help="how it stands, as numbers for a monitoring system")
    to = metrics.add_mutually_exclusive_group()
    to.add_argument("--listen", type=values.address, default=None, help="serve them at HOST:PORT, until Ctrl-C")
    to.add_argument("--otlp", action="store_true", help="push them to a collector of OpenTelemetry, each minute")
    metrics.add_argument("--once", action="store_true", help="with --otlp: push them once and end")
    metrics.set_defaults(command=_later("deployments.cli.metrics", "metrics"))

    watchdog = commands.add_parser(
        "watchdog", help="tell people when watch does not work any more; on another machine than the workers', say"
    )
    watchdog.add_argument("--once", action="store_true", help="look once and end, for cron or a systemd timer")
    watchdog.add_argument("--every", type=values.positive, default=60.0, metavar="SECONDS", help="between two looks")
    watchdog.add_argument("--late", type=values.positive, default=5.0, metavar="MINUTES", help="after which it is told")
    watchdog.add_argument("--state", type=Path, default=None, metavar="FILE", help="where it remembers what it told")
    watchdog.set_defaults(command=_later("deployments.cli.watchdog", "watchdog"))

    catalog = commands.add_parser("catalog", help="check the catalog and show what it holds")
    catalog.add_argument("--json", action="store_true", help=FOR_PROGRAMS)
    catalog.set_defaults(command=_later(READING, "catalog"))

    console = commands.add_parser(
        "console",
        help="serve the page on which a rotation is done: what waits, where it stands, and its forms; until Ctrl-C",
    )
    console.set_defaults(command=_later(CONSOLE, "console"))


def _without_commands() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="rekey", description="Rotates credentials that only a human can mint.")
    top.add_argument("--version", action=_Version, help="which rekey this is")
    return top


class _Version(argparse.Action):
    """Prints the version and ends, before any command is looked for. Only whoever asks reads the package's metadata."""

    def __init__(self, option_strings: Sequence[str], dest: str, **named: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, **named)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib import metadata  # noqa: PLC0415  # it takes longer than --help

        try:
            print(f"rekey {metadata.version('rekey')}")
        except metadata.PackageNotFoundError:
            parser.exit(
                Every.NOT_DONE, "rekey: it is not installed here, so no version is known. Run it as .venv/bin/rekey.\n"
            )
        parser.exit()


def _later(module: str, name: str, *, asks_rekey: bool = True) -> Command:
    """A command that is imported when it is chosen. ``asks_rekey``: of the demo that runs here, unless one is named."""

    def run(chosen: argparse.Namespace) -> int:
        from deployments.local import current  # noqa: PLC0415  # see above

        if asks_rekey and current.adopt():
            print(f"rekey: reads the demo that runs here ({current.FILE}).", file=sys.stderr)
        command: Command = getattr(importlib.import_module(module), name)
        return command(chosen)

    return run
