"""A backend without a framework: inference in NumPy, for a part of the operations."""
