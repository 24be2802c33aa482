"""What the command line answers to the example of a code, wrong and mended."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

import click

from archspec.cli.main import main
from archspec.source.examples import FILE, Example


def answer(example: Example, *, mended: bool = False) -> tuple[int, str]:
    """Exit code and printed text of the command, typed in a folder that holds the example's files."""
    text = example.right if mended else example.wrong * example.times
    encoding = "utf-8" if mended else example.encoding
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name, content in example.files.items():
            Path(name).write_text(content, encoding="utf-8")
        Path(FILE).write_text(text, encoding=encoding)
        return _typed(example.mended if mended else example.command)


def _typed(command: str) -> tuple[int, str]:
    out = io.StringIO()
    code: int | str | None = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            main.main(command.split(), prog_name="archspec", standalone_mode=False)
        except SystemExit as left:
            code = left.code
        except click.ClickException as error:
            error.show()
            code = error.exit_code
    return int(code or 0), out.getvalue()
