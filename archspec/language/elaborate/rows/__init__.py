"""Rows become scopes and nodes: one part for each kind of row, all of them on one `Context`; `walk.py` leads."""
