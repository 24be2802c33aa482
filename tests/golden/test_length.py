"""Generated files are no longer than what the libraries' authors wrote for the same network, line for line of code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from archspec.workflows.building import code_lines

HERE = Path(__file__).parent
APPLICATIONS = Path(keras.__file__).parent / "src" / "applications"
# code lines of torchvision's own classes and functions, counted as here
TORCHVISION = {
    "mobilenet_v2": 112,
    "resnet50": 157,
    "densenet121": 138,
    "shufflenet_v2_x1_0": 111,
    "inception_v3": 288,
}
KERAS = {
    "xception": ("xception.py", ("Xception",)),
    "resnet50_keras": (
        "resnet.py",
        ("residual_block_v1", "stack_residual_blocks_v1", "ResNet", "ResNet50"),
    ),
    "densenet121_keras": (
        "densenet.py",
        ("conv_block", "dense_block", "transition_block", "DenseNet"),
    ),
}


def lines_of(name: str, backend: str) -> int:
    return code_lines((HERE / f"{name}_{backend}.py").read_text())


@pytest.mark.parametrize("name", TORCHVISION)
def test_pytorch_is_no_longer_than_torchvisions(name: str) -> None:
    assert lines_of(name, "torch") <= TORCHVISION[name]


@pytest.mark.parametrize("name", KERAS)
def test_keras_is_no_longer_than_keras_applications(name: str) -> None:
    file, functions = KERAS[name]
    assert lines_of(name, "keras") <= network_lines(APPLICATIONS / file, functions)


def network_lines(file: Path, functions: tuple[str, ...]) -> int:
    """The code lines of some functions in our layout, without the download of weights, checks of arguments, the choice
    of a pooling in place of the top, and other layouts of data."""
    tree = ast.parse(file.read_text())
    kept = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name in functions]
    assert {node.name for node in kept} == {*functions}
    text = "\n\n".join(ast.unparse(Network().visit(node)) for node in kept)
    return code_lines(formatted(text))


class Network(ast.NodeTransformer):
    """A builder with the statements that make the network."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.body = [*filter(None, map(self.visit, node.body))]
        return node

    def visit_If(self, node: ast.If) -> ast.AST | None:
        test = ast.unparse(node.test)
        if test == "include_top":
            node.orelse = []
        elif "weights" in test or "image_data_format" in test:
            return None
        elif test == "input_tensor is None":
            return node.body[0]  # the input that is made
        elif test == "input_tensor is not None" or isinstance(node.body[0], ast.Raise):
            return None
        node.body = [*filter(None, map(self.visit, node.body))]
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        text = ast.unparse(node.value)
        return None if "obtain_input_shape" in text or "image_data_format" in text else node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if "validate_activation" in ast.unparse(node) else node


def formatted(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=100", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def test_the_page_says_how_long_they_are() -> None:
    """docs/side-by-side.md has a row for each, in the same order: ours, theirs."""
    page = (HERE.parents[1] / "docs" / "side-by-side.md").read_text()
    stated = [tuple(map(int, row)) for row in re.findall(r"\| (\d+) \| (\d+) \|", page)]
    keras_rows = [
        (name, network_lines(APPLICATIONS / file, f)) for name, (file, f) in KERAS.items()
    ]
    ours = [*((lines_of(name, "torch"), theirs) for name, theirs in TORCHVISION.items())]
    assert stated == [*ours, *((lines_of(name, "keras"), theirs) for name, theirs in keras_rows)]
