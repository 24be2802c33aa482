"""The command line: a file of `commands` each, answers drawn in `rendering`, values for shells in `completion`."""
