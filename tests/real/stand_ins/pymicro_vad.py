"""Stands in for the speech detector of that name, on the path of the demo's Home Assistant only.

The real one has no wheel for Python 3.14 and a machine may have no compiler; Home Assistant's voice parts, which every
installation loads, only need it to be importable. Nobody speaks to the demo.
"""


class MicroVad:
    """Hears nothing."""

    def Process10ms(self, audio: bytes) -> float:  # noqa: N802  the real one's name
        """No speech."""
        return 0.0
