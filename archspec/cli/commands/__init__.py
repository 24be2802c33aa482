"""The commands: one file each, named as it is typed, found by itself. Each imports what it runs when it runs."""
