"""`archspec explain`: what a code of a mistake means."""

from __future__ import annotations

import textwrap

import click

from archspec.cli.completion import candidates
from archspec.source.mistakes import CODES, FAULTS, HINTS
from archspec.source.suggest import did_you_mean


@click.command("explain")
@click.argument("code", required=False, shell_complete=candidates.codes)
def command(code: str | None) -> None:
    """What the code of a mistake means, such as `flow-trap`.

    With an example of it; without CODE all codes.
    """
    click.echo(text(code) if code else overview(), nl=False)


def text(code: str) -> str:
    """The explanation of one code, and its example; raises UsageError."""
    if code not in CODES:
        hint = did_you_mean(code, CODES)
        raise click.UsageError(f"no mistake has the code {code}{f'; {hint}' if hint else ''}")
    hint = HINTS.get(code)
    sentences = [CODES[code], *([f"The way out, in general: {hint}."] if hint else [])]
    if code in FAULTS:
        return f"{code}\n\n" + _indented("\n".join(sentences))
    from archspec.cli.examples import answer
    from archspec.source.examples import examples

    example = examples()[code]
    mended = [] if example.right == example.wrong else [example.right]
    parts = [
        "\n".join(sentences),
        "wrong",
        example.wrong,
        f"$ archspec {example.command}\n{answer(example)[1]}",
        "right",
        *mended,
        f"$ archspec {example.mended}\n{answer(example, mended=True)[1]}",
    ]
    shown = (f"{part}\n" if part in ("wrong", "right") else _indented(part) for part in parts)
    return f"{code}\n\n" + "\n".join(shown)


def _indented(part: str) -> str:
    return textwrap.indent(part.rstrip("\n"), "  ", lambda line: bool(line.strip())) + "\n"


def overview() -> str:
    """Every code, a line each."""
    width = max(map(len, CODES))
    lines = (
        f"  {code:{width}}  {text.partition('. ')[0].rstrip('.')}" for code, text in CODES.items()
    )
    return "\n".join(lines) + "\n"
