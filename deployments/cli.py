"""The command line: ``rekey --help``."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from blocks import ledger_check
from blocks.catalog import load_catalog
from blocks.errors import RekeyError, StepError, Unproved
from blocks.lease import Lease
from blocks.ledger import Action, Ledger
from blocks.operators import claimed_by, normalised, problem_of
from blocks.settings import ROOT, read_seeds, read_settings
from deployments.telling import waiting

WRONG = 1
UNKNOWN = 3
# Exit codes of `rekey health`.
HEALTH = {"ok": 0, "unknown": UNKNOWN, "failed": 4}
# Ctrl-C, a request to end, a closed terminal.
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PREFECT_PORT = 4200
SANDBOX_PORT = 4801


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0 done, 1 not done (the reason is on stderr), 2 wrong usage."""
    chosen = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = chosen.command
    try:
        return command(chosen)
    except RekeyError as error:
        print(f"rekey: {error}", file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        return WRONG


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    top = argparse.ArgumentParser(prog="rekey", description="Rotates credentials that only a human can mint.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="sandbox, Prefect server and worker on this machine, until Ctrl-C")
    demo.add_argument("--prefect-port", type=int, default=PREFECT_PORT)
    demo.add_argument("--sandbox-port", type=int, default=SANDBOX_PORT, help="first of eleven ports")
    demo.add_argument("--home", type=Path, default=None, help="keep its files there instead of in .rekey/demo")
    demo.set_defaults(command=_demo)

    rehearse = commands.add_parser("rehearse", help="one whole rotation in the sandbox, by a robot operator")
    rehearse.add_argument("credential")
    rehearse.add_argument("--scenario", default="plain", help="what goes wrong; `--scenario list` names them")
    rehearse.set_defaults(command=_rehearse)

    sandbox = commands.add_parser("sandbox", help="the simulated vendors alone, until Ctrl-C")
    sandbox.add_argument("--port", type=int, default=SANDBOX_PORT, help="first of eleven ports")
    sandbox.add_argument(
        "--profile", choices=["2024", "current"], default="2024", help="age of the simulated Infisical"
    )
    sandbox.add_argument("--env-file", type=Path, default=ROOT / ".rekey" / "sandbox.env", help="addresses and tokens")
    sandbox.set_defaults(command=_sandbox)

    register = commands.add_parser("register", help="seed the blocks, deploy prefect.yaml, make the automations")
    register.add_argument("--env-file", type=Path, default=None, help="REKEY_NAME=value lines, beside the environment")
    register.add_argument("--blocks-only", action="store_true", help="neither deployments nor automations")
    register.set_defaults(command=_register)

    ledger = commands.add_parser("ledger", help="show, verify, protect or close what is recorded")
    actions = ledger.add_subparsers(required=True, metavar="ACTION")
    show = actions.add_parser("show", help="every row, oldest first")
    show.add_argument("--credential", default=None)
    show.set_defaults(command=_ledger_show)
    verify = actions.add_parser(
        "verify", help="recompute the chain and compare it with the heads that were posted; 1 broken, 3 not all known"
    )
    verify.add_argument(
        "--head", type=_hash, action="append", help="a hash from a report or notice: only that is compared, offline"
    )
    verify.set_defaults(command=_ledger_verify)
    protect = actions.add_parser("protect", help="put missing triggers and rights of its file back, and record who did")
    protect.add_argument("--operator", required=True, help="your name")
    protect.set_defaults(command=_ledger_protect)
    close = actions.add_parser("close", help="end an unfinished rotation by hand, with a reason")
    close.add_argument("credential")
    close.add_argument("--operator", required=True, help="your name")
    close.add_argument("--reason", required=True, help="why it is over")
    close.set_defaults(command=_ledger_close)

    health = commands.add_parser("health", help="examine now whether rotations would work; changes nothing")
    health.add_argument("--credential", default="all", help="one name of the catalog instead of all")
    health.add_argument("--full", action="store_true", help="also try what a rotation has to write")
    health.add_argument("--json", action="store_true", help="for programs")
    health.set_defaults(command=_health)

    status = commands.add_parser(
        "status", help="what is not finished: where it stands, what it waits for, since when; and how old each key is"
    )
    status.set_defaults(command=_status)

    catalog = commands.add_parser("catalog", help="check the catalog and show what it holds")
    catalog.set_defaults(command=_catalog)
    return top


def _stop_once(*_: object) -> None:
    """End as by Ctrl-C; a second one does not cut the stopping short, which would leave children behind."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _stop_on_signals() -> None:
    """Every way to end a command stops its children, also when a shell started it in the background (SIGINT is off)."""
    for number in STOPPING:
        signal.signal(number, _stop_once)


def _demo(chosen: argparse.Namespace) -> int:
    _stop_on_signals()
    with waiting("Loading Prefect"):
        from deployments.local import demo  # noqa: PLC0415  # Prefect takes seconds to import; --help should not wait

    demo(chosen.home, prefect_port=chosen.prefect_port, sandbox_port=chosen.sandbox_port)
    return 0


def _rehearse(chosen: argparse.Namespace) -> int:
    with waiting("Loading Prefect"):
        from deployments.places import Places  # noqa: PLC0415  # Prefect takes seconds to import
        from deployments.rehearsal import rehearse  # noqa: PLC0415  # the same
        from deployments.scenarios import SCENARIOS  # noqa: PLC0415  # the same

    load_catalog(read_settings().catalog).get(chosen.credential)
    if chosen.scenario not in SCENARIOS:
        for name, kind in SCENARIOS.items():
            print(f"{name:<28}{(kind.__doc__ or '').splitlines()[0]}")
        return 0 if chosen.scenario == "list" else WRONG
    _stop_on_signals()
    rehearse(chosen.credential, chosen.scenario, Places.fresh(f"rehearsal-{os.getpid()}"))
    return 0


def _sandbox(chosen: argparse.Namespace) -> int:
    from deployments.sandbox.estate import ORDER, Estate  # noqa: PLC0415  # only this command needs the servers

    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with Estate(first_port=chosen.port, profile=chosen.profile) as estate:
        estate.write_env_file(chosen.env_file)
        catalog = chosen.env_file.with_suffix(".toml")
        catalog.write_text(estate.catalog(read_settings().catalog.read_text()))
        print("The sandbox runs; nothing leaves this machine, and every credential is made up.\n")
        for name in ORDER:
            print(f"  {name:<16}{estate.url(name)}")
        print(
            f"\nAddresses and tokens: {chosen.env_file}\nCatalog with these hosts: {catalog}\nCtrl-C stops it.",
            flush=True,
        )
        over.wait()
    return 0


def _register(chosen: argparse.Namespace) -> int:
    from deployments.automations import register_automations  # noqa: PLC0415  # Prefect takes seconds to import
    from deployments.register import deploy, seed_blocks  # noqa: PLC0415  # the same

    catalog = load_catalog(read_settings().catalog)
    for sentence in seed_blocks(read_seeds(chosen.env_file), catalog.hosts):
        print(sentence, flush=True)
    if not chosen.blocks_only:
        deploy({"REKEY_ROOT": str(read_settings().root)})
        print("Deployments of prefect.yaml: deployed.", flush=True)
        for sentence in register_automations(catalog):
            print(sentence, flush=True)
    return 0


def _ledger() -> Ledger:
    return Ledger(read_settings().ledger_url)


def _ledger_show(chosen: argparse.Namespace) -> int:
    from deployments.timeline import lines_of  # noqa: PLC0415  # Prefect takes seconds to import

    for row in _ledger().rows(credential=chosen.credential):
        print(f"#{row.sequence} {row.rotation} {row.actor}")
        for line in lines_of(row):
            print(f"    {line}")
    return 0


def _hash(text: str) -> str:
    """The hash of a row, or its beginning as a notice quotes it."""
    found = text.strip().strip("`").lower()
    if not re.fullmatch(r"[0-9a-f]{16,64}", found):
        raise argparse.ArgumentTypeError("give at least the first 16 of its 64 hex digits")
    return found


def _ledger_verify(chosen: argparse.Namespace) -> int:
    ledger = _ledger()
    if chosen.head:
        print(ledger_check.whole(ledger))
        for one in chosen.head:
            print(ledger_check.row_of(ledger, one))
        ledger_check.demand_guards(ledger)
        return 0
    from blocks import heads  # noqa: PLC0415  # Prefect takes seconds to import

    try:
        print(heads.check(ledger, load_catalog(read_settings().catalog)))
    except Unproved as unknown:
        print(f"rekey: {unknown}", file=sys.stderr)
        return UNKNOWN
    return 0


def _ledger_protect(chosen: argparse.Namespace) -> int:
    for sentence in _ledger().protect(claimed_by(_name_of(chosen))):
        print(f"Was so, and is mended: {sentence}")
    print("The ledger has its triggers, and its file is for its owner only.")
    return 0


def _ledger_close(chosen: argparse.Namespace) -> int:
    settings = read_settings()
    ledger = _ledger()
    start = ledger.open_start(chosen.credential)
    if start is None:
        print(f"No rotation of {chosen.credential} is open.", file=sys.stderr)
        return WRONG
    lease = Lease(settings.ledger_url, chosen.credential)
    holder = lease.look()
    if holder is not None and not lease.is_silent(holder, settings.lease_s):
        where = f"{settings.prefect_ui_url}/runs/flow-run/{holder.flow_run_id}"
        print(f"The run of this rotation lives: {where}. Cancel it there, then close again.", file=sys.stderr)
        return WRONG
    ledger.append(
        Action.ABORTED,
        rotation=start.rotation,
        credential=chosen.credential,
        actor=claimed_by(_name_of(chosen)),
        context={"reason": chosen.reason, "closed": "by hand"},
    )
    stopped = _stopped_by(ledger, start.rotation)
    if stopped:
        print(f"This rotation stopped trading by {stopped}, and that is not released: release it by hand.")
    print(f"Rotation {start.rotation} of {chosen.credential} is closed.")
    print("Pairs in flight stay in the vault's rekey/ folder: look there, and delete what nobody needs.")
    return 0


def _name_of(chosen: argparse.Namespace) -> str:
    """The name that was given. Raises StepError when it is none for the record."""
    problem = problem_of(chosen.operator)
    if problem:
        raise StepError(problem, "Nothing was changed.")
    return normalised(chosen.operator)


def _stopped_by(ledger: Ledger, rotation: str) -> str:
    """The brakes that a rotation engaged and did not release, as a list in words."""
    stopped: list[str] = []
    for row in ledger.rows(rotation=rotation):
        if "engaged_before" in row.context:
            stopped = [label for label, before in row.context["engaged_before"].items() if not before]
        elif "resumed_at" in row.context:
            stopped = []
    return ", ".join(stopped)


def _health(chosen: argparse.Namespace) -> int:
    from deployments.health import examined, lines_of  # noqa: PLC0415  # Prefect takes seconds to import

    found = examined(chosen.credential, full=chosen.full)
    if chosen.json:
        print(json.dumps(found, indent=1))
    else:
        for line in lines_of(found):
            print(line)
    return HEALTH[found["outcome"]]


def _status(_: argparse.Namespace) -> int:
    from deployments.health import matrix_lines  # noqa: PLC0415  # Prefect takes seconds to import
    from deployments.status import Standing, lines_of, status_of  # noqa: PLC0415  # the same

    settings = read_settings()
    found = [status_of(settings, one.name) for one in load_catalog(settings.catalog).enabled]
    for line in (line for one in found if one for line in lines_of(one)):
        print(line)
    if not any(found):
        print("No rotation is open.")
    print()
    for line in matrix_lines(settings):
        print(line)
    return max((one.standing for one in found if one), default=Standing.NOTHING_OPEN)


def _catalog(_: argparse.Namespace) -> int:
    for one in load_catalog(read_settings().catalog).credential.values():
        state = "enabled" if one.enabled else "disabled"
        print(f"{one.name}: {one.environment}, {state}, every {one.cadence_days} days, {one.vault.path}")
        for consumer in one.consumers:
            print(f"    {consumer.label}: {consumer.key_id}, {consumer.secret}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
