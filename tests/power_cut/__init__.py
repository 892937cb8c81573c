"""Kills a process that is exchanging a refresh token, at every step, and starts again from what is on disk."""
