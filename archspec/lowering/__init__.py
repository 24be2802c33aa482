"""From a graph to a plan of a framework's calls, as data. A framework is described by its backend, never here."""
