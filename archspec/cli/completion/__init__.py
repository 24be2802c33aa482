"""What shells complete. A shell is added in `shells`, what an option may be in `candidates`; a name in a script that a
person has installed does not change."""
