"""Mutation testing: small changes to the code that some test has to notice. `scripts/mutate` runs it; CI does not."""
