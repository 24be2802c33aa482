"""Layers that Keras lacks, a module for each family. The printer copies their source into the files that use them."""
