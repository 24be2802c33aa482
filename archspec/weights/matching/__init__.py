"""Which tensor of a file or a model is which weight of a network. No file of tensors is opened here."""
