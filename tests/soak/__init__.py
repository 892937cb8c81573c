"""A simulated month of all accounts at once in one Home Assistant, with random faults: `scripts/soak`."""
