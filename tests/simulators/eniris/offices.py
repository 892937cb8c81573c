"""The second controller of the usual account: the world's office building, in a white label's database."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ..world import Meter, World
from .fields import (
    constant,
    delta,
    electrical_fields,
    energy_fields,
    gauge,
    power_fields,
    prefixed,
    register,
    said,
)
from .nodes import MINUTE, SECOND, TEN_MINUTES, Installation, Node

OFFICE_CONTROLLER: Final = "OMEXAMPLE0000002"
OFFICE_SITE: Final = f"{OFFICE_CONTROLLER}_site_0"
OFFICE_GATEWAY: Final = "GWEXAMPLE0000002"
OFFICE_DATABASE: Final = "sunpartner"
SWITCHBOARD: Final = f"{OFFICE_CONTROLLER}_switchboard_0"
MAIN_METER: Final = f"{OFFICE_GATEWAY}-Socomec-0000EXAMPLE0100"
ROOF: Final = f"{OFFICE_GATEWAY}-SMA-0000EXAMPLE0200"
_SUBMETERS: Mapping[str, str] = {
    "ventilation": "Ventilation",
    "server_room": "Server room",
    "kitchen": "Kitchen",
    "ev_chargers": "Charging points",
    "lighting": "Lighting",
}
SUBMETERS: Final[Mapping[str, str]] = {
    load: f"{OFFICE_GATEWAY}-Eastron-0000EXAMPLE03{number:02}" for number, load in enumerate(_SUBMETERS)
}
"""The `nodeId` of the meter of each load of the world."""
NAMESPACED: Final = SUBMETERS["lighting"]
"""The device whose series are listed by namespace."""


def office_building(world: World, installed: datetime) -> list[Node]:
    """Return the controller, its site, the switchboard, meters and the roof's inverter."""
    office = Installation(OFFICE_DATABASE, OFFICE_GATEWAY, 51_200, installed)
    office.add(
        OFFICE_CONTROLLER,
        "smartgridController",
        "Sun Partner Controller",
        info={"manufacturer": "Sun Partner", "model": "OM", "serialNumber": OFFICE_CONTROLLER},
        nodeChildrenIds=[OFFICE_SITE],
    )
    _site(office, world)
    office.add(
        SWITCHBOARD,
        "switchboard",
        "Main switchboard",
        [OFFICE_SITE],
        series=[
            office.own(SWITCHBOARD, "installationMetrics", MINUTE, [said("constraint_ph0_label", lambda _m: "none")])
        ],
    )
    main = world.meter("grid").at
    energy = energy_fields(main, "imported", "exported")
    office.add(
        MAIN_METER,
        "powerMeter",
        "Main meter",
        [SWITCHBOARD],
        info={"manufacturer": "Socomec", "model": "Countis E43", "serialNumber": "0000EXAMPLE0100"},
        series=[
            office.polling(MAIN_METER),
            office.series(MAIN_METER, "gridMetrics", SECOND, power_fields(main)),
            office.series(MAIN_METER, "gridMetrics", MINUTE, [*power_fields(main), *electrical_fields(main), *energy]),
            office.series(
                MAIN_METER, "gridMetrics", TEN_MINUTES, [prefixed(one, "sum") for one in energy if one.kind == "delta"]
            ),
        ],
    )
    for load, name in _SUBMETERS.items():
        submeter(office, SUBMETERS[load], name, SWITCHBOARD, world.meter(load), namespaced=load == "lighting")
    _roof(office, world)
    return office.nodes


def submeter(
    place: Installation, node_id: str, name: str, parent: str, meter: Meter, *, namespaced: bool = False
) -> Node:
    """Install a power meter with about twenty fields, in seconds and minutes."""
    fields = [*power_fields(meter.at), *electrical_fields(meter.at), *energy_fields(meter.at, "imported", "exported")]
    series = [place.series(node_id, "submeteringMetrics", policy, fields) for policy in (SECOND, MINUTE)]
    for one in series:
        one.namespaced = namespaced
    info = {"manufacturer": "Eastron", "model": "SDM630", "serialNumber": node_id.rpartition("-")[2]}
    return place.add(node_id, "powerMeter", name, [parent], info=info, series=series)


def _site(office: Installation, world: World) -> None:
    solar, grid = world.meter("solar"), world.meter("grid")

    def consumed(moment: datetime) -> float:
        return sum(meter.imported(moment) for name, meter in world.meters.items() if name not in {"grid", "solar"})

    office.add(
        OFFICE_SITE,
        "smartgridControllerSite",
        "Office",
        [OFFICE_CONTROLLER],
        series=[
            office.own(
                OFFICE_SITE,
                "installationMetrics",
                MINUTE,
                [
                    gauge("childrenProducedPower_W", lambda moment: -solar.power(moment).total),
                    gauge(
                        "childrenConsumedPower_W", lambda moment: grid.power(moment).total - solar.power(moment).total
                    ),
                    delta("childrenProducedEnergyDeltaTot_Wh", solar.exported),
                    delta("childrenConsumedEnergyDeltaTot_Wh", consumed),
                ],
            )
        ],
        nodeChildrenIds=[SWITCHBOARD],
    )


def _roof(office: Installation, world: World) -> None:
    meter = world.meter("solar")
    fields = [
        *power_fields(meter.at, sign=-1),
        *(one for one in electrical_fields(meter.at) if one.name.startswith(("voltage", "current", "frequency"))),
        register("producedAbsEnergyTot_Wh", meter.exported),
        delta("producedEnergyDeltaTot_Wh", meter.exported),
        constant("maximumProductionPower_W", 45_000.0),
        constant("powerSetpoint_W", 45_000.0),
        said("status", lambda moment: "Producing" if meter.power(moment).total < 0 else "Standby"),
    ]
    office.add(
        ROOF,
        "solarInverter",
        "SMA Tripower",
        [SWITCHBOARD],
        info={
            "manufacturer": "SMA",
            "model": "Sunny Tripower 50",
            "serialNumber": "0000EXAMPLE0200",
            "nomPower_W": 50_000,
        },
        series=[
            office.polling(ROOF),
            office.series(ROOF, "solarInverterMetrics", SECOND, fields[:1]),
            office.series(ROOF, "solarInverterMetrics", MINUTE, fields),
        ],
    )
