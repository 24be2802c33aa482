"""`archspec explain`: what a code of a mistake means."""

from __future__ import annotations

import click

from archspec.cli import complete
from archspec.source.codes import CODES, HINTS
from archspec.source.suggest import did_you_mean


@click.command("explain")
@click.argument("code", required=False, shell_complete=complete.codes)
def command(code: str | None) -> None:
    """What the code of a mistake means, such as `flow-trap`.

    Without CODE all of them.
    """
    click.echo(text(code) if code else overview(), nl=False)


def text(code: str) -> str:
    """The explanation of one code; raises UsageError."""
    if code not in CODES:
        hint = did_you_mean(code, CODES)
        raise click.UsageError(f"no mistake has the code {code}{f'; {hint}' if hint else ''}")
    hint = HINTS.get(code)
    return f"{code}\n\n  {CODES[code]}\n" + (
        f"  The way out, in general: {hint}.\n" if hint else ""
    )


def overview() -> str:
    """Every code, a line each."""
    width = max(map(len, CODES))
    lines = (
        f"  {code:{width}}  {told.partition('. ')[0].rstrip('.')}" for code, told in CODES.items()
    )
    return "\n".join(lines) + "\n"
