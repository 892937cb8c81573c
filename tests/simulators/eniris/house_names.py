"""How the devices of the family home are named: `nodeId`s like those of real installations (eniris.md A3.3, A3.4)."""

from typing import Final

CONTROLLER: Final = "M1SEXAMPLE0000001D"
SITE: Final = f"{CONTROLLER}_site_0"
GATEWAY: Final = "GWEXAMPLE0000001"
DATABASE: Final = "beauvent"
GRID_METER: Final = f"{GATEWAY}-LGF-E360"
INVERTER: Final = f"{GATEWAY}-GoodWe-GW10K-BT-0000EXAMPLE0001"
BATTERY: Final = f"{INVERTER}-BatteryInput1"
OPTIMIZER: Final = f"{INVERTER}-PVInput1"
STRING: Final = f"{INVERTER}-PVInput2"
CHARGER: Final = f"{GATEWAY}-Alfen-ACE0000EXAMPLE"
HEAT_PUMP: Final = f"{GATEWAY}-Daikin-EHVX0000EXAMPLE"
