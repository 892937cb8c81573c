"""Devices of the usual account that a client has to bear with, and those of a campus."""

from datetime import datetime, timedelta
from typing import Final

from ..world import World
from .fields import constant, gauge, said
from .house_names import DATABASE, GATEWAY, HEAT_PUMP, SITE
from .nodes import MINUTE, Installation, Node
from .offices import OFFICE_DATABASE, OFFICE_GATEWAY, OFFICE_SITE, SWITCHBOARD, submeter
from .switches import EnirisSwitches

UNKNOWN: Final = f"{OFFICE_GATEWAY}-HyTech-0000EXAMPLE0400"
"""Of a type, with a measurement and fields, that nobody has heard of."""
ORPHAN: Final = f"{GATEWAY}-Orphan-0000EXAMPLE0500"
"""Its parent is not visible to the user."""
INACTIVE: Final = f"{GATEWAY}-Retired-0000EXAMPLE0600"
WITHOUT_SERIES: Final = f"{GATEWAY}-Silent-0000EXAMPLE0700"
CAMPUS_CONTROLLER: Final = "M1SEXAMPLE0000003D"
_LOADS = ("ventilation", "heat_pump", "lighting", "sockets", "server_room", "kitchen", "lifts", "ev_chargers")


def odd_devices(world: World, installed: datetime) -> list[Node]:
    """Return a device of unknown type, an orphan, one that is not active, and one without series."""
    odd, home = Installation(OFFICE_DATABASE, OFFICE_GATEWAY, 60_000, installed), world.home
    odd.add(
        UNKNOWN,
        "hydrogenElectrolyser",
        "Electrolyser",
        [OFFICE_SITE],
        info={"manufacturer": "HyTech", "stacks": 4, "commissioned": None},
        series=[
            odd.series(
                UNKNOWN,
                "electrolyserMetrics",
                MINUTE,
                [
                    gauge("stackCycles", lambda moment: (moment - world.epoch) // timedelta(hours=6), 0),
                    gauge("flow_Nm3ph", lambda moment: 4 + home.battery.temperature(moment) / 10, 2),
                    constant("purity", 0.99995),
                    constant("inletPressure_mbar(g)", 31_500.0),
                    said("note", lambda _moment: "Spülen beendet"),
                    said("valveOpen", lambda moment: moment.minute % 20 < 15),
                    said("remark", lambda _moment: None),
                ],
            )
        ],
    )
    odd.database, odd.gateway = DATABASE, GATEWAY
    submeter(odd, ORPHAN, "Garden house", "M1SINVISIBLE00009D_site_0", home.meters["household"])
    inactive = submeter(odd, INACTIVE, "Old meter", SITE, home.meters["household"])
    inactive.properties["isActive"] = False
    inactive.changes.silent_since = world.epoch + timedelta(days=40)
    odd.add(WITHOUT_SERIES, "externalSignal", "Ripple control", [SITE], series=None)
    return odd.nodes


def switched(nodes: list[Node], switches: EnirisSwitches) -> list[Node]:
    """Return the devices as they are switched to be odd."""
    by_id = {node.node_id: node for node in nodes}
    if switches.cycle and OFFICE_SITE in by_id:
        by_id[OFFICE_SITE].properties["nodeParentsIds"] = [SWITCHBOARD]
    heat_pump = by_id.get(HEAT_PUMP)
    if heat_pump is not None and switches.duplicate_node_ids:
        nodes.append(
            Node(70_000, HEAT_PUMP, heat_pump.properties | {"name": "Twin"}, heat_pump.series, heat_pump.updated)
        )
    if heat_pump is not None and switches.missing_node_ids:
        del heat_pump.properties["nodeId"]
    for node in nodes:
        if switches.without_series:
            node.hidden.add("nodeInfluxSeries")
        if switches.without_names:
            node.hidden.add("name")
    return nodes


def campus_devices(world: World, installed: datetime, count: int) -> list[Node]:
    """Return a controller, its site, and this many power meters on parts of the office's loads."""
    campus = Installation(DATABASE, "GWEXAMPLE0000003", 80_000, installed)
    site = f"{CAMPUS_CONTROLLER}_site_0"
    campus.add(CAMPUS_CONTROLLER, "smartgridController", "Campus controller")
    campus.add(site, "smartgridControllerSite", "Campus", [CAMPUS_CONTROLLER])
    for number in range(1, count + 1):
        meter = world.submeter(f"campus.{number}", _LOADS[number % len(_LOADS)], 0.02 + 0.001 * number)
        submeter(campus, f"{campus.gateway}-Eastron-{number:04}", f"Meter {number:03}", site, meter)
    return campus.nodes
