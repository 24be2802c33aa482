"""`archspec summary`."""

from __future__ import annotations

from typing import Any

import click

from archspec.cli.options import WordChoice, failing, format_option, network_of, spec_options

LEVELS = ("row", "block", "type")


@click.command("summary")
@spec_options
@click.option(
    "--by",
    type=WordChoice(LEVELS),
    default="row",
    show_default=True,
    help="A line for each row, for each block (group, repeat, row of a table), or for each type of operation.",
)
@format_option
@failing
def command(spec: str, form: str, by: str, **options: Any) -> None:
    """The rows as a paper prints them, with what they cost.

    Shapes, parameters and multiply-adds.
    """
    from archspec.cli.rendering import networks

    networks.summary(network_of(spec, **options), form, by)
