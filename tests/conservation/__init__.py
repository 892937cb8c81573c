"""Long-term statistics against the world's truth, whatever happens to rows, answers, Home Assistant and its disk."""
