"""The vendors' own clients, as they are published, as referees of the simulators of their clouds."""
