"""Templates of somebody's own: a style that leaves the network as it is, or a refusal with the template's line."""

from __future__ import annotations

import importlib.util
import os
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import archspec
from archspec.cli.main import main
from archspec.printing.emit.seal import untouched
from archspec.source import BadTemplate

ROOT = Path(__file__).parents[2]
STYLES = ROOT / "docs" / "templates"
EXAMPLES = {"google": "torch", "google_keras": "keras", "lightning": "torch"}
SPEC = """archspec: 1
name: tiny
title: Tiny
defaults: {conv: {norm: batch_norm, activation: relu}}
input: [16, 16, 3]
blocks:
  unit:
    params: {filters, stride: 1}
    rows:
      - {type: conv, name: first, kernel: 3, filters: filters, stride: stride, padding: same}
      - {type: add, name: sum, from: [input, prev], when: stride == 1 and input.channels == filters}
rows:
  - {type: conv, name: stem, kernel: 3, filters: 8}
  - {type: conv, name: more, kernel: 3, filters: 8}
  - {type: unit, name: units, filters: 8, repeat: 2}
  - {type: global_avg_pool, name: pool}
  - {type: dense, name: head, units: 10}
"""
START = '{% extends "module.py.jinja" %}\n'
Write = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Write:
    """A function that writes a folder of templates."""

    def write(text: str, start: str = START, **others: str) -> Path:
        style = tmp_path / "style"
        style.mkdir(exist_ok=True)
        (style / "module.py.jinja").write_text(start + text)
        for name, content in others.items():
            (style / f"{name}.jinja").write_text(content)
        return style

    return write


def source(style: Path | None, backend: str = "torch", spec: str = SPEC) -> str:
    return archspec.load(spec).source(backend, templates=style)


def block(name: str, text: str) -> str:
    return f"{{% block {name} %}}\n{text}\n{{% endblock %}}\n"


def refused(style: Path, backend: str = "torch", spec: str = SPEC) -> str:
    """What is said of a template, with its file and line."""
    with pytest.raises(BadTemplate) as caught:
        source(style, backend, spec)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "bad-template"
    assert Path(diagnostic.span.source.name).parent == style
    return str(caught.value)


