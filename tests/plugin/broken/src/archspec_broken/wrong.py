"""Objects that are not what their entry points say."""

from archspec.graph.ops.base import Operation

WRONG = {"name": "wrong"}


class Misnamed(Operation):
    """An operation that calls itself otherwise."""

    name = "other"


class Relu(Operation):
    """An operation whose name is archspec's own."""

    name = "relu"


class Half:
    """Half a backend."""

    name = "half"
    requires = ()


HALF = Half()
