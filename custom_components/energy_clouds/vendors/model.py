"""What every vendor speaks: accounts, sites, devices, points and samples.

All times are timezone-aware UTC. A sample carries the vendor's measurement time, never the time of the poll.
A missing value is an absent sample: never 0, never a guess, never an older row dressed up as a new one.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum, auto

import msgspec

type Value = float | bool | str | datetime
"""What a sample holds: a number in the point's unit, a flag, a word, or an instant."""


class Nature(StrEnum):
    """How the values of a point behave in time."""

    GAUGE = auto()
    """An instantaneous value: W, V, A, Hz, power factor, °C, %."""
    REGISTER = auto()
    """A counter that only grows (kWh, Wh, m³), but for a reset or a replaced meter."""
    INTERVAL = auto()
    """The amount of one interval, never published as a counter; of a `running` one, the amount so far."""
    FLAG = auto()
    """True or false."""
    STATE = auto()
    """One of some words."""
    TIME = auto()
    """An instant."""


class Quantity(StrEnum):
    """What is measured, as physics and metering name it."""

    POWER = auto()
    CURRENT = auto()
    VOLTAGE = auto()
    FREQUENCY = auto()
    POWER_FACTOR = auto()
    APPARENT_POWER = auto()
    REACTIVE_POWER = auto()
    ENERGY = auto()
    """Electricity, heat or cold. As a gauge: an amount of which nobody tells how it grows."""
    REACTIVE_ENERGY = auto()
    STORED_ENERGY = auto()
    """What a store of energy holds, or can hold."""
    STATE_OF_CHARGE = auto()
    """How full a battery is, in percent."""
    GAS = auto()
    """A volume of gas."""
    WATER = auto()
    """A volume of water."""
    VOLUME = auto()
    """A volume of something that the vendor does not tell."""
    FLOW = auto()
    """Volume per time."""
    NUMBER = auto()
    """A number of which nothing more is known than, at best, its unit."""
    METER_READING = auto()
    """What a meter counts of a medium, or in a unit, that nobody has told yet."""
    TEMPERATURE = auto()
    PRESSURE = auto()
    IRRADIANCE = auto()
    CONDUCTIVITY = auto()
    PRECIPITATION = auto()
    """Depth of rain per time."""
    SIGNAL_STRENGTH = auto()
    DATA_RATE = auto()
    DURATION = auto()
    PERCENTAGE = auto()
    """A part of a whole, in percent."""
    PRICE = auto()
    """Money per amount, in whatever currency the account has: `unit` is `currency/kWh`."""
    WORD = auto()
    """A word for how something is; `Point.words` are those that it can be."""
    TIMESTAMP = auto()
    """An instant."""
    SHARE_OF_TIME = auto()
    """The part of an interval, in percent, for which a flag was true."""
    PROBLEM = auto()
    NOTE = auto()
    """Whether there is something to know of, although nothing is wrong."""
    MODE = auto()
    """Whether a way of working, such as an energy saver, is on."""
    SWITCHED = auto()
    """Whether something, of which nothing more is known, is so."""
    CONNECTIVITY = auto()
    """Whether a device is connected to its service."""


class Phase(StrEnum):
    """An electrical phase, as printed on a meter; the neutral; or what is between two phases."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    N = "N"
    L1_L2 = "L1-L2"
    L2_L3 = "L2-L3"
    L3_L1 = "L3-L1"


class DeviceKind(StrEnum):
    """What a device is."""

    DEVICE = auto()
    """Something that measures, of which nothing more is known."""
    GATEWAY = auto()
    INSTALLATION = auto()
    """A site that has measurements of its own."""
    METER = auto()
    VIRTUAL_METER = auto()
    """Computed from meters."""
    SENSOR_HUB = auto()
    SENSOR = auto()
    DATA_SERIES = auto()
    """A series of numbers that comes from no meter, such as the weather."""
    BUILDING = auto()
    """A building that has measurements of its own."""
    COOLING_CONTROLLER = auto()
    SWITCHBOARD = auto()
    INVERTER = auto()
    BATTERY = auto()
    SOLAR_PANELS = auto()
    CHARGING_POINT = auto()
    HEAT_PUMP = auto()
    BOILER = auto()


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The account that a credential opens.

    `id` is stable and secret-free; `named` says that the vendor itself names the account, so that another id means
    another account. Where it is False the id is derived from the credential and a renewed credential has another one.
    `address` is the one at which the account was found, where the one that was entered leaves that open. `also` are ids
    that the same account may have been given when the vendor told less of it.
    """

    id: str
    title: str
    named: bool
    address: str | None = None
    also: tuple[str, ...] = ()


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A building, installation or organisational unit. `timezone` is an IANA name, where the vendor tells it."""

    id: str
    name: str
    timezone: str | None = None


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that measures, or that others hang from (`parent_id`). `name` is None where the vendor has none."""

    id: str
    kind: DeviceKind
    name: str | None = None
    site_id: str | None = None
    parent_id: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None
    sw_version: str | None = None