@pytest.mark.parametrize("network", ["resnet50", "mobilenet_v3_large", "googlenet"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_page(example: str, network: str) -> None:
    text = archspec.load(network).source(EXAMPLES[example], templates=STYLES / example)
    assert untouched(text)
    wanted = {
        "google": ["        return self.", "    Args:\n"],
        "google_keras": ["    Args:\n        x (KerasTensor)"],
        "lightning": ["(LightningModule):", "self.save_hyperparameters()", "def training_step"],
    }
    assert all(part in text for part in wanted[example])


@pytest.mark.parametrize("network", ["resnet50", "inception_v3"])
def test_a_template_finds_what_is_returned_in_variables(network: str, tmp_path: Path) -> None:
    own = '{{ write(node.forward.body) }}\nreturn {{ node.forward.outputs | join(", ") }}'
    blocks = (
        "{% extends 'module.py.jinja' %}\n{% block forward_body %}\n" + own + "\n{% endblock %}\n"
    )
    (tmp_path / "module.py.jinja").write_text(blocks)
    text = archspec.load(network).source("torch", templates=tmp_path)
    assert "        return x\n" in text or "        return x, aux\n" in text


@pytest.mark.parametrize("example", ["google", "lightning"])
def test_the_page_shows_the_examples(example: str) -> None:
    path = f"docs/templates/{example}/module.py.jinja"
    shown = f"<!-- {path} -->\n```jinja\n{(ROOT / path).read_text()}```\n"
    assert shown in (ROOT / "docs/templates.md").read_text()


def test_the_class_of_the_example_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With a base class that stands in for Lightning's."""
    import torch
    from torch import nn

    class LightningModule(nn.Module):
        def save_hyperparameters(self) -> None:
            self.saved = True

    stub = types.ModuleType("lightning")
    stub.LightningModule = LightningModule  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lightning", stub)
    path = tmp_path / "tiny_in_lightning.py"
    path.write_text(source(STYLES / "lightning"))
    spec = importlib.util.spec_from_file_location("tiny_in_lightning", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.Tiny()
    assert model.saved
    loss = model.training_step((torch.rand(2, 3, 16, 16), torch.tensor([1, 2])), 0)
    loss.backward()
    model.configure_optimizers().step()


def test_a_header_of_ones_own(folder: Write) -> None:
    style = folder(block("header", "# (c) Somebody\n{{ super() }}"))
    text = source(style)
    assert text.startswith("# (c) Somebody\n")
    assert untouched(text)
    assert not untouched(text.replace("Somebody", "Nobody"))


@pytest.mark.parametrize("form", ["docstring", "comment", "quoted"])
def test_prose_is_only_ever_text(folder: Write, form: str) -> None:
    title = 'A """ title \\\\" + evil() # \\n'
    spec = SPEC.replace("title: Tiny", f"title: '{title}'")
    text = source(
        folder(block("header", f"{{{{ super() }}}}\n{{{{ network.title | {form} }}}}")), spec=spec
    )
    assert "evil" in text  # and the file was replayed


LEAKS = ["{{ network.title }}", '{{ network.title ~ "" }}', "{{ network.title | upper }}"]


@pytest.mark.parametrize("leak", [*LEAKS, "{{ network.title.text }}", '{{ "%s" % network.title }}'])
def test_prose_as_it_is_is_refused(folder: Write, leak: str) -> None:
    said = refused(folder(block("header", f"{{{{ super() }}}}\n# {leak}")))
    assert "module.py.jinja:4:" in said


WRONG = {
    "syntax": (block("let", "{{ node. }}"), 3, "expected name or number"),
    "undefined": (block("let", "{{ node.nam }}"), 3, "has no attribute 'nam'"),
    "a misspelt block": (block("fordward_body", ""), 2, "did you mean `forward_body`"),
    "no end": (
        block(
            "let", "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}"
        ),
        3,
        "steps",
    ),
    "a huge range": (block("let", "{% for a in range(10 ** 9) %}{% endfor %}"), 3, "Range too big"),
    "itself": (block("let", "{{ write(node) }}"), 3, "calls itself without end"),
    "twice itself": (
        block(
            "let",
            "{{ write(node) if loop is defined }}{% for a in [1, 2] %}{{ write(node) }}{% endfor %}",
        ),
        3,
        "without end",
    ),
    "a long text": (block("let", "{{ 'x' * 10 ** 8 }}"), 3, "longer than"),
    "text that doubles": (
        block(
            "let",
            "{% set n = namespace(s='xx') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
        ),
        3,
        "longer than",
    ),
    "a set that doubles": (
        "{% macro d(t) %}{{ t }}{{ t }}{% endmacro %}\n"
        + block(
            "let",
            "{% set n = namespace(s='xx') %}{% for i in range(99) %}{% set n.s = d(n.s) %}{% endfor %}",
        ),
        2,
        "longer than",
    ),
    "a power": (block("let", "{{ 9 ** 9 ** 9 }}"), 3, "too large"),
    "a format": (block("let", "{{ '%0999999999d' % 1 }}"), 3, "not formatted"),
    "a method that pads": (block("let", "{{ 'x'.center(10 ** 9) }}"), 3, "unsafe"),
    "a dunder": (block("let", "{{ node.__class__ }}"), 3, "unsafe"),
    "code": (block("let", "{{ write.__globals__ }}"), 3, "unsafe"),
    "another folder": (block("header", '{% include "../secret.jinja" %}'), 3, "is outside of"),
    "an absolute path": (block("header", '{% include "/etc/passwd" %}'), 3, "outside of"),
    "a link": (block("header", '{% include "link.jinja" %}'), 3, "is outside of"),
    "no file": (block("header", '{% include "none.jinja" %}'), 3, "none.jinja"),
    "no Python": (block("let", "x = ("), 2, "not the network"),
    "no sum": (block("header", '"""A file."""'), 2, "no blank for its sum"),
    "a layer less": (
        block(
            "layer",
            "{{ super() if node.name.names != ('head',) else 'self.spare = nn.Identity()' }}",
        ),
        2,
        "head",
    ),
    "an input less": (block("forward_body", "return x"), 2, "is never called"),
    "a call more": (block("forward_body", "x = F.relu(x)\n{{ super() }}"), 2, "F.relu"),
    "another order": (
        block(
            "forward_body",
            "{{ write(node.forward.body | reverse | list) if false else '' }}return x",
        ),
        2,
        "never called",
    ),
    "forward set anew": (
        block("definitions", "{{ super() }}\n\nsetattr(Tiny, 'forward', None)"),
        2,
        "defines nothing",
    ),
    "forward assigned": (
        block("definitions", "{{ super() }}\n\nTiny.forward = None"),
        2,
        "defines nothing",
    ),
    "a decorator": (block("module", "@torch.no_grad()\n{{ super() }}"), 2, "decorates"),
    "a __call__": (
        block("methods", "def __call__(self, x):\n    return x"),
        2,
        "changes `__call__`",
    ),
    "a method of nn.Module": (
        block("methods", "def train(self, mode=True):\n    return self"),
        2,
        "changes `train`",
    ),
    "another nn": (
        block("imports", "import keras as nn\nfrom torch import Tensor"),
        2,
        "imports another `nn`",
    ),
    "no import": (block("imports", "from torch import nn"), 2, "is not imported"),
    "a star": (block("imports", "{{ super() }}\nfrom os import *"), 2, "without saying which"),
    "a builtin": (
        block("imports", "{{ super() }}\nfrom os import times as range"),
        2,
        "another meaning",
    ),
    "a base without forward": (
        block("base", "nn.Module{% if false %}{% endif %}"),
        2,
        "has no forward",
    ),
    "no super": (
        block("module", "{{ super() | replace('super().__init__()', 'pass') }}"),
        2,
        "comes first",
    ),
}


@pytest.mark.parametrize(("text", "line", "said"), WRONG.values(), ids=WRONG)
def test_a_template_that_is_wrong_is_refused(
    folder: Write, tmp_path: Path, text: str, line: int, said: str
) -> None:
    style = folder(text)
    (tmp_path / "secret.jinja").write_text("secret")
    (style / "link.jinja").symlink_to(tmp_path / "secret.jinja")
    found = refused(style)
    assert said in found
    assert f"module.py.jinja:{line}:" in found


def test_a_block_of_ones_own_inside_of_another(folder: Write) -> None:
    text = block(
        "methods", "{% block mine %}\ndef mine(self) -> int:\n    return 1\n{% endblock %}"
    )
    assert "    def mine(self)" in source(folder(text))
    text = block("methods", "{{ self.mine() }}") + block(
        "mine", "def mine(self) -> int:\n    return 1"
    )
    assert "    def mine(self)" in source(folder(text))


def test_a_folder_of_several(folder: Write) -> None:
    base = START + block("methods", "def mine(self) -> int:\n    return 1")
    style = folder(
        block("header", '{{ super() }}\n{% include "note.jinja" %}'),
        '{% extends "base.jinja" %}\n',
        base=base,
        note="# a note",
    )
    text = source(style)
    assert "    def mine(self)" in text and "# a note" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ 1 }}", "extends none by its name"),
        ('{% extends "a" ~ "b" %}', "extends none by its name"),
        ('{% extends "a.jinja" %}', "in a circle"),
    ],
)
def test_what_extends_no_backend_is_refused(folder: Write, text: str, said: str) -> None:
    circle = {"a": '{% extends "b.jinja" %}', "b": '{% extends "a.jinja" %}'}
    assert said in refused(folder(text, "", **circle))


