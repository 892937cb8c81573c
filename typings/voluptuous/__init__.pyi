# At run time Home Assistant makes `voluptuous` an alias of probatio; the checker would see the old package.
from probatio import *  # noqa: F403
from probatio import Marker as Marker
