"""`archspec completion`."""

from __future__ import annotations

import click

from archspec.cli.options import WordChoice


@click.command("completion")
@click.argument("shell", type=WordChoice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """A script for a shell that completes what you type.

    Commands, specs, variants, variables and their values. Its first lines say where it goes.
    """
    from archspec.cli.completion.shells import SHELLS

    root = ctx.find_root()
    program = root.info_name or "archspec"
    variable = f"_{program.replace('-', '_').replace('.', '_')}_COMPLETE".upper()
    click.echo(SHELLS[shell](root.command, {}, program, variable).source(), nl=False)
