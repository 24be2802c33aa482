"""The command line: every file in `commands` is one command, imported when it is typed."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import click

from archspec import __version__
from archspec.cli import commands

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Commands(click.Group):
    """The group of the commands: `archspec NAME` is `commands/NAME.py`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, sorted."""
        return sorted(module.name for module in iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        found: click.Command = import_module(f"{commands.__name__}.{cmd_name}").command
        return found


@click.group(cls=Commands, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="archspec")
def main() -> None:
    """Neural networks as data: one YAML table becomes Keras, PyTorch and readable source.

    SPEC is a path or a name of the zoo (`archspec list`).
    Exit codes: 0 clean, 1 findings in a spec or in weights, 2 usage or the tool itself.
    """
