"""`archspec verify`."""

from __future__ import annotations

import sys

import click

from archspec.cli.completion import candidates
from archspec.cli.options import failing, format_option


@click.command("verify")
@click.argument("specs", nargs=-1, metavar="[SPEC]...", shell_complete=candidates.specs)
@format_option
@failing
def command(specs: tuple[str, ...], form: str) -> None:
    """Hold the figures of `expect` against the computed ones.

    Without SPEC the whole zoo; a file stands for its variants too.
    A figure holds if the computed one, rounded or cut to the digits printed, is it.
    """
    from archspec.cli.rendering import networks
    from archspec.workflows.verifying import verdicts

    claims = verdicts(specs)
    networks.claims(claims, form)
    if any(verdict.status == "fail" for verdict in claims):
        sys.exit(1)
