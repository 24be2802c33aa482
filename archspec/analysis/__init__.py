"""What a network costs. A figure is computed here, from the graph; how it is printed is the command line's."""
