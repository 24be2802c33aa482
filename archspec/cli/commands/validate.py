"""`archspec validate`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archspec.cli.completion import candidates
from archspec.cli.options import WordChoice, failing, input_option, network_of, set_option
from archspec.cli.rendering.colour import complain, paint
from archspec.terminal import printable

if TYPE_CHECKING:
    from archspec.api import Network
    from archspec.source import Diagnostic


@click.command("validate")
@click.argument(
    "specs", nargs=-1, required=True, metavar="SPEC...", shell_complete=candidates.specs
)
@set_option
@input_option
@click.option(
    "--format",
    "form",
    type=WordChoice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
)
@failing
def command(
    specs: tuple[str, ...], settings: tuple[str, ...], size: tuple[int, ...], form: str
) -> None:
    """Check specs, their variants and the values of their claims.

    A folder stands for the specs in it, a pattern such as 'nets/*.yaml' for the files that match. What is missing is
    said, and the others are checked all the same. The formats for machines - json, GitHub's annotations, SARIF - go to
    the standard output. In every format at most 50 mistakes of a spec are shown, and how many more there are.
    """
    from archspec.shelf import NoSuchSpec
    from archspec.source import SpecError, render_all, unshown
    from archspec.source.diagnostic import MAX_SHOWN

    diagnostics: list[Diagnostic] = []
    valid = wrong = missing = 0
    for spec in _named(specs):
        try:
            network = network_of(spec, settings=settings, size=size)
            network.check()
        except NoSuchSpec as error:
            missing += 1
            reason = f"no file matches {printable(spec)}" if _pattern(spec) else error
            complain(f"archspec: {reason}")
        except SpecError as error:
            wrong += 1
            diagnostics += error.diagnostics[:MAX_SHOWN]
            if form == "text":
                shown = render_all(error.diagnostics, paint(sys.stderr))
                complain(("\n" if wrong > 1 else "") + shown)
            elif left := unshown(error.diagnostics):
                complain(f"{printable(spec)}: {left}")
        else:
            valid += 1
            if form == "text":
                click.echo(_valid(printable(spec), network))
    if form != "text":
        from archspec.cli.rendering.findings import FORMATS

        click.echo(FORMATS[form](diagnostics))
    elif valid + wrong + missing > 1:
        counts = (("ok", valid), ("wrong", wrong), ("missing", missing))
        click.echo(", ".join(f"{count} {what}" for what, count in counts if count))
    sys.exit(2 if missing else 1 if wrong else 0)


def _named(specs: tuple[str, ...]) -> Iterator[str]:
    """The specs that are meant, one at a time: of a folder those in it, of a pattern the files that match."""
    from archspec.files import unreadable
    from archspec.shelf import SUFFIXES

    for spec in specs:
        path = Path(spec)
        if unreadable(path) == "is a folder":
            inside = sorted(p for suffix in SUFFIXES for p in path.glob(f"*{suffix}"))
            yield from map(str, inside or [path])
        elif _pattern(spec):
            start = Path(path.anchor)
            yield from sorted(map(str, start.glob(str(path.relative_to(start))))) or [spec]
        else:
            yield spec


def _pattern(spec: str) -> bool:
    return bool(set("*?[") & set(spec)) and not os.path.lexists(spec)


def _valid(spec: str, network: Network) -> str:
    rows = len(network.table())
    counted = f"{rows} row{'s' if rows != 1 else ''}, {network.params.total:,} parameters"
    variants = len(network.variants)
    also = f", {variants} variant{'s' if variants > 1 else ''}" if variants else ""
    return f"{spec}: ok, {counted}{also}"
