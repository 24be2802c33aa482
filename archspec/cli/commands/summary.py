"""`archspec summary`."""

from __future__ import annotations

from typing import Any

import click

from archspec.cli.grid import FORMS
from archspec.cli.options import failing, network_of, spec_options


@click.command("summary")
@spec_options
@click.option("--format", "form", type=click.Choice(FORMS), default="table", show_default=True)
@failing
def command(spec: str, form: str, **options: Any) -> None:
    """The rows as a paper prints them, with shapes, parameters and multiply-adds."""
    from archspec.cli import show

    click.echo(show.summary(network_of(spec, **options), form))
