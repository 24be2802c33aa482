"""Work of several steps behind a command or a method. A step that others need belongs into the room it is about."""
