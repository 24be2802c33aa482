"""`archspec new`."""

from __future__ import annotations

from pathlib import Path

import click

from archspec.cli.completion import candidates
from archspec.cli.options import failing, installed
from archspec.terminal import printable


@click.command("new")
@click.argument("name")
@click.option(
    "--from",
    "base",
    default="",
    metavar="SPEC",
    shell_complete=candidates.specs,
    help="A spec that the new one extends: a name of the zoo, or a file in this folder or below.",
)
@click.option(
    "--copy",
    default="",
    metavar="SPEC",
    shell_complete=candidates.specs,
    help="A spec that is copied, whole and without its comments: a name of the zoo, or a file.",
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="The file.  [default: NAME.yaml]"
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@failing
def command(name: str, base: str, copy: str, output: Path | None, force: bool) -> None:
    """Begin a spec: a commented file, valid as it stands."""
    from archspec.workflows import starting

    path = output or Path(f"{name}.yaml")
    path = path / f"{name}.yaml" if path.is_dir() else path
    if base and copy:
        raise click.UsageError("--from extends a spec, --copy copies it: give one of them")
    written = starting.begin(name, path, base, copy=copy, force=force)
    click.echo(printable(f"wrote {path}"))
    for beside in written[1:]:
        click.echo(printable(f"wrote {beside}, by which editors complete the spec"))
    click.echo(printable(f"  archspec summary {path}"))
    click.echo(
        printable(f"  archspec build {path}{'' if len(installed()) == 1 else ' --backend torch'}")
    )
