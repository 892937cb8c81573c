"""The latest telemetry of many devices, in the fewest addresses that are short enough to be read.

No document limits an address; 6 kB are within what servers usually read. A batch that is refused is halved until the
device at which the service takes offence is alone: that one is left out for an hour, the others are read. A batch at
which the service only stumbles may be halved as well, but from poll to poll: most often it is the service itself.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from ..model import Problem

LONGEST_ADDRESS: Final = 6000
SHORTEST_ADDRESS: Final = 300
RELEVANCE: Final = ("relevance_interval", "300s")
LEFT_OUT_FOR: Final = timedelta(hours=1)
MOST_TRIED_AGAIN: Final = 4
"""How many devices that were left out are tried again in one poll."""
MOST_SUSPECTED_BLINDLY: Final = 8
_ELSEWHERE: Final = 200
"""What the address has besides the devices: host, path and relevance."""
_COMMA: Final = len("%2C")
_MOST_LENGTHS: Final = 1 << 16

type Attributes = tuple[str, ...]
type Batch = tuple[tuple[str, Attributes], ...]
"""Devices with the attributes that are asked for; a device with many may be in several batches."""


def query_of(batch: Batch) -> list[tuple[str, str]]:
    """The query that asks for a batch."""
    return [*((f"devices[{device}]", ",".join(attributes)) for device, attributes in batch), RELEVANCE]


def halves_of(batch: Batch) -> list[Batch]:
    """The two halves of a batch: of its devices, or of the attributes of its only one; nothing for a single one."""
    if len(batch) > 1:
        middle = len(batch) // 2
        return [batch[:middle], batch[middle:]]
    device, attributes = batch[0]
    if len(attributes) == 1:
        return []
    middle = len(attributes) // 2
    return [((device, half),) for half in (attributes[:middle], attributes[middle:])]


@dataclass(slots=True)
class Turn:
    """Whose turn it is, where one poll does not carry all batches."""

    last: tuple[str, str] | None = None
    """The last device that was asked for, and the last of its attributes."""
    behind: int = 0
    """How many batches were asked for up to that one, for the case that it is gone."""

    def order(self, batches: Sequence[Batch]) -> list[Batch]:
        """The batches, first those behind the one that was taken last."""
        found = (number for number, batch in enumerate(batches, 1) if self._is_in(batch))
        self.behind = min(next(found, self.behind), len(batches)) % max(1, len(batches))
        return [*batches[self.behind :], *batches[: self.behind]]

    def took(self, batch: Batch) -> None:
        """The next turn begins behind that batch."""
        device, attributes = batch[-1]
        self.last = device, attributes[-1]
        self.behind += 1

    def _is_in(self, batch: Batch) -> bool:
        if self.last is None:
            return False
        last, attribute = self.last
        return any(device == last and attribute in attributes for device, attributes in batch)


@dataclass(slots=True)
class LeftOut:
    """A device that is not asked for until then."""

    problem: Problem
    until: datetime


@dataclass(slots=True)
class Batches:
    """How the devices are asked for: how long an address may be, and who is left out or suspected."""

    longest: int = LONGEST_ADDRESS
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    suspected: list[frozenset[str]] = field(default_factory=list)
    """Devices among which there is one that is refused; each set is asked for by itself."""

    def plan(self, wanted: Mapping[str, Sequence[str]], now: datetime) -> list[Batch]:
        """Batches for those attributes by device; suspected devices last."""
        over = [device for device, one in self.left_out.items() if not now < one.until <= now + LEFT_OUT_FOR]
        for device in [device for device in over if device not in wanted]:
            over.remove(device)
            del self.left_out[device]
        self.suspected = [among & wanted.keys() - self.left_out.keys() for among in self.suspected]
        self.suspected = [among for among in self.suspected if among]
        apart = frozenset(self.left_out).union(*self.suspected)
        groups: list[Iterable[str]] = [[device for device in wanted if device not in apart]]
        groups += [sorted(among) for among in self.suspected]
        groups += [[device] for device in over[:MOST_TRIED_AGAIN]]
        return [batch for group in groups for batch in self._packed({one: wanted[one] for one in group})]

    def count(self, wanted: Mapping[str, Sequence[str]]) -> int:
        """How many requests those attributes take while nothing is refused."""
        return sum(1 for _ in self._packed({one: wanted[one] for one in wanted if one not in self.left_out}))

    def too_long(self, batch: Batch) -> None:
        """Ask in shorter addresses than that batch's from now on."""
        self.longest = max(SHORTEST_ADDRESS, min(self.longest, sum(map(_length, batch)) + _ELSEWHERE) // 2)

    def refused(self, device: str, status: int, now: datetime) -> None:
        """Leave a device out for an hour. It is still listed, with its connection and alerts."""
        problem = Problem.PARTLY_NOT_PERMITTED if status == HTTPStatus.FORBIDDEN else Problem.UNREACHABLE
        self.left_out[device] = LeftOut(problem, now + LEFT_OUT_FOR)

    def granted(self, devices: Collection[str]) -> None:
        """Those were read: they are above suspicion."""
        self._clear(devices)
        for device in devices:
            self.left_out.pop(device, None)

    def suspect(self, batch: Batch) -> None:
        """Remember that a device of that batch is refused, to look for it in a later poll."""
        devices = frozenset(device for device, _ in batch)
        self._clear(devices)
        self.suspected.append(devices)

    def stumbled(self, batches: Collection[Batch], now: datetime, *, others_succeeded: bool) -> None:
        """Look for who is at fault in the next poll; while nothing succeeds, only among a few."""
        for devices in [tuple(dict.fromkeys(device for device, _ in batch)) for batch in batches]:
            if len(devices) > 1:
                if others_succeeded or len(self.suspected) < MOST_SUSPECTED_BLINDLY:
                    middle = len(devices) // 2
                    self._clear(devices)
                    self.suspected += [frozenset(devices[:middle]), frozenset(devices[middle:])]
            elif others_succeeded:
                self.refused(devices[0], HTTPStatus.INTERNAL_SERVER_ERROR, now)

    def _clear(self, devices: Collection[str]) -> None:
        self.suspected = [rest for among in self.suspected if (rest := among.difference(devices))]

    def _packed(self, wanted: Mapping[str, Sequence[str]]) -> Iterator[Batch]:
        batch: list[tuple[str, Attributes]] = []
        length = _ELSEWHERE
        for part, added in self._parts(wanted):
            if batch and length + added > self.longest:
                yield tuple(batch)
                batch, length = [], _ELSEWHERE
            batch.append(part)
            length += added
        if batch:
            yield tuple(batch)

    def _parts(self, wanted: Mapping[str, Sequence[str]]) -> Iterator[tuple[tuple[str, Attributes], int]]:
        """Each device with all its attributes, or where those are too many for one address, with some at a time.

        Each part comes with its length.
        """
        room = self.longest - _ELSEWHERE
        for device, attributes in wanted.items():
            some: list[str] = []
            length = nothing = _length((device, ()))
            for attribute in attributes:
                added = _quoted(attribute) + (_COMMA if some else 0)
                if some and length + added > room:
                    yield (device, tuple(some)), length
                    some, length, added = [], nothing, _quoted(attribute)
                some.append(attribute)
                length += added
            if some:
                yield (device, tuple(some)), length


def _length(part: tuple[str, Attributes]) -> int:
    device, attributes = part
    commas = _COMMA * max(0, len(attributes) - 1)
    return _quoted(f"devices[{device}]") + sum(map(_quoted, attributes)) + commas + len("&=")


@lru_cache(maxsize=_MOST_LENGTHS)
def _quoted(text: str) -> int:
    """How long a text is in an address."""
    return len(quote(text, safe=""))
