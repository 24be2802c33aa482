"""Whether five ways are one network: prediction, models, generated files, held against what the spec means."""
