"""`archspec list`."""

from __future__ import annotations

import click

from archspec.cli.grid import FORMS
from archspec.cli.options import failing


@click.command("list")
@click.option("--format", "form", type=click.Choice(FORMS), default="table", show_default=True)
@failing
def command(form: str) -> None:
    """The specs of the zoo."""
    from archspec.cli import show

    click.echo(show.zoo(form))
