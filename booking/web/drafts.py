"""What a teacher is about to ask for, carried in the address from step to step.

Nothing is lost by going back, by reloading, by changing the language or by an error. Nothing is stored before the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from booking.domain.errors import InvalidInput
from booking.domain.ids import ClassId, SchoolId, SlotId
from booking.domain.vocabulary import JobField
from booking.queries.load import SlotLoad

MOST_WISHES = 5
#: more than this in one address is not a choice any more
MOST_IDS = 400
MAY = "may"
PREFIX = "s"


def _numbers(texts: Sequence[str]) -> tuple[int, ...]:
    """Whole numbers in the order given, each once; anything else is left out."""
    found = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= 18]
    return tuple(dict.fromkeys(found))[:MOST_IDS]


@dataclass(frozen=True, slots=True)
class Draft:
    """A request in the making."""

    school_id: SchoolId | None = None
    class_ids: tuple[ClassId, ...] = ()
    together: bool = False
    fields: tuple[JobField, ...] = ()
    requested: tuple[SlotId, ...] = ()
    negotiable: tuple[SlotId, ...] = ()

    @classmethod
    def from_values(cls, values: MultiDict[str, str]) -> Draft:
        """Read the draft from an address or from hidden fields; what makes no sense is left out."""
        school = _numbers(values.getlist("school"))
        named = set(values.getlist("field"))
        return cls(
            school_id=SchoolId(school[0]) if school else None,
            class_ids=tuple(ClassId(n) for n in _numbers(values.getlist("class"))),
            together=values.get("together") == "1",
            fields=tuple(item for item in JobField if item in named),
            requested=tuple(SlotId(n) for n in _numbers(values.get("wish", "").split("."))),
            negotiable=tuple(SlotId(n) for n in _numbers(values.get("may", "").split("."))),
        )

    def pairs(self) -> list[tuple[str, str]]:
        """Return the draft as name and value, for hidden fields."""
        found: list[tuple[str, str]] = [("school", str(self.school_id))] if self.school_id else []
        found += [("class", str(number)) for number in self.class_ids]
        found += [("together", "1")] if self.together else []
        found += [("field", item.value) for item in self.fields]
        found += [("wish", ".".join(map(str, self.requested)))] if self.requested else []
        found += [("may", ".".join(map(str, self.negotiable)))] if self.negotiable else []
        return found

    def query(self) -> dict[str, Any]:
        """Return the draft as arguments of an address."""
        arguments: MultiDict[str, str] = MultiDict(self.pairs())
        return {name: arguments.getlist(name) for name in arguments}

    def with_dates(self, requested: Sequence[SlotId], negotiable: Sequence[SlotId]) -> Draft:
        """Return the draft with other dates."""
        return replace(self, requested=tuple(requested), negotiable=tuple(negotiable))

    @property
    def choices(self) -> dict[SlotId, str]:
        """What is chosen at each slot: a rank as text, or ``may``."""
        ranked = {slot: str(rank) for rank, slot in enumerate(self.requested, 1)}
        return {**dict.fromkeys(self.negotiable, MAY), **ranked}


@dataclass(frozen=True, slots=True)
class DateChoice:
    """What the calendar's form says: each slot's choice as it was sent, and the lists that follow from it."""

    choices: dict[SlotId, str]
    requested: tuple[SlotId, ...]
    negotiable: tuple[SlotId, ...]
    fault: InvalidInput | None


def read_dates(form: Mapping[str, str], loads: Sequence[SlotLoad]) -> DateChoice:
    """Read the calendar's form: ``s<slot> = 1…5 | may``. Ranks may have gaps; a rank given twice is a fault."""
    choices: dict[SlotId, str] = {}
    ranked: dict[int, SlotId] = {}
    fault: InvalidInput | None = None
    for load in loads:
        value = form.get(f"{PREFIX}{load.slot_id}", "").strip()
        if value == MAY:
            choices[load.slot_id] = MAY
        elif value in {str(rank) for rank in range(1, MOST_WISHES + 1)}:
            choices[load.slot_id] = value
            if int(value) in ranked:
                fault = InvalidInput(field="requested", reason="twice")
            ranked.setdefault(int(value), load.slot_id)
    if not ranked:
        fault = InvalidInput(field="requested", reason="required")
    return DateChoice(
        choices,
        tuple(ranked[rank] for rank in sorted(ranked)),
        tuple(slot for slot, value in choices.items() if value == MAY),
        fault,
    )
