"""Names that more than one module of the integration uses."""

from datetime import timedelta
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "energy_clouds"
PLATFORMS: Final = (Platform.BINARY_SENSOR, Platform.SENSOR)

CONF_VENDOR: Final = "vendor"
CONF_ACCOUNT_ID: Final = "account_id"
CONF_CREDENTIALS: Final = "credentials"
CONF_ADVANCED: Final = "advanced"

OPTION_SCAN_INTERVAL: Final = "scan_interval"
OPTION_EXCLUDED_DEVICES: Final = "excluded_devices"
OPTION_HISTORY_DAYS: Final = "history_days"

LONGEST_HISTORY: Final = timedelta(days=3650)
"""How far back history is imported at most."""

PATIENCE: Final = timedelta(minutes=15)
"""How long values stay while nothing can be read, or three polls, if that is longer."""
