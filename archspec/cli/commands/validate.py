"""`archspec validate`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from archspec.cli.options import Shape, failing, network_of

if TYPE_CHECKING:
    from archspec.api import Network


@click.command("validate")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A variable's value.")
@click.option("--input", "size", type=Shape(), help="Replaces the input, such as 100x90x3.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
)
@failing
def command(
    specs: tuple[str, ...], settings: tuple[str, ...], size: tuple[int, ...], form: str
) -> None:
    """Check specs and elaborate them, shapes and all.

    The formats for machines - json, GitHub's annotations, SARIF - go to the standard output.
    """
    from archspec.source import Diagnostic, SpecError

    found: list[Diagnostic] = []
    for spec in specs:
        try:
            network = network_of(spec, settings=settings, size=size)
            network.check()
        except SpecError as error:
            found += error.diagnostics
            if form == "text":
                click.echo(str(error), err=True)
            continue
        if form == "text":
            click.echo(_valid(spec, network))
    if form != "text":
        from archspec.cli.findings import FORMATS

        click.echo(FORMATS[form](found))
    if found:
        sys.exit(1)


def _valid(spec: str, network: Network) -> str:
    counted = f"{len(network.table())} rows, {network.params.total:,} parameters"
    variants = len(network.variants)
    also = f", {variants} variant{'s' if variants > 1 else ''}" if variants else ""
    return f"{spec}: ok, {counted}{also}"
