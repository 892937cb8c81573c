"""The config folder of a Home Assistant that nobody has configured yet, with this integration installed."""

import json
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
HOST = "127.0.0.1"
TIME_ZONE = "Europe/Amsterdam"

# No `default_config`: it wants Bluetooth, DHCP, a cloud. No `http`: it is in the storage, see below.
_CONFIGURATION = """\
homeassistant:
  name: Energy Clouds demo
  latitude: 52.09
  longitude: 5.12
  elevation: 5
  unit_system: metric
  currency: EUR
  country: NL
  time_zone: {time_zone}
  language: {language}
frontend:
config:
energy:
history:
logbook:
recorder:
  commit_interval: 1
automation:
system_health:
my:
sun:
logger:
  default: warning
  logs:
    custom_components.energy_clouds: {log_level}
"""
_HTTP = {
    "server_host": [HOST],
    "cors_allowed_origins": [],
    "login_attempts_threshold": -1,
    "ip_ban_enabled": True,
    "ssl_profile": "modern_v4",
    "use_x_frame_options": True,
    "created_at": "2026-01-01T00:00:00+00:00",
    "error": None,
    "error_message": None,
}


def write_configuration(folder: Path, port: int, *, language: str = "en", log_level: str = "debug") -> None:
    """Write all that Home Assistant needs to start without a question but who the user is."""
    storage = folder / ".storage"
    storage.mkdir(parents=True)
    text = _CONFIGURATION.format(time_zone=TIME_ZONE, language=language, log_level=log_level)
    (folder / "configuration.yaml").write_text(text)
    # In YAML these would be on trial: a person has to confirm them within five minutes.
    http = {"stable": {**_HTTP, "server_port": port}, "pending": None, "yaml_migration_done": True}
    _store(storage, "http", 3, http)
    # These steps would add weather, radio and speech services of the internet.
    _store(storage, "onboarding", 4, {"done": ["core_config", "analytics", "integration"]})
    components = folder / "custom_components"
    components.mkdir()
    (components / "energy_clouds").symlink_to(REPOSITORY / "custom_components" / "energy_clouds")


def _store(storage: Path, key: str, version: int, data: object) -> None:
    text = json.dumps({"version": version, "minor_version": 1, "key": key, "data": data})
    (storage / key).write_text(text)
