"""What an account at a vendor's real service looks like: the vendor layer alone, without Home Assistant."""

from pathlib import Path
import sys

ROOT = Path(__file__).parents[2]
INTEGRATION = ROOT / "custom_components" / "energy_clouds"

# The integration's own package would import Home Assistant; its `vendors` is whole without. Last on the path, so that
# nothing beside it is taken for a module of the standard library.
sys.path.append(str(INTEGRATION))
