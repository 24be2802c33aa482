"""Whether five ways are one network: prediction, models and generated files, compared with what the spec means.

`comparing` begins. `ways` and `workers` run a framework, `reference` computes in NumPy; `structure`, `values` and
`training` find what differs, `suspects` and `special` its cause; `report` is the result. A new cause is added in
`suspects`, or in `special` if only one operation can have it.
"""
