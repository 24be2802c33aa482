"""Weights of networks: drawn, checked, imported, exported, transferred. Kinds of files are added in `files`, rules of
names in `matching`."""
