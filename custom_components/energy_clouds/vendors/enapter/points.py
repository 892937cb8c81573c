"""The points that a device's manifest makes, and what becomes of the values that come for them.

Key and name of a point are those of its attribute. Structures and lists of alerts make no point; a list of texts makes
one that is a text.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
import re
from typing import Final

import msgspec

from ..model import Nature, Phase, Point, PointId, Quantity, Value
from ..values import number, own_name, word
from .manifests import Attribute, Kind, prettified, text_of
from .meanings import measure_of, words_of

CADENCE: Final = timedelta(minutes=5)
"""The latest telemetry is asked for as far back; devices report every few seconds to every few minutes."""
_NUMBERS: Final = frozenset({Kind.INTEGER, Kind.FLOAT})
_PHASE: Final = re.compile(r"(?:ac_)?l([123])_(?:voltage|current|power)")
"""What the profiles call a value of one phase."""
_PHASES: Final = {"1": Phase.L1, "2": Phase.L2, "3": Phase.L3}
_PHASE_WORDS: Final = frozenset({"l1", "l2", "l3", "phase"})
_NOISY: Final = frozenset({Quantity.POWER_FACTOR, Quantity.FREQUENCY, Quantity.SIGNAL_STRENGTH})


def points_of(
    device: str, attributes: Iterable[Attribute], *, called: str | None = None, role: int | None = None
) -> dict[str, Point]:
    """The points, by attribute, of a device of that name, at which the token has that role.

    The device's name is left out of theirs. Two that are called the same have their attributes' names behind it. What
    the role may not read is noisy: there will hardly ever be a value.
    """
    shown = [one for one in attributes if one.kind is not Kind.ALERTS]
    names = {one.name: own_name(one.display_name, called) or one.display_name for one in shown}
    taken = Counter(_words(names[one.name], one) for one in shown)
    for one in shown:
        if names[one.name] is None and (_phase(one) is None or taken[_words(None, one)] > 1):
            names[one.name] = own_name(prettified(one.name), called) or prettified(one.name)
    often = Counter(_words(names[one.name], one) for one in shown)
    points = {}
    for attribute in shown:
        own = names[attribute.name]
        if own is not None and often[_words(own, attribute)] > 1:
            own = f"{own} ({attribute.name})"
        point = _point(device, attribute, own)
        if role is not None and attribute.access > role:
            point = msgspec.structs.replace(point, noisy=True)
        points[attribute.name] = point
    return points


def value_of(point: Point, attribute: Attribute | None, value: object) -> Value | None:
    """A value as the point shows it; None for one that is not of the declared type.

    `attribute` is None where the manifest is not known: the words of an enumeration are not known then either.
    """
    match point.nature:
        case Nature.FLAG:
            return value if isinstance(value, bool) else None
        case Nature.STATE:
            return _word(point, attribute, value)
    return None if isinstance(value, str) else number(value)


def _word(point: Point, attribute: Attribute | None, value: object) -> str | None:
    if isinstance(value, list):
        texts = [one for one in value if isinstance(one, str)]
        return word(", ".join(texts)) if attribute is not None and attribute.kind is Kind.STRINGS else None
    if not point.words:
        # What is declared as a text may come as a number all the same.
        return word(value) if isinstance(value, str) else text_of(value)
    if attribute is None or (text := text_of(value)) is None:
        return None
    return attribute.words.get(text, text)


def _point(device: str, attribute: Attribute, name: str | None) -> Point:
    point_id = PointId(device_id=device, key=attribute.name)
    if attribute.kind is Kind.BOOLEAN:
        return Point(id=point_id, quantity=Quantity.SWITCHED, nature=Nature.FLAG, name=name, cadence=CADENCE)
    if attribute.kind not in _NUMBERS or attribute.words:
        return Point(
            id=point_id,
            quantity=Quantity.WORD,
            nature=Nature.STATE,
            name=name,
            cadence=CADENCE,
            noisy=attribute.kind is Kind.STRINGS,
            words=_in_order(attribute.words),
        )
    measure = measure_of(attribute)
    per_phase = bool(words_of(attribute) & _PHASE_WORDS)
    return Point(
        id=point_id,
        quantity=measure.quantity,
        nature=measure.nature,
        unit=measure.unit,
        phase=None if name is not None else _phase(attribute),
        name=name,
        cadence=CADENCE,
        noisy=measure.quantity in _NOISY or (per_phase and measure.quantity is Quantity.VOLTAGE),
    )


def _words(name: str | None, attribute: Attribute) -> tuple[str, ...]:
    """The words by which an attribute of that name is known, in whatever order.

    The value of a phase that has no name is shown by its quantity and its phase.
    """
    if name is None:
        name = f"{measure_of(attribute).quantity} {_phase(attribute)}"
    return tuple(sorted(name.casefold().split()))


def _phase(attribute: Attribute) -> Phase | None:
    """The phase of which it is a voltage, current or power by its name, and by its unit."""
    match = _PHASE.fullmatch(attribute.name)
    if match is None or measure_of(attribute).quantity not in (Quantity.VOLTAGE, Quantity.CURRENT, Quantity.POWER):
        return None
    return _PHASES[match[1]]


def _in_order(words: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words.values()))
