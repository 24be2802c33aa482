"""PyTorch's tracers on small networks, and on every layer that files carry; `make zoo` takes all families.

torchvision's `create_feature_extractor` is `torch.fx` with names for the nodes; tests/reference/published.py calls it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec_torch.layers import same_cells
from tests.tracing.checking import checked, found_by_name
from tests.tracing.run import HERE, SPECS

NETWORKS = (
    "mobilenet_v1",
    "efficientnet_lite0",
    "shufflenet_v2_x0_5",
    str(HERE / "specs" / "strides.yaml"),
    str(HERE / "specs" / "follow.yaml"),
    *(
        str(SPECS / f"{name}.yaml")
        for name in (
            "heads",
            "near_names",
            "operations",
            "operations_in_blocks",
            "paddings",
            "passed_on",
            "siamese",
            "squeeze_excite",
        )
    ),
)
FEWER = {"efficientnet_lite0": {"depth": 0.3}}


@pytest.mark.parametrize("name", NETWORKS, ids=lambda name: Path(name).stem)
def test_models_can_be_traced(name: str, tmp_path: Path) -> None:
    """Traced at one size, equal at another."""
    found = checked(found_by_name(name, **FEWER.get(name, {})), tmp_path)
    assert found.figures
    assert not found.faults, "\n".join(found.faults)


def test_same_cells_are_those_of_tensorflow() -> None:
    """The whole of them makes every stride begin a window, as its documents say."""
    for size in range(1, 40):
        for reach in range(8):
            for stride in range(1, 6):
                before, after = same_cells(size, reach, stride)
                rest = size % stride or stride
                whole = max(reach + 1 - rest, 0)
                assert before == whole // 2
                assert max(after, 0) == whole - whole // 2
                assert (size + before + after - reach - 1) // stride == (size - 1) // stride
