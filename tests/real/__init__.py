"""A real Home Assistant, started as a person would start it, with this integration against the simulators."""
