"""합치기: which fields of two workplaces a person chooses between, and which of the two is taken where nobody does."""

from __future__ import annotations

from collections.abc import Mapping

#: each choice, and the columns that come with it: a place on the map belongs to its address
CHOICES: Mapping[str, tuple[str, ...]] = {
    "name": ("name",),
    "sms_name": ("sms_name",),
    "kind": ("kind",),
    "field": ("field",),
    "address": ("address", "lat", "lon"),
    "sizes": ("min_group", "max_group"),
    "groups_per_slot": ("groups_per_slot",),
    "budgets": ("visits_per_day", "visits_per_week", "visits_per_term"),
    "levels": ("levels",),
    "hours": (),
    "safety_valid_until": ("safety_valid_until",),
    "insurance_valid_until": ("insurance_valid_until",),
    "certified_until": ("certified_until",),
    "prepares": ("prepares",),
    "briefing": ("briefing",),
    "contact": (),
}
KEEP, OTHER = "keep", "other"


def chosen(given: Mapping[str, str]) -> frozenset[str]:
    """Return the choices that are taken from the entry that goes; whatever is not named stays as it is."""
    return frozenset(name for name in CHOICES if given.get(name) == OTHER)
