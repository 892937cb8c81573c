"""The integration's own texts, as a person reads them in English."""

import json
import re
from typing import Any

from .configuration import REPOSITORY
from .inventory import DOMAIN

TEXTS: dict[str, Any] = json.loads((REPOSITORY / "custom_components" / DOMAIN / "translations" / "en.json").read_text())
FORMS: dict[str, Any] = TEXTS["config"]["step"]


def error(key: str) -> re.Pattern[str]:
    """Return the text of a form's error, with whatever number of seconds there is to wait."""
    text = re.escape(TEXTS["config"]["error"][key]).replace(r"\{wait\}", r"\d+")
    return re.compile(f"^\\s*{text}\\s*$")
