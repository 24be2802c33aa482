"""`archspec weights`: canonical weights from other people's files, into them, and between networks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from archspec.cli.options import FORMS, ShapeOption, failing, literals, network_of, spec_options
from archspec.terminal import printable

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
TARGET = click.Path(dir_okay=False, path_type=Path)
DTYPE = click.Choice(["float16", "bfloat16", "float32", "float64"])
LAYOUTS = "torchvision, timm, torch, keras or onnx"


@click.group("weights")
def command() -> None:
    """Import, export, inspect, diff, convert and transfer weights.

    Files are .safetensors, .pt and .pth, .weights.h5, .keras, .h5 and .onnx. Nothing in them is executed.
    """


layout_option = click.option("--layout", "-l", metavar="NAME", help=f"Whose they are: {LAYOUTS}.")
key_option = click.option("--key", default="", help="Which of several state dicts in a file.")
names_option = click.option("--names", type=FILE, help="A map of names (docs/weights.md).")
output_option = click.option(
    "--output", "-o", type=TARGET, required=True, help="The file to write."
)
form_option = click.option(
    "--format", "form", type=click.Choice(FORMS), default="table", show_default=True
)


@command.command("import")
@click.argument("file", type=FILE)
@spec_options
@layout_option
@click.option(
    "--output", "-o", type=TARGET, help="canonical.safetensors; without it nothing is written."
)
@click.option("--dtype", type=DTYPE, help="The type to write; else that of the file.")
@names_option
@key_option
@click.option("--map", "listed", is_flag=True, help="Show which tensor is which weight.")
@click.option("--check", is_flag=True, help="Prove it by logits against the source's own model.")
@click.option("--reference", default="", metavar="NAME", help="That model, if the spec names none.")
@click.option(
    "--with", "given", multiple=True, metavar="NAME=VALUE", help="An argument of its builder."
)
@failing
def import_(
    file: Path,
    spec: str,
    layout: str | None,
    output: Path | None,
    dtype: str | None,
    names: Path | None,
    key: str,
    listed: bool,
    check: bool,
    reference: str,
    given: tuple[str, ...],
    **options: Any,
) -> None:
    """Foreign weights as canonical ones, each matched with a row of SPEC: all of them, or none."""
    from archspec.cli.rendering import weights as tables
    from archspec.weights import importing
    from archspec.weights.checkpoints import layout_of
    from archspec.weights.files import canonical_file

    network = network_of(spec, **options)
    chosen = layout or layout_of(file, "--layout")
    tensors, matched = importing.weights(
        network.graph, file, chosen, network.name_map(chosen, names), key
    )
    if listed:
        click.echo(tables.match_grid(matched).show("table"))
    left = f"; {len(matched.ignored)} are no weights" if matched.ignored else ""
    click.echo(
        f"matched {len(tensors)} tensors of {file} with {network.name}: by {matched.how}{left}"
    )
    if check:
        from archspec.workflows import importing as proof

        arguments = {name: value for name, (value, _) in literals("--with", given).items()}
        worst = proof.check(network, tensors, file, chosen, reference, arguments, key)
        click.echo(f"  logits equal the source's own, worst difference {worst:.1e} of the largest")
    if output is not None:
        canonical_file.write(output, network.graph, tensors, dtype)
        click.echo(printable(f"wrote {output}"))


@command.command("export")
@click.argument("file", type=FILE)
@spec_options
@layout_option
@output_option
@click.option("--like", type=FILE, help="A file whose names, layouts and types are taken.")
@click.option("--dtype", type=DTYPE, help="The type to write; else that of the file.")
@names_option
@key_option
@failing
def export(
    file: Path,
    spec: str,
    layout: str | None,
    output: Path,
    like: Path | None,
    dtype: str | None,
    names: Path | None,
    key: str,
    **options: Any,
) -> None:
    """Canonical weights of SPEC as the model of a framework has them.

    Layouts torch and keras are those of the built model and the generated source; others take the
    names of a file: --like.
    """
    from archspec.weights import exporting
    from archspec.weights.checkpoints import layout_of
    from archspec.weights.files import canonical_file

    network = network_of(spec, **options)
    chosen = layout or layout_of(like or output, "--layout")
    weights = canonical_file.fitting(file, network.graph)
    if like is not None:
        if dtype:
            raise click.UsageError("--dtype and --like: the file that is like has types of its own")
        matched = exporting.like(
            output, like, network.graph, weights, chosen, network.name_map(chosen, names), key
        )
        click.echo(printable(f"wrote {output}: {len(matched.pairs)} tensors as {like} has them"))
        return
    exporting.native(output, network.graph, weights, chosen, dtype)
    click.echo(printable(f"wrote {output}: {len(weights)} tensors as the built model has them"))


@command.command("inspect")
@click.argument("file", type=FILE)
@click.argument("spec", required=False)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A variable's value.")
@click.option("--input", "size", type=ShapeOption(), help="Replaces the input, such as 100x90x3.")
@key_option
@form_option
@failing
def inspect(file: Path, spec: str | None, key: str, form: str, **options: Any) -> None:
    """What is in a file: names, shapes, types, figures; with SPEC, whether they are its canonical weights."""
    from archspec.cli.rendering import weights as tables
    from archspec.weights import inspecting

    network = network_of(spec, **options) if spec else None
    inspection = inspecting.inspect(file, network.graph if network else None, key)
    click.echo(tables.inspection(inspection, form))
    sys.exit(1 if inspection.wrong else 0)


@command.command("convert")
@click.argument("source", type=FILE)
@click.argument("target", type=TARGET)
@click.option("--dtype", type=DTYPE, help="The type of floats; else their own.")
@key_option
@failing
def convert(source: Path, target: Path, dtype: str | None, key: str) -> None:
    """The same tensors by the same names in another kind of file, or type: .safetensors, .pt."""
    from archspec.weights.exporting import converted

    count = converted(source, target, dtype, key)
    click.echo(printable(f"wrote {target}: {count} tensors"))


@command.command("diff")
@click.argument("first", type=FILE)
@click.argument("second", type=FILE)
@click.option("--all", "every", is_flag=True, help="Also the tensors that are equal.")
@form_option
@failing
def diff(first: Path, second: Path, every: bool, form: str) -> None:
    """How two files differ, tensor by tensor; exit code 1 if they do."""
    from archspec.cli.rendering import weights as tables
    from archspec.weights.checkpoints import opened
    from archspec.weights.compare import differences

    with opened(first) as one, opened(second) as other:
        compared = differences(one.tensors, other.tensors)
    click.echo(tables.diff(compared, form, every))
    sys.exit(1 if any(d.status != "equal" for d in compared) else 0)


@command.command("transfer")
@click.argument("old")
@click.argument("new")
@click.option("--weights", "source", type=FILE, required=True, help="Canonical weights of OLD.")
@output_option
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A variable of NEW.")
@click.option("--set-old", "before", multiple=True, metavar="NAME=VALUE", help="A variable of OLD.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of what is drawn anew.")
@form_option
@failing
def transfer(
    old: str,
    new: str,
    source: Path,
    output: Path,
    settings: tuple[str, ...],
    before: tuple[str, ...],
    seed: int,
    form: str,
) -> None:
    """After an edit: weights of OLD that still fit NEW are carried by label, the rest drawn anew."""
    from archspec.cli.rendering import weights as tables
    from archspec.weights.transfer import transfer as carry

    one, other = network_of(old, before), network_of(new, settings)
    transferred = carry(one.graph, other.graph, source, output, seed)
    click.echo(tables.transfer(transferred, form))
    click.echo(printable(f"wrote {output}"), err=True)
