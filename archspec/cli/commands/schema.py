"""`archspec schema`."""

from __future__ import annotations

from pathlib import Path

import click

from archspec.cli.options import failing
from archspec.terminal import printable


@click.command("schema")
@click.option(
    "--output", "-o", default="-", show_default=True, help="A file, or - for the terminal."
)
@failing
def command(output: str) -> None:
    """The JSON Schema of spec files, for editors.

    It knows every operation that is installed. The first line of a spec names it:

    \b
        # yaml-language-server: $schema=FILE
    """
    from archspec import files
    from archspec.language.schema import schema_text

    text = schema_text()
    if output == "-":
        click.echo(text, nl=False)
        return
    files.write_text(Path(output), text)
    click.echo(printable(f"wrote {output}"), err=True)
