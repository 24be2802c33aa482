"""Options that commands share, and how failures leave the process."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from archspec.api import Network


class Shape(click.ParamType[tuple[int, ...]]):
    """100x90x3: height, width, channels; or one number of features."""

    name = "HxWxC"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        if not re.fullmatch(r"[1-9]\d{0,5}(x[1-9]\d{0,5}){0,3}", str(value)):
            self.fail(f"{value} is not a size such as 100x90x3", param, ctx)
        return tuple(int(part) for part in str(value).split("x"))


def spec_options(function: Callable[..., None]) -> Callable[..., None]:
    """SPEC, --set and --input."""
    function = click.option(
        "--input", "size", type=Shape(), help="Replaces the input, such as 100x90x3."
    )(function)
    function = click.option(
        "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A variable's value."
    )(function)
    return click.argument("spec")(function)


def network_of(
    spec: str, settings: tuple[str, ...] = (), size: tuple[int, ...] | None = None
) -> Network:
    """The network that the arguments name; raises SpecError, NoSuchSpec, UsageError."""
    from archspec.api import network, source_of
    from archspec.language.variables import literal

    given = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or not name or not text:
            raise click.UsageError(f"--set {setting}: NAME=VALUE was expected")
        given[name] = literal(name, text)
    return network(*source_of(spec), given, tuple(size or ()))


def failing(function: Callable[..., None]) -> Callable[..., None]:
    """Findings in a spec leave with 1, everything else that is foreseen with 2; no traceback for either."""

    @functools.wraps(function)
    def run(*args: Any, **options: Any) -> None:
        try:
            function(*args, **options)
        except (click.ClickException, click.Abort):
            raise
        except Exception as error:
            sys.exit(explained(error))

    return run


def explained(error: Exception) -> int:
    """Say what went wrong; the exit code. What is not foreseen passes through."""
    from archspec.source import SpecError

    if isinstance(error, SpecError):
        click.echo(str(error), err=True)
        return 1
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if not kinds & {*USAGE, *FAULTS}:
        raise error
    click.echo(f"archspec: {error}", err=True)
    if kinds & FAULTS:
        click.echo("this is a fault of archspec, not of the spec", err=True)
    return 2


# by name, so that a quick command does not import what it never raises
USAGE = frozenset(
    {
        "Edited",
        "NoSuchSpec",
        "NothingToCompare",
        "UnknownBackend",
        "MissingFramework",
        "WeightsError",
        "WorkerError",
        "OSError",
    }
)
FAULTS = frozenset({"Mismatch", "ReplayError", "Ungeneral", "Apart", "Broken", "LayoutError"})
