"""`archspec validate`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from archspec.cli import complete
from archspec.cli.colour import complain, paint
from archspec.cli.options import Word, failing, input_option, network_of, set_option

if TYPE_CHECKING:
    from archspec.api import Network


@click.command("validate")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...", shell_complete=complete.specs)
@set_option
@input_option
@click.option(
    "--format",
    "form",
    type=Word(["text", "json", "github", "sarif"]),
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
    from archspec.source import Diagnostic, SpecError, render_all

    found: list[Diagnostic] = []
    for spec in specs:
        try:
            network = network_of(spec, settings=settings, size=size)
            network.check()
        except SpecError as error:
            found += error.diagnostics
            if form == "text":
                complain(render_all(error.diagnostics, paint(sys.stderr)))
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