class PointId(msgspec.Struct, frozen=True, kw_only=True):
    """Names a point within an account. `key` is frozen for ever: it is part of unique ids."""

    device_id: str
    key: str


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One measured series.

    `unit` is the unit of the samples, as the vendor layer normalised it (`kWh`, `W`, `°C`; None where there is none).
    `meaning` is what the value stands for, where its quantity does not say it all (`imported_energy`); it is also the
    key under which the point's name is translated. `name` is the vendor's own name of the point, which then wins.
    `cadence` is how often a newer sample can be expected at the latest, None where the vendor has no cadence: a sample
    older than three times that is stale. `noisy` marks points that few people want to see. `running` marks an interval
    that has not ended, such as this month: its amount grows, may be revised, and begins again at 0. `replaces` is the
    key of another point of the device in whose place this one is, which is then no point any more. `words` are those
    that a state can be, as far as the vendor tells them; one that is not among them is a word all the same.
    """

    id: PointId
    quantity: Quantity
    nature: Nature
    unit: str | None = None
    phase: Phase | None = None
    meaning: str | None = None
    name: str | None = None
    cadence: timedelta | None = None
    noisy: bool = False
    running: bool = False
    replaces: str | None = None
    words: tuple[str, ...] = ()


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A value and the instant at which the vendor says it was measured.

    `since` is the start of the interval of which it is the amount so far, where that is still running.
    """

    time: datetime
    value: Value
    since: datetime | None = None


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something about an account that a person should know of and can mend.

    `key` names its text. The words that fill in the text are in `words`; `about` is the one of them that tells two
    notices of the same key apart. `explains_silence` says that it tells why nothing may be read or listed, should that
    be so.
    """

    key: str
    about: str = ""
    words: tuple[tuple[str, str], ...] = ()
    explains_silence: bool = False


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """All that an account is known to have. Parents stand before their children among the devices.

    `retired` are the ids of devices that it has no longer, where the vendor says so and not only lists them no more.
    `in_one_list` says that devices of all kinds are listed together: a list of any is one of all.
    """

    sites: tuple[Site, ...] = ()
    devices: tuple[Device, ...] = ()
    points: tuple[Point, ...] = ()
    retired: frozenset[str] = frozenset()
    in_one_list: bool = False


class Problem(StrEnum):
    """Why a device gave nothing in a poll that otherwise went well."""

    UNREACHABLE = auto()
    NOT_PERMITTED = auto()
    """Nothing of it may be read."""
    PARTLY_NOT_PERMITTED = auto()
    """Some of it may not be read; that is among the `broken` points."""


class Readings(msgspec.Struct, frozen=True, kw_only=True):
    """What one poll brought.

    `samples` has the newest sample of each point that the answer had one for. `broken` are the points whose newest row
    says that there is no valid value now, such as a disconnected probe's. `problems` is by device id.
    `inventory` is all that is known of the account now, if this poll changed that; else None.
    `requests` is what the poll cost.
    """

    samples: Mapping[PointId, Sample]
    broken: frozenset[PointId]
    problems: Mapping[str, Problem]
    inventory: Inventory | None
    requests: int


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of history of one point: samples oldest first.

    Of intervals, `interval` is how long each is at most; it ends at the sample's time.
    """

    point_id: PointId
    samples: tuple[Sample, ...]
    interval: timedelta | None = None
