"""A module that ends the process."""

raise SystemExit("goodbye")
