"""What a network is, without a text or a framework. An operation is declared in `ops`; all else follows from it."""
