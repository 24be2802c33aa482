"""`archspec list`."""

from __future__ import annotations

import click

from archspec.cli.completion import candidates
from archspec.cli.options import failing, format_option


@click.command("list")
@click.argument("word", default="", required=False)
@click.option(
    "--family",
    default="",
    metavar="NAME",
    shell_complete=candidates.families,
    help="Only networks of this family.",
)
@format_option
@failing
def command(word: str, family: str, form: str) -> None:
    """The networks of the zoo, family by family.

    With WORD those that have it in their name, title or reference.
    """
    from archspec import shelf
    from archspec.cli.rendering import networks
    from archspec.workflows.listing import entries

    listed = entries(word, family)
    networks.zoo(listed, () if word or family else shelf.blocks(), form)
