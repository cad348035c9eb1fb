"""The command line: ``rekey --help``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from blocks.errors import RekeyError
from blocks.text import terminal
from deployments.cli.exit_codes import Every
from deployments.cli.options import Command, parser
from deployments.terminal import system_errors


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code (deployments/cli/exit_codes.py)."""
    chosen = parser().parse_args(arguments)
    command: Command = chosen.command
    try:
        code = command(chosen)
        # Here, where a reader that is gone is no surprise.
        sys.stdout.flush()
    except RekeyError as error:
        print(f"rekey: {terminal(str(error))}", file=sys.stderr)
    except BrokenPipeError:
        # Whoever read it, `head` for example, has enough. Python would complain of what is left at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"rekey: {terminal(system_errors.told(error))}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
    else:
        return int(code)
    return Every.NOT_DONE


if __name__ == "__main__":
    sys.exit(main())
