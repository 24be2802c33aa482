"""`archspec show`."""

from __future__ import annotations

import sys
from typing import Any

import click

from archspec.cli.options import failing, network_of, spec_options
from archspec.terminal import printable


@click.command("show")
@spec_options
@click.option(
    "--alone",
    is_flag=True,
    help="As one file that extends nothing, without comments; --set and --input give it too.",
)
@failing
def command(spec: str, alone: bool, **options: Any) -> None:
    """Print a spec: a file of the zoo as it is, comments and all.

    Of a variant the file that it is in. `archspec new NAME --copy SPEC` makes a file of your own of it.
    """
    from archspec.api import source_of

    if alone or any(options.values()):
        click.echo(network_of(spec, **options).to_yaml(), nl=False)
        return
    source, variant = source_of(spec)
    if variant is not None:
        told = f"{spec} is a variant in {source.name}; --alone shows it by itself"
        click.echo(printable(told), err=True)
    seen = "\n".join(map(printable, source.text.split("\n")))
    click.echo(seen if sys.stdout.isatty() else source.text, nl=False, color=True)
