"""What authors of blueprints call things, and how they spell units (enapter.md B9, B10)."""

from collections.abc import Sequence

MEASURES: Sequence[tuple[Sequence[str], Sequence[str | None]]] = (
    (
        ("ac_total_power", "grid_total_power", "battery_power", "pv_power", "load_power"),
        ("W", "watt", "Watt", "kW", "kilowatt", "kwatt", "MW"),
    ),
    (
        (
            "total_yield",
            "daily_yield",
            "energy_total",
            "ac_energy_today",
            "charge_energy",
            "ac_energy_lifetime",
            "pv_energy_daily",
            "energy_imported",
            "energy_exported",
            "nominal_full_pack_energy",
            "nominal_energy_remaining",
            "total_power",
            "consumption",
        ),
        ("Wh", "watth", "watt_hour", "kWh", "kwh", "kwatth", "MWh", "J", "joule"),
    ),
    (("ac_l1_voltage", "battery_voltage", "cell_voltage_min", "u_dc"), ("V", "v", "volt", "volts", "mV")),
    (("ac_l1_current", "battery_current", "leakage"), ("A", "amp", "amps", "ampere", "mA", "uA")),
    (("ac_frequency", "pump_frequency"), ("Hz", "hertz")),
    (("apparent_power", "inverter_nameplate_capacity"), ("VA", "voltamp", "kVA")),
    (("reactive_power", "q_total"), ("VAr", "VAR", "var", "voltampreact", "kVAr", "kvar")),
    (("reactive_energy",), ("varh", "kvarh")),
    (
        ("soc", "battery_soc", "battery_soh", "relative_humidity", "load", "valve_position", "power_factor"),
        ("%", "percent", "percentage", "1"),
    ),
    (("gas_lel", "h2_concentration"), ("%LEL", "%")),
    (
        ("ambient_temperature", "battery_temperature", "temp_outlet", "heatsink_temp", "dew_point"),
        ("°C", "C", "Cel", "celsius", "celsuis", "degC"),  # codespell:ignore
    ),
    (("charge", "battery_charge_in_lifetime", "capacity_c"), ("Ah", "C")),
    (("uptime", "time_to_empty", "run_hours", "delay"), ("s", "seconds", "ms", "min", "h", "hours", "day")),
    (("outlet_pressure", "tank_pressure", "barometer"), ("bar", "mbar", "Pa", "psi")),
    (("water_volume", "tank_level", "h2_total"), ("L", "l", "litre", "m3", "m³")),
    (
        ("h2_flow", "coolant_flow", "rain"),
        ("l/min", "L/h", "litreh", "NL/h", "mm/h", "m3/h"),
    ),
    (("solar_irradiance",), ("W/m2", "W/m²")),
    (("conductivity",), ("μS/cm", "uS/cm")),
    (("rssi", "wifi_signal"), ("dBm", "dB")),
    (("co2", "gas_ppm"), ("ppm", "[ppm]")),
    (("wind_direction", "angle"), ("deg", "degree", "°")),
    (("downlink", "data_rate"), ("Mbps", "Mbit/s")),
    (("carbon_intensity",), ("gCO2eq/kWh",)),
    (("price",), ("EUR/kWh", "EUR")),
    (("cycles", "error_code", "speed", "next_service"), ("1", "", None, "date", "day", "rpm", "1/min")),
)
"""Names of attributes, and the units that go with them: well or badly."""

UNKNOWN_UNITS: Sequence[str] = ("furlong", "W·h/kg", "ºC", " kWh ", "KWH", "WATT", "bar(g)", "x", "10^3", "?")
"""Units that nobody knows, or that are nearly known ones."""

TEXTS: Sequence[str] = (
    "status",
    "inverter_status",
    "grid_status",
    "battery_status",
    "mode",
    "relay_closed",
    "fault_code",
    "firmware",
    "warnings",
    "cells",
    "last_service_date",
    "day_of_week",
)
ENUMS: Sequence[Sequence[str]] = (
    ("idle", "operating", "warning", "fault"),
    ("on", "off"),
    ("OK", "Not OK", "unknown"),
    ("1", "2", "3"),
    ("charging", "idle", "discharging"),
)
ALERTS: Sequence[str] = ("low_voltage", "over_temp", "comm_loss", "e17", "leak", "maintenance_due")
TITLES: Sequence[str] = ("Hybrid inverter", "Battery pack", "Energy meter", "Weather station", "Gas sensor", "Pump", "")
VENDORS: Sequence[str] = ("powercell", "sma", "fronius", "victron", "enapter", "")
CATEGORIES: Sequence[str] = ("power", "energy", "sensors", "hydrogen")
PROFILES: Sequence[str] = (
    "energy.battery",
    "energy.battery_inverter.1_phase",
    "energy.hybrid_inverter.3_phase",
    "energy.pv_inverter.3_phase",
    "energy.pv_charge_controller",
    "energy.power_meter.ac.1_phase",
    "sensor.ambient_temperature",
    "sensor.solar_irradiance",
    "sensor.gas.hydrogen",
)
