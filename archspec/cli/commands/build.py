"""`archspec build`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from archspec.cli.options import failing, network_of, spec_options


@click.command("build")
@spec_options
@click.option("--backend", "-b", required=True, help="The framework: torch or keras.")
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
@click.option("--keep", multiple=True, metavar="NAME", help="A variable that stays an argument.")
@click.option("--force", is_flag=True, help="Write over a file that a person has edited.")
@failing
def command(
    spec: str,
    backend: str,
    output: Path | None,
    prove: bool,
    save: Path | None,
    seed: int,
    dtype: str,
    weights: Path | None,
    keep: tuple[str, ...],
    force: bool,
    **options: Any,
) -> None:
    """Build a model, check it against the prediction, and write its standalone source."""
    from archspec.lowering.backend import ready

    network = network_of(spec, **options)
    ready(backend)
    from archspec.studies import building

    if save is not None and save.suffix not in (*building.SAVED.get(backend, ()), ".safetensors"):
        endings = ", ".join(building.SAVED.get(backend, (".safetensors",)))
        raise click.UsageError(f"--save {save}: the {backend} backend writes {endings}")
    path = output or Path("build") / f"{network.name}_{backend}.py"
    built = building.build(network, backend, seed, dtype, click.echo, weights)
    printed = network.printed(backend, keep=keep or None)
    building.write(printed, path, click.echo, force=force)
    if prove:
        building.prove(built, printed, path, dtype, click.echo)
    if save is not None:
        building.save(built, save, seed, dtype, click.echo)
