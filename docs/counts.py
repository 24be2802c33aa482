"""Write specs/counts.json: what each network of the zoo costs, so that `archspec list` need not count."""

from __future__ import annotations

from archspec import shelf
from archspec.workflows.listing import COUNTS, text_of_counts

if __name__ == "__main__":
    (shelf.folder() / COUNTS).write_text(text_of_counts(), encoding="utf-8")
