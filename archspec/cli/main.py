"""The commands. Each imports what it runs, so that `--help`, `validate` and `summary` stay quick."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archspec import __version__
from archspec.cli.grid import FORMS
from archspec.cli.options import Shape, failing, network_of, spec_options

if TYPE_CHECKING:
    from archspec.api import Network

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, prog_name="archspec")
def main() -> None:
    """Neural networks as data: one YAML table becomes Keras, PyTorch and readable source.

    SPEC is a path or a name of the zoo (`archspec list`).
    Exit codes: 0 clean, 1 findings in a spec, 2 usage or the tool itself.
    """


@main.command()
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
@click.option("--keep", multiple=True, metavar="NAME", help="A variable that stays an argument.")
@click.option("--force", is_flag=True, help="Write over a file that a person has edited.")
@failing
def build(
    spec: str,
    backend: str,
    output: Path | None,
    prove: bool,
    save: Path | None,
    seed: int,
    dtype: str,
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
    built = building.build(network, backend, seed, dtype, click.echo)
    printed = network.printed(backend, keep=keep or None)
    building.write(printed, path, click.echo, force=force)
    if prove:
        building.prove(built, printed, path, dtype, click.echo)
    if save is not None:
        building.save(built, save, seed, dtype, click.echo)


@main.command()
@spec_options
@click.option("--backend", "-b", required=True, help="The framework: torch or keras.")
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
def generate(
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


@main.command()
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A variable's value.")
@click.option("--input", "size", type=Shape(), help="Replaces the input, such as 100x90x3.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
)
@failing
def validate(
    specs: tuple[str, ...], settings: tuple[str, ...], size: tuple[int, ...], form: str
) -> None:
    """Check specs and elaborate them, shapes and all.

    The formats for machines - json, GitHub's annotations, SARIF - go to the standard output.
    """
    from archspec.source import Diagnostic, SpecError

    found: list[Diagnostic] = []
    for spec in specs:
        try:
            network = network_of(spec, settings=settings, size=size)
            for variant in network.variants:
                network.variant(variant)
        except SpecError as error:
            found += error.diagnostics
            if form == "text":
                click.echo(str(error), err=True)
            continue
        if form == "text":
            click.echo(_valid(spec, network))
    if form != "text":
        from archspec.cli.findings import FORMATS

        click.echo(FORMATS[form](found))
    if found:
        sys.exit(1)


@main.command()
@spec_options
@click.option("--format", "form", type=click.Choice(FORMS), default="table", show_default=True)
@failing
def summary(spec: str, form: str, **options: Any) -> None:
    """The rows as a paper prints them, with shapes, parameters and multiply-adds."""
    from archspec.cli import show

    click.echo(show.summary(network_of(spec, **options), form))


@main.command()
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option("--format", "form", type=click.Choice(FORMS), default="table", show_default=True)
@failing
def verify(specs: tuple[str, ...], form: str) -> None:
    """Hold the figures that specs state under `expect` against the computed ones.

    Without SPEC the whole zoo; a file stands for its variants too.
    A figure holds if the computed one, rounded or cut to the digits printed, is it.
    """
    from archspec.cli import show
    from archspec.studies.verifying import verdicts

    found = verdicts(specs)
    click.echo(show.claims(found, form))
    if any(verdict.status == "fail" for verdict in found):
        sys.exit(1)


@main.command("list")
@click.option("--format", "form", type=click.Choice(FORMS), default="table", show_default=True)
@failing
def list_(form: str) -> None:
    """The specs of the zoo."""
    from archspec.cli import show

    click.echo(show.zoo(form))


@main.command()
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """What a code such as `flow-trap` means; without CODE all of them."""
    from archspec.cli import explain as codes

    click.echo(codes.text(code) if code else codes.overview(), nl=False)


@main.command()
def doctor() -> None:
    """What is installed: frameworks, backends, and whatever stands in the way."""
    from archspec.cli import doctor as checks

    lines: list[str] = checks.report()
    click.echo("\n".join(lines))


def _valid(spec: str, network: Network) -> str:
    counted = f"{len(network.table())} rows, {network.params.total:,} parameters"
    variants = len(network.variants)
    also = f", {variants} variant{'s' if variants > 1 else ''}" if variants else ""
    return f"{spec}: ok, {counted}{also}"


Command = Callable[..., None]
