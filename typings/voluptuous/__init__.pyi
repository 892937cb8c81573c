# At run time Home Assistant makes `voluptuous` an alias of probatio; the checker would see the old package.
from probatio import *
from probatio import Marker as Marker
