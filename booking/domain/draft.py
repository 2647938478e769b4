"""A request in the making: which classes, which kinds of work, which dates, as far as they have been chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from booking.domain.ids import ClassId, SlotId
from booking.domain.vocabulary import JobField

#: what stands at a slot that is merely possible
MAY = "may"


@dataclass(frozen=True, slots=True)
class Draft:
    """What has been chosen so far; everything may still be empty."""

    class_ids: tuple[ClassId, ...] = ()
    together: bool = False
    fields: tuple[JobField, ...] = ()
    requested: tuple[SlotId, ...] = ()
    negotiable: tuple[SlotId, ...] = ()

    @classmethod
    def from_document(cls, content: Mapping[str, Any]) -> Draft:
        """Read what :meth:`document` wrote; a field that has gone from the vocabulary meanwhile is left out."""
        named = set(content.get("fields", ()))
        return cls(
            class_ids=tuple(ClassId(number) for number in content.get("classes", ())),
            together=bool(content.get("together", False)),
            fields=tuple(item for item in JobField if item.value in named),
            requested=tuple(SlotId(number) for number in content.get("requested", ())),
            negotiable=tuple(SlotId(number) for number in content.get("negotiable", ())),
        )

    def document(self) -> dict[str, Any]:
        """Return the draft as it is stored."""
        return {
            "classes": list(self.class_ids),
            "together": self.together,
            "fields": [item.value for item in self.fields],
            "requested": list(self.requested),
            "negotiable": list(self.negotiable),
        }

    def with_dates(self, requested: Sequence[SlotId], negotiable: Sequence[SlotId]) -> Draft:
        """Return the draft with other dates."""
        return replace(self, requested=tuple(requested), negotiable=tuple(negotiable))

    def with_classes(self, known: Sequence[ClassId]) -> Draft:
        """Return the draft with those of its classes that are known; one class alone does not go out together."""
        kept = tuple(number for number in self.class_ids if number in set(known))
        return replace(self, class_ids=kept, together=self.together and len(kept) > 1)

    @property
    def choices(self) -> dict[SlotId, str]:
        """What is chosen at each slot: a rank as text, or ``may``."""
        ranked = {slot: str(rank) for rank, slot in enumerate(self.requested, 1)}
        return {**dict.fromkeys(self.negotiable, MAY), **ranked}
