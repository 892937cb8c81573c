"""What a test does to a running Enpact service."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ..misreadings import Misreading
from ..simulator import Simulator
from .catalogue import REGISTERS, MeterKind
from .edits import BEGINNING, END, Edit, held, kept_back, late, misread, shifted, silenced, unborn
from .inventory import EnpactDevice, EnpactMeter, Source
from .keys import ApiKey


class Manipulations(Simulator):
    """The controls of the Enpact simulator. Where a time is not given, it is the simulator's present."""

    keys: dict[str, ApiKey]
    devices: dict[str, Source]
    meters: dict[str, Source]
    edits: dict[str, list[Edit]]

    def silence(self, name: str, start: datetime | None = None, end: datetime = END) -> Edit:
        """Take away a device's or meter's rows measured from `start` to before `end`."""
        return self.edit(name, silenced(start or self.clock(), end))

    def hold(
        self,
        name: str,
        field: str,
        value: Any,
        start: datetime | None = None,
        end: datetime = END,
        *,
        published: datetime = BEGINNING,
    ) -> Edit:
        """Give a field a constant value in these rows, known to the service from `published` on (a correction)."""
        return self.edit(name, held(field, value, start or self.clock(), end, published))

    def break_probe(
        self, name: str, field: str = "space", celsius: float = -55.0, start: datetime | None = None
    ) -> Edit:
        """Disconnect a temperature probe: it then shows about -55 °C."""
        return self.hold(name, field, celsius, start)

    def fail(self, name: str, start: datetime | None = None, end: datetime = END) -> Edit:
        """Raise a meter's `fault`."""
        return self.hold(name, "fault", "true", start, end)

    def rename(self, name: str, to: str, start: datetime | None = None) -> Edit:
        """Change a meter's `deviceName`."""
        return self.hold(name, "deviceName", to, start)

    def replace_meter(
        self, name: str, at: datetime | None = None, *, imported: float = 0.0, exported: float = 0.0
    ) -> Edit:
        """Let the registers continue from these kWh: a reset, or another meter in the same place."""
        moment = at or self.clock()
        before = self.meters[name].fields(moment)
        # Resets that happened earlier have shifted the registers already.
        for edit in self.edits.get(name, ()):
            before = edit.applied(before, moment, self.clock()) or before
        begin = dict(zip(REGISTERS, (imported, exported), strict=True))
        return self.edit(name, shifted({field: begin[field] - before[field] for field in REGISTERS}, moment))

    def hide_field(self, name: str, field: str, until: datetime) -> Edit:
        """Let a field first appear in the row of `until`."""
        return self.edit(name, unborn(field, until))

    def delay_rows(self, name: str, by: timedelta, start: datetime = BEGINNING, end: datetime = END) -> Edit:
        """Let rows arrive so long after they were measured."""
        return self.edit(name, late(by, start, end))

    def keep_back_rows(self, name: str, start: datetime, end: datetime, until: datetime) -> Edit:
        """Let the rows measured in [start, end) arrive only at `until`."""
        return self.edit(name, kept_back(start, end, until))

    def misread(self, name: str, field: str, misreading: Misreading) -> Edit:
        """Let a field be wrong for a while in some rows."""
        return self.edit(name, misread(field, misreading))

    def edit(self, name: str, edit: Edit) -> Edit:
        """Put an edit of rows in force, behind the earlier ones."""
        self.edits.setdefault(name, []).append(edit)
        return edit

    def undo(self, edit: Edit) -> None:
        """End one edit."""
        for edits in self.edits.values():
            if edit in edits:
                edits.remove(edit)

    def add_meter(
        self,
        name: str,
        *,
        title: str = "New meter",
        kind: MeterKind = "advanced",
        of: str = "kitchen",
        share: float = 0.25,
    ) -> EnpactMeter:
        """Install a meter on a share of a load of the world."""
        meter = EnpactMeter(name, title, "pgw-nec1", kind, self.world.meter(of), share)
        self.meters[name] = meter
        return meter

    def add_device(self, name: str, controller: int = 0) -> EnpactDevice:
        """Install a cooling controller."""
        device = EnpactDevice(name, self.world, controller)
        self.devices[name] = device
        return device

    def remove(self, name: str) -> None:
        """Take a device or meter out of the account: it is listed no more, and asking for it is forbidden."""
        self.devices.pop(name, None)
        self.meters.pop(name, None)

    def revoke(self, key: str) -> None:
        """Revoke a key."""
        self.keys[key] = replace(self.keys[key], revoked=True)

    def expire(self, key: str, at: datetime | None = None) -> None:
        """Let a key expire."""
        self.keys[key] = replace(self.keys[key], expires=at or self.clock())

    def whitelist(self, key: str, *, devices: Iterable[str] | None = None, meters: Iterable[str] | None = None) -> None:
        """Set the ids that a key may see; None is everything."""
        self.keys[key] = replace(
            self.keys[key],
            devices=None if devices is None else frozenset(devices),
            meters=None if meters is None else frozenset(meters),
        )
