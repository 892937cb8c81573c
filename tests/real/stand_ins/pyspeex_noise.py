"""Stands in for the noise filter of that name; see `pymicro_vad` beside it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProcessResult:
    """A piece of sound."""

    audio: bytes


class AudioProcessor:
    """Changes nothing."""

    def __init__(self, auto_gain: int, noise_suppression: int) -> None:
        """Take the real one's settings."""

    def Process10ms(self, audio: bytes) -> ProcessResult:  # noqa: N802  the real one's name
        """Return the sound as it is."""
        return ProcessResult(audio)
