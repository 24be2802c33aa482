"""A spec file as JSON Schema, for editors: generated from the forms and the declarations of operations."""

from archspec.language.schema.files import schema, schema_text

__all__ = ["schema", "schema_text"]
