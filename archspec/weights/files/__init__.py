"""Files of tensors, read and written without executing anything. A new kind of file is added here."""