def test_no_folder(tmp_path: Path) -> None:
    assert "there is no file" in refused(tmp_path)
    (tmp_path / "module.py.jinja").write_bytes(b"\xff\xfe")
    assert "is not UTF-8" in refused(tmp_path)
    (tmp_path / "module.py.jinja").unlink()
    os.mkfifo(tmp_path / "module.py.jinja")
    assert "there is no file" in refused(tmp_path)


def run(*args: str) -> Any:
    return CliRunner().invoke(main, args)


def test_the_command(folder: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(SPEC)
    style = str(folder(block("header", "# (c) Somebody\n{{ super() }}")))
    made = ["generate", "tiny.yaml", "-b", "torch", "-o", "tiny.py"]
    assert run(*made, "--templates", style).exit_code == 0
    assert run(*made, "--templates", style, "--check").exit_code == 0
    assert run(*made, "--check").exit_code == 1
    before = Path("tiny.py").read_text()
    folder(block("forward_body", "return x"))
    result = run(*made, "--templates", style)
    assert result.exit_code == 2
    assert "module.py.jinja:2:10: error[bad-template]" in result.output
    assert Path("tiny.py").read_text() == before


def test_the_list_of_a_project(
    folder: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(SPEC)
    folder(block("header", "# (c) Somebody\n{{ super() }}"))
    listed = (
        '[[tool.archspec.generate]]\nspec = "tiny.yaml"\nbackend = "torch"\noutput = "tiny.py"\n'
    )
    Path("pyproject.toml").write_text(listed + 'templates = "style"\n')
    assert run("generate").exit_code == 0
    assert Path("tiny.py").read_text().startswith("# (c) Somebody\n")
    assert run("generate", "--check").exit_code == 0
    folder(block("forward_body", "return x"))
    result = run("generate", "--check")
    assert result.exit_code == 2
    assert "style/module.py.jinja:2:10: error[bad-template]" in result.output
    Path("pyproject.toml").write_text(listed + "templates = 1\n")
    assert 'expected a folder: "style"' in run("generate").output
