"""A spec file as JSON Schema, for editors: made from the forms and the operations, where everything is said once."""

from archspec.language.schema.files import schema

__all__ = ["schema"]
