"""`archspec build`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from archspec.cli.options import (
    BACKEND_OR_INSTALLED,
    failing,
    fix_option,
    keep_option,
    network_of,
    one_installed,
    printed_of,
    spec_options,
)


@click.command("build")
@spec_options
@click.option("--backend", "-b", **BACKEND_OR_INSTALLED)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Where the source goes.")
@click.option("--prove", is_flag=True, help="Also run the written file in a process of its own.")
@click.option(
    "--save", type=click.Path(path_type=Path), help="model.pt2, model.keras or weights.safetensors."
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Of random and initial weights."
)
@click.option(
    "--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    help="Canonical ones; else random, saved: initial.",
)
@keep_option
@fix_option
@click.option("--force", is_flag=True, help="Write over a file that a person has edited.")
@failing
def command(
    spec: str,
    backend: str | None,
    output: Path | None,
    prove: bool,
    save: Path | None,
    seed: int,
    dtype: str,
    weights: Path | None,
    keep: tuple[str, ...],
    fix: tuple[str, ...],
    force: bool,
    **options: Any,
) -> None:
    """Build a model, check it, and write its source.

    Shapes and counts are held against the prediction, the printed source against the plan. A backend that prints no
    source builds and checks; --output, --prove, --keep and --fix are then refused.
    """
    from archspec.lowering.backend import NoSource, ready

    backend = backend or one_installed()
    network = network_of(spec, **options)
    endings = (*ready(backend).saves, ".safetensors")
    if save is not None and save.suffix not in endings:
        message = f"--save {save}: the {backend} backend writes {', '.join(endings)}"
        raise click.UsageError(message)
    if prove and output is not None and output.exists() and not output.is_file():
        raise click.UsageError(f"--prove runs the written file, and {output} cannot be read back")
    printed = None
    try:
        printed = printed_of(network, backend, keep, fix)
    except NoSource:
        if output or prove or keep or fix:
            raise
    from archspec.workflows import building

    built = building.build(network, backend, seed, dtype, click.echo, weights)
    if printed is None:
        click.echo(f"  {NoSource(backend)}")
    else:
        path = output or Path("build") / f"{network.name}_{backend}.py"
        building.write(printed, path, click.echo, partial(click.echo, err=True), force=force)
        if prove:
            building.prove(built, printed, path, dtype, click.echo)
    if save is not None:
        building.save(built, save, seed, dtype, click.echo)
