"""Date shifts as ``python -m scheduler offers … --json`` writes them: read, every fault named by its line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scheduler.faults import Fault, InputError, Reader, load_json, shown
from scheduler.offers_candidates import OfferKind

#: a change of a figure may have either sign
LEAST = -1e9


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """One question to a school, by codes: would these visits go out at this slot? ``gains`` as the engine states it."""

    #: how a fault names the line
    path: str
    school: str
    visits: tuple[str, ...]
    slot: str
    gains: dict[str, Any]


def read_shift_offers(data: bytes) -> list[ShiftLine]:
    """Read the lines of a file.

    Raises:
        InputError: it is not such a file; every fault with its place, as ``[3].slot``.
    """
    document, faults = load_json(data)
    if faults:
        raise InputError(tuple(faults))
    if not isinstance(document, list):
        raise InputError((Fault("", f"{shown(document)}, must be a list of offers"),))
    reader = Reader()
    lines = [_line(reader, value, f"[{number}]") for number, value in enumerate(document)]
    if reader.faults:
        raise InputError(tuple(reader.faults))
    return lines


def _line(reader: Reader, value: object, path: str) -> ShiftLine:
    record = reader.record(value, path)
    kind = reader.text(record, "kind", path)
    if kind and kind not in set(OfferKind):
        reader.fault(f"{path}.kind", f"{shown(kind)}, must be one of {', '.join(OfferKind)}")
    names = reader.items(record, "visits", path)
    visits = tuple(reader.string(name, f"{path}.visits[{number}]") for number, name in enumerate(names))
    if "visits" in record and (not visits or len(set(visits)) != len(visits)):
        reader.fault(f"{path}.visits", "must name at least one visit, and none twice")
    here = f"{path}.for_school"
    side = reader.record(reader.present(record, "for_school", path), here)
    solved = reader.present(record, "solved", path)
    if not isinstance(solved, bool):
        reader.fault(f"{path}.solved", f"{shown(solved)}, must be true or false")
    no_price = side.get("price_here") is None
    return ShiftLine(
        path=path,
        school=reader.text(record, "school", path),
        visits=visits,
        slot=reader.text(record, "slot", path),
        gains={
            "kind": kind,
            "pupils_gained": reader.whole(record, "pupils_gained", path, -(10**6)),
            "date_stage_gained": reader.number(record, "date_stage_gained", path, LEAST),
            "for_school": {
                "pupils": reader.whole(side, "pupils", here, 0),
                "price_here": None if no_price else reader.number(side, "price_here", here),
                "price_there": reader.number(side, "price_there", here),
                "yielded": reader.number(side, "yielded", here),
            },
            "solved": solved,
        },
    )
