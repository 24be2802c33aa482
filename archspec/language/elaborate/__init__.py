"""The stage that gives a document its values: `formulas`, `rows`, `checks`, each importing only those before it."""
