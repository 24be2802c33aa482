"""Functions that PyTorch lacks. The printer copies their source into the files that use them."""

from torch import Tensor
from torch.nn.functional import pixel_unshuffle


def space_to_depth(x: Tensor, size: int) -> Tensor:
    """Squares of cells as channels, those of one cell together, as in TensorFlow."""
    squares = pixel_unshuffle(x, size).unflatten(1, (-1, size * size))
    return squares.transpose(1, 2).flatten(1, 2)
