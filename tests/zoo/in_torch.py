"""The built PyTorch model and the one of the generated file: one state dict, the same bits out, accepted by
`torch.compile` and `torch.export`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from archspec.lowering.backend import alone, ready, several
from archspec_torch import tensors
from tests.zoo.subjects import DTYPE, Found, Subject

WAYS = ("built", "generated")
GRAPHS = ("compile", "export")
PAIRS = tuple(product(WAYS, GRAPHS))
Pair = tuple[str, str]


def checked(subject: Subject, folder: Path, *, graphs: Collection[Pair] = PAIRS) -> Found:
    """Everything but inductor; `graphs`: of which models `torch.compile` and `torch.export` make one, which is slow."""
    found, made = Found(), {}
    for way in WAYS:
        model = made_model(way, subject, folder)
        made[way] = _told(model)
        outputs = tensors.run(model, subject.inputs)
        if way == "built":
            reference = outputs
        else:
            found.equal("generated", outputs, reference, 0.0)
        for graph in (graph for of, graph in graphs if of == way):
            found.equal(f"{graph} {way}", MADE[graph](model, subject.inputs), reference, 0.0)
        del model
    found.expect(made["built"] == made["generated"], "state dicts differ in names, order or shapes")
    params = subject.network.params
    counted = (params.trainable, params.non_trainable)
    for way in WAYS:
        found.expect(made[way][1:] == counted, f"{way} holds {made[way][1:]}, not {counted}")
    return found


def made_model(way: str, subject: Subject, folder: Path) -> nn.Module:
    """A model with the subject's weights, in inference mode."""
    backend: Any = ready("torch")
    if way == "built":
        return subject.network.build("torch", weights=subject.weights, dtype=DTYPE)
    printed = subject.printed("torch")
    file = folder / f"{subject.network.name}_torch.py"
    file.write_text(printed.text, encoding="utf-8")
    model = backend.import_source(file, printed.model, DTYPE, subject.network.input_shape)
    backend.load(model, backend.lower(subject.network.graph), subject.weights)
    return model


def _told(model: nn.Module) -> tuple[Any, int, int]:
    """Names, shapes and types of the state dict in order; how many values are trained, how many are not."""
    state = [(name, tuple(t.shape), t.dtype) for name, t in model.state_dict().items()]
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    kept = sum(b.numel() for name, b in model.named_buffers() if "num_batches" not in name)
    return state, trained, kept


def _given(outputs: Any) -> Any:
    return alone([tensors.canonical(tensor) for tensor in several(outputs)])


def _compiled(model: nn.Module, inputs: Any) -> Any:
    """`torch.compile` traces the whole model into one graph, and runs it with PyTorch's own kernels."""
    torch._dynamo.reset()
    with torch.no_grad():
        outputs = torch.compile(model, fullgraph=True, backend="eager")(tensors.batch(inputs))
    torch._dynamo.reset()
    return _given(outputs)


def _exported(model: nn.Module, inputs: Any) -> Any:
    """An exported program whose batch is free, run with another batch than it was exported with."""
    batch = tensors.batch(inputs)
    more = torch.cat([batch, batch[:1]])
    free: tuple[dict[int, Any]] = ({0: torch.export.Dim("batch", min=1, max=4096)},)
    with torch.no_grad():
        program = torch.export.export(model, (more,), dynamic_shapes=free)
        return _given(program.module()(batch))


MADE: dict[str, Callable[[nn.Module, Any], Any]] = {"compile": _compiled, "export": _exported}


def inductor(subject: Subject, folder: Path) -> Found:
    """Both models through the compiler that makes C++ of them; `seconds` is what compiling both takes."""
    found = Found()
    reference: Any = None
    begun = perf_counter()
    for way in WAYS:
        model = made_model(way, subject, folder)
        batch: Tensor = tensors.batch(subject.inputs)
        with torch.no_grad():
            if reference is None:
                reference = _given(model(batch))
            torch._dynamo.reset()
            outputs = _given(torch.compile(model, fullgraph=True)(batch))
        found.equal(f"inductor {way}", outputs, reference, 1e-10)
    found.figures["seconds"] = perf_counter() - begun
    return found
