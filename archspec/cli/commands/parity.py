"""`archspec parity`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from archspec.cli.options import FORMS, failing, network_of, spec_options


@click.command("parity")
@spec_options
@click.option(
    "--backend", "-b", "chosen", multiple=True, help="A framework; unless said, all installed."
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Canonical weights, in place of random ones.",
)
@click.option(
    "--dtype", type=click.Choice(["float64", "float32"]), default="float64", show_default=True
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of weights and inputs.")
@click.option(
    "--training",
    is_flag=True,
    help="Also gradients, running statistics and ten steps; dropouts are at rate 0 then.",
)
@click.option("--format", "form", type=click.Choice(FORMS), default="table", show_default=True)
@failing
def command(
    spec: str,
    chosen: tuple[str, ...],
    weights: Path | None,
    dtype: str,
    seed: int,
    training: bool,
    form: str,
    **options: Any,
) -> None:
    """Compare prediction, models and generated files.

    Every row of every way is held against what the spec means, computed in NumPy, with random weights in every role.
    Where one differs, the first row that does so when it is fed the reference's input is named, with a known cause.
    Generated files run, in processes of their own.
    """
    if training and dtype != "float64":
        raise click.UsageError("--training compares gradients: --dtype float64")
    from archspec.cli.rendering import comparisons
    from archspec.parity.comparing import compare

    network = network_of(spec, **options)
    arrays = None
    if weights is not None:
        from archspec.weights.files import canonical_file

        arrays = canonical_file.read(weights, network.graph)
    report = compare(network, chosen, weights=arrays, dtype=dtype, seed=seed, train=training)
    click.echo(comparisons.parity(report, form))
    if not report.equal:
        click.echo(comparisons.findings(report), err=True)
        sys.exit(1)
