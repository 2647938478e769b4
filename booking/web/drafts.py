"""How a request in the making stands in a form. What makes no sense there is left out, and never an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from booking.domain.draft import MAY, Draft
from booking.domain.errors import InvalidInput
from booking.domain.ids import ClassId, SlotId
from booking.domain.vocabulary import JobField
from booking.queries.load import SlotLoad

MOST_WISHES = 5
#: more than this in one form is not a choice any more
MOST_IDS = 400
PREFIX = "s"
LONGEST_ID = 18


def whole_numbers(texts: Sequence[str]) -> tuple[int, ...]:
    """Whole numbers in the order given, each once; anything else is left out."""
    found = [int(text) for text in texts[:MOST_IDS] if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID]
    return tuple(dict.fromkeys(found))


def read_draft(values: MultiDict[str, str]) -> Draft:
    """Read a draft from the fields of :func:`pairs`."""
    named = set(values.getlist("field"))
    return Draft(
        class_ids=tuple(ClassId(n) for n in whole_numbers(values.getlist("class"))),
        together=values.get("together") == "1",
        fields=tuple(item for item in JobField if item in named),
        requested=tuple(SlotId(n) for n in whole_numbers(values.get("wish", "").split("."))),
        negotiable=tuple(SlotId(n) for n in whole_numbers(values.get("may", "").split("."))),
    )


def pairs(draft: Draft) -> list[tuple[str, str]]:
    """Return the draft as name and value, for hidden fields."""
    found: list[tuple[str, str]] = [("class", str(number)) for number in draft.class_ids]
    found += [("together", "1")] if draft.together else []
    found += [("field", item.value) for item in draft.fields]
    found += [("wish", ".".join(map(str, draft.requested)))] if draft.requested else []
    found += [("may", ".".join(map(str, draft.negotiable)))] if draft.negotiable else []
    return found


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
