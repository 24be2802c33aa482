"""Arguments and options that commands share, and how failures leave the process."""

from __future__ import annotations

import functools
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archspec.cli.completion import candidates
from archspec.cli.rendering.colour import complain, paint
from archspec.exceptions import ArchspecError
from archspec.plugins import PluginWarning, culprit
from archspec.terminal import printable

if TYPE_CHECKING:
    from archspec.api import Network
    from archspec.language.syntax.variables import Given
    from archspec.printing.source import Printed

    SizeType = click.ParamType[tuple[int, ...]]
    Choice = click.Choice[str]
else:  # click before 8.4 has no generic ones
    SizeType = click.ParamType
    Choice = click.Choice

FORMS = ("table", "json", "csv", "markdown")
Command = Callable[..., None]


class ShapeOption(SizeType):
    """100x90x3: height, width, channels; or one number of features."""

    name = "HxWxC"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        if not re.fullmatch(r"[1-9]\d{0,5}(x[1-9]\d{0,5}){0,3}", str(value)):
            self.fail(f"{value} is not a size such as 100x90x3", param, ctx)
        return tuple(int(part) for part in str(value).split("x"))


class WordChoice(Choice):
    """One of a few words; a misspelt one is told which was meant."""

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            self.fail(f"{error.message}{meant(str(value), self.choices)}", param, ctx)


def meant(word: str, names: Any) -> str:
    """` Did you mean 'this'?`, as click asks for options; empty if nothing is near."""
    from archspec.source.suggest import closest

    near = closest(word, names)
    return f" Did you mean {near[0]!r}?" if near else ""


set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=candidates.settings,
    help="A variable's value: width=0.5, deep=false, act=relu6, depths=[1,2,3].",
)
input_option = click.option(
    "--input",
    "size",
    type=ShapeOption(),
    metavar="HxWxC",
    help="Replaces the input, such as 100x90x3.",
)
BACKEND: dict[str, Any] = {
    "metavar": "NAME",
    "shell_complete": candidates.backends,
    "help": "The framework, by the name of its backend: see `archspec doctor`.",
}
BACKEND_OR_INSTALLED: dict[str, Any] = {
    **BACKEND,
    "help": f"{BACKEND['help']} Unless given, the one that is installed.",
}

keep_option = click.option(
    "--keep",
    multiple=True,
    metavar="NAME",
    shell_complete=candidates.variables,
    help="A variable that stays an argument; without this option those do that shape nothing, and `classes`.",
)
fix_option = click.option(
    "--fix",
    multiple=True,
    metavar="NAME",
    shell_complete=candidates.variables,
    help="A variable that becomes a literal, of those that would stay arguments.",
)
format_option = click.option(
    "--format", "form", type=WordChoice(FORMS), default="table", show_default=True
)


def spec_options(function: Command) -> Command:
    """SPEC, --set and --input."""
    return click.argument("spec", shell_complete=candidates.specs)(
        set_option(input_option(function))
    )


def network_of(
    spec: str, settings: tuple[str, ...] = (), size: tuple[int, ...] | None = None
) -> Network:
    """The network that the arguments name; raises SpecError, NoSuchSpec, UsageError."""
    from archspec.api import network
    from archspec.shelf import find

    return network(*find(spec), literals("--set", settings), tuple(size or ()))


def installed() -> list[str]:
    """The backends whose frameworks are there."""
    from archspec.lowering.backend import backend, missing, registered
    from archspec.plugins import BrokenPlugin

    there = []
    for name in registered():
        with suppress(BrokenPlugin):
            there += [] if missing(backend(name)) else [name]
    return there


def one_installed() -> str:
    """The backend whose framework is installed, where that is one alone; raises UsageError."""
    from archspec.lowering.backend import backend, registered, remedy_of

    there = installed()
    if len(there) == 1:
        return there[0]
    if there:
        names = f"{', '.join(there[:-1])} and {there[-1]}"
        ways = " or ".join(f"--backend {name}" for name in there)
        raise click.UsageError(f"{names} are installed: say which with {ways}")
    ways = ", or ".join(remedy_of(plugin, backend(name)) for name, plugin in registered().items())
    raise click.UsageError(f"no framework is installed: {ways}")


def printed_of(
    network: Network,
    backend: str,
    keep: tuple[str, ...],
    fix: tuple[str, ...],
    templates: Path | None = None,
) -> Printed:
    """The source, with messages that speak of options; raises as `Network.printed` does."""
    from archspec.api import printed

    return printed(network, backend, keep=keep or None, fix=fix, templates=templates, mark="--")


def literals(option: str, settings: tuple[str, ...]) -> Given:
    """NAME=VALUE pairs with their values; raises SpecError, UsageError."""
    from archspec.language.syntax.variables import literal

    values = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or not name or not text:
            raise click.UsageError(f"{option} {setting}: NAME=VALUE was expected")
        values[name] = literal(name, text)
    return values


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Meanwhile a plug-in that is left out is a line for a person; all other warnings stay as they are."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", PluginWarning)
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *place: Any) -> None:
            if issubclass(category, PluginWarning):
                click.echo(f"warning: {message}", err=True)
            else:
                usual(message, category, *place)

        warnings.showwarning = show  # type: ignore[assignment]
        yield


def failing(function: Command) -> Command:
    """Findings in a spec or in weights leave with 1, all else that is foreseen with 2; no traceback for either."""

    @functools.wraps(function)
    def run(*args: Any, **options: Any) -> None:
        try:
            function(*args, **options)
        except (click.ClickException, click.Abort, BrokenPipeError):
            raise  # click's own: a reader that has seen enough, such as `head`, is no failure of ours
        except Exception as error:
            sys.exit(explained(error))

    return run


def _of_system(error: OSError) -> str:
    """An error of the system in words, with the file that it is about."""
    if error.strerror is None or not isinstance(error.filename, str):
        return str(error)
    return f"{printable(error.filename)}: {error.strerror.lower()}"


def explained(error: Exception) -> int:
    """Say what went wrong; the exit code. What is not foreseen passes through."""
    if isinstance(error, ArchspecError):
        complain(error.shown(paint(sys.stderr)))
        return error.exit_code
    reason = _of_system(error) if isinstance(error, OSError) else culprit(error)
    if reason is None:
        raise error
    complain(f"archspec: {reason}")
    return ArchspecError.exit_code
