"""`archspec generate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from archspec.cli.options import failing, network_of, spec_options


@click.command("generate")
@spec_options
@click.option("--backend", "-b", required=True, help="torch, keras, or one of `archspec doctor`.")
@click.option(
    "--output", "-o", default="-", show_default=True, help="A file, or - for the terminal."
)
@click.option("--keep", multiple=True, metavar="NAME", help="A variable that stays an argument.")
@click.option("--force", is_flag=True, help="Write over a file that a person has edited.")
@click.option(
    "--check", is_flag=True, help="Write nothing; exit code 1 and a diff if FILE is stale."
)
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@failing
def command(
    spec: str,
    backend: str,
    output: str,
    keep: tuple[str, ...],
    force: bool,
    check: bool,
    diff: bool,
    **options: Any,
) -> None:
    """Write standalone source; no framework is needed."""
    if output == "-" and (check or diff):
        raise click.UsageError("--check and --diff compare with a file: -o FILE")
    text = network_of(spec, **options).source(backend, keep=keep or None)
    if output == "-":
        click.echo(text, nl=False)
        return
    from archspec.studies import writing

    if check or diff:
        changed = writing.changes(Path(output), text)
        click.echo(changed, nl=False)
        sys.exit(1 if changed and check else 0)
    writing.write(Path(output), text, force=force)
    click.echo(f"wrote {output}", err=True)
