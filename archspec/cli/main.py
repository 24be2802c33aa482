"""The command line: every file in `commands` is one command, imported when it is typed."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import click

from archspec import __version__
from archspec.cli import commands
from archspec.cli.options import plain_warnings

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Commands(click.Group):
    """The group of the commands: `archspec NAME` is `commands/NAME.py`."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        """As a process of its own, which ends in order when it is asked to: no temporary file is left behind."""
        with suppress(ValueError):  # in a thread, which no signal reaches
            for name in {"SIGTERM", "SIGHUP"} & set(dir(signal)):
                if signal.getsignal(number := signal.Signals[name]) == signal.SIG_DFL:
                    signal.signal(number, lambda number, _: sys.exit(128 + number))
        return super().__call__(*args, **options)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, sorted."""
        return sorted(module.name for module in iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"{commands.__name__}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the command that was meant by a misspelt one."""
        from archspec.cli.options import meant

        name, commands = args[0], self.list_commands(ctx)
        if name not in commands and not name.startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(f"No such command {name!r}.{meant(name, commands)}", ctx)
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **options: Any) -> Any:
        """As click does, with our own scripts for shells when one asks what to complete."""
        if any(name.startswith("_ARCHSPEC") for name in os.environ):
            from archspec.cli.completion import shells

            shells.register()
        # Pydantic would look for plug-ins of its own in everything that is installed
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
        return super().main(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; warnings of plug-ins are shown as plain lines."""
        with plain_warnings():
            return super().invoke(ctx)


@click.group(cls=Commands, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="archspec")
def main() -> None:
    """Neural networks as data: one YAML table becomes Keras, PyTorch and readable source.

    SPEC is a path or a name of the zoo (`archspec list`).
    Exit codes: 0 clean, 1 findings in a spec or in weights, 2 usage or the tool itself.
    """
