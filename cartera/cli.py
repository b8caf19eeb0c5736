"""The command line: `cartera COMMAND …`. One module a command; only the one asked for is imported."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import NoReturn, Protocol, cast

from cartera.errors import UserFacingError
from cartera.settings import Settings
from cartera.supervisor import stop_signals_interrupt

# Command, its module in cartera.commands, and what it does.
COMMANDS = {
    "up": ("up", "Set everything up and run it: servers, migrations, demo, web and worker."),
    "serve": ("serve", "Run the web server alone."),
    "worker": ("worker", "Run the worker alone."),
    "migrate": ("migrate", "Bring the database to this version of the code."),
    "import": ("import_file", "Import open or settled invoices, payments or contacts from a CSV file."),
    "organization": ("organization", "Found an organization, with the first person who may log in."),
    "token": ("token", "Print a bearer token for scripts against /graphql."),
    "seed": ("seed", "Add an organization with a generated portfolio, of any size."),
    "doctor": ("doctor", "Say what is set, what answers and what is missing."),
}


class Command(Protocol):
    """What each module in cartera.commands offers."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's options."""

    def run(self, options: argparse.Namespace, settings: Settings) -> int:
        """Do it, and return the exit code. Raises UserFacingError with one sentence that says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. The exit code: 0 done, 1 failed, 2 for the user to put right, 130 interrupted."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with stop_signals_interrupt():
            code = _run(words)
            # Here, and not when the interpreter ends, is learned that nobody reads on.
            sys.stdout.flush()
            return code
    except UserFacingError as error:
        print(f"cartera: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output, such as `head`, has what it wanted.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(words: list[str]) -> int:
    name = words[0] if words else "--help"
    if name in {"-h", "--help"}:
        print(_overview())
        return 0
    if name == "--version":
        print(f"cartera {version('cartera')}")
        return 0
    if name not in COMMANDS:
        raise UserFacingError(f"there is no command {name!r}; cartera --help lists them.")
    module, summary = COMMANDS[name]
    command = cast(Command, import_module(f"cartera.commands.{module}"))
    parser = _Parser(prog=f"cartera {name}", description=summary)
    command.arguments(parser)
    options = parser.parse_args(words[1:])
    return command.run(options, Settings.from_environment(os.environ))


class _Parser(argparse.ArgumentParser):
    """Mistakes in the options are one sentence like all others."""

    def error(self, message: str) -> NoReturn:
        raise UserFacingError(f"{message}; {self.prog} --help shows how.")


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {summary}" for name, (_, summary) in COMMANDS.items()]
    return "\n".join(
        ["usage: cartera COMMAND [OPTIONS]", "", *lines, "", "cartera COMMAND --help shows its options."]
    )


if __name__ == "__main__":
    sys.exit(main())
