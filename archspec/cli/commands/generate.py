"""`archspec generate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from archspec.cli.completion import candidates
from archspec.cli.options import (
    BACKEND,
    failing,
    fix_option,
    input_option,
    keep_option,
    network_of,
    printed_of,
    set_option,
)
from archspec.terminal import printable


@click.command("generate")
@click.argument("spec", required=False, shell_complete=candidates.specs)
@set_option
@input_option
@click.option("--backend", "-b", **BACKEND)
@click.option(
    "--output",
    "-o",
    type=click.Path(),
    default="-",
    show_default=True,
    help="A file, or - for the terminal.",
)
@keep_option
@fix_option
@click.option(
    "--templates",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A folder of Jinja2 templates that extend the backend's: the file in your own style.",
)
@click.option("--force", is_flag=True, help="Write over a file that a person has edited.")
@click.option(
    "--check", is_flag=True, help="Write nothing; exit code 1 and a diff if FILE is stale."
)
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.pass_context
@failing
def command(
    ctx: click.Context, spec: str | None, force: bool, check: bool, diff: bool, **options: Any
) -> None:
    """Write standalone source; no framework is needed.

    Without SPEC, the files that [[tool.archspec.generate]] lists in pyproject.toml.

    FILE is stale for --check if the network, a name in it or the title has changed. Comments, the order of keys,
    `doc`, `expect` and whatever else leaves the network as it is do not count.
    """
    parameters = {parameter.name: parameter for parameter in ctx.command.params}
    useless = [parameters[name] for name, value in options.items() if value not in (None, (), "-")]
    if spec is None and useless:
        raise click.UsageError(f"SPEC is missing, which {useless[0].opts[0]} is for")
    if spec is None:
        _project(force=force, check=check, diff=diff)
    elif options["backend"] is None:
        raise click.MissingParameter(param=parameters["backend"])
    else:
        _file(spec, **options, force=force, check=check, diff=diff)


def _file(
    spec: str,
    backend: str,
    output: str,
    keep: tuple[str, ...],
    fix: tuple[str, ...],
    templates: Path | None,
    force: bool,
    check: bool,
    diff: bool,
    **options: Any,
) -> None:
    if output == "-" and (check or diff):
        raise click.UsageError("--check and --diff compare with a file: -o FILE")
    network = network_of(spec, **options)
    printed = printed_of(network, backend, keep, fix, templates)
    text = printed.text
    for fallback in printed.fallbacks:
        click.echo(str(fallback), err=True)
    for name in [name for name in keep if name not in printed.arguments]:
        click.echo(f"{name} is no argument: nothing in the file hangs on it", err=True)
    if output == "-":
        click.echo(text, nl=False)
        return
    from archspec.workflows import writing

    if check or diff:
        _show(writing.changes(Path(output), text), check=check)
    else:
        writing.write(Path(output), text, force=force)
        click.echo(printable(f"wrote {output}"), err=True)


def _project(*, force: bool, check: bool, diff: bool) -> None:
    from archspec.workflows import project

    listed = project.entries(Path())
    if check or diff:
        _show(project.stale(listed), check=check)
        return
    written = project.write(listed, force=force)
    for path in written:
        click.echo(printable(f"wrote {path}"), err=True)
    if len(written) < len(listed):
        click.echo(f"up to date: {len(listed) - len(written)} of {len(listed)} files", err=True)


def _show(changed: str, *, check: bool) -> None:
    click.echo(changed, nl=False)
    sys.exit(1 if changed and check else 0)
