"""What is looked at after the walk: values that reach no output, formulas that no value reached. Makes no nodes."""
