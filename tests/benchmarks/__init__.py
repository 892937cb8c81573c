"""What Energy Clouds costs, measured against what Home Assistant itself needs for the same."""
