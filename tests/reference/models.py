"""The published models whose logits are kept in fixtures/: a row for each, for those who make and who compare them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from archspec.records import dataclass

Size = tuple[int, int]
BOTH: tuple[Size, ...] = ((100, 90), (97, 75))
ONE: tuple[Size, ...] = ((90, 75),)


@dataclass(frozen=True, slots=True)
class Model:
    """A spec of the zoo or of the tests, the builder that it should equal, heights and widths of the batches.

    `large`: too many weights for more than one look at them. `gain`: a factor of every gamma, since deep networks of
    random weights amplify rounding. `options` are the builder's where they are not its defaults, `vars` the spec's.
    """

    spec: str
    library: str
    builder: str
    sizes: tuple[Size, ...] = ONE
    large: bool = False
    gain: float = 1.0
    options: Mapping[str, Any] = field(default_factory=dict)
    vars: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """The builder as specs name it."""
        return f"{self.library}.models.{self.builder}"


def _torchvision(name: str, sizes: tuple[Size, ...] = ONE, **given: Any) -> Model:
    return Model(name, "torchvision", name, sizes, **given)


MODELS: dict[str, Model] = {
    "torchvision_mobilenet_v2": _torchvision("mobilenet_v2", BOTH),
    "timm_mobilenetv1": Model("timm_mobilenetv1", "timm", "mobilenetv1_100", BOTH),
    "torchvision_alexnet": _torchvision("alexnet", large=True),
    "torchvision_convnext_tiny": _torchvision("convnext_tiny"),
    "torchvision_densenet121": _torchvision("densenet121"),
    "torchvision_efficientnet_b0": _torchvision("efficientnet_b0"),
    "torchvision_efficientnet_v2_s": _torchvision("efficientnet_v2_s", gain=0.82),
    "torchvision_googlenet": _torchvision("googlenet", options={"init_weights": False}),
    "torchvision_inception_v3": _torchvision(  # smaller images are too small for its auxiliary head
        "inception_v3",
        options={"init_weights": False, "aux_logits": False},
        vars={"aux": False},
    ),
    "torchvision_mnasnet0_5": _torchvision("mnasnet0_5"),
    "torchvision_mobilenet_v3_small": _torchvision("mobilenet_v3_small"),
    "torchvision_regnet_x_400mf": _torchvision("regnet_x_400mf"),
    "torchvision_regnet_y_400mf": _torchvision("regnet_y_400mf"),
    "torchvision_resnet18": _torchvision("resnet18"),
    "torchvision_resnext50_32x4d": _torchvision("resnext50_32x4d"),
    "torchvision_shufflenet_v2_x0_5": _torchvision("shufflenet_v2_x0_5"),
    "torchvision_squeezenet1_1": _torchvision("squeezenet1_1"),
    "torchvision_vgg11_bn": _torchvision("vgg11_bn", large=True),
}
