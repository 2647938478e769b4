"""Reasons, prices and repairs in plain English, for people at the command line; the web has its own words."""

from collections.abc import Callable, Mapping, Sequence

from scheduler.explain import WhyCode
from scheduler.explain_changes import AcceptSlot, Change, MoreCoaches, MoreSeats, RaiseTravelLimit, Remedy

Facts = Mapping[str, object]


def slot_words(slot: str) -> str:
    """A slot as it is read aloud: `2026-10-16/AM` is 2026-10-16 AM."""
    return slot.replace("/", " ")


def reason(facts: Facts) -> str:
    """The reason that kept a visit from a slot: the slot, then the facts that a person can check.

    Args:
        facts: `code` and the facts of `scheduler.explain.WhyCode`.
    """
    told = _REASONS[WhyCode(str(facts["code"]))](facts)
    slot = facts.get("slot")
    return f"{slot_words(str(slot))}: {told}" if slot is not None else told


def price(facts: Facts | None) -> str:
    """What a first choice would have cost everybody, with how surely that is known; None: no price buys it."""
    if facts is None:
        return "no price buys it: a hard rule stands against it"
    out = _number(facts["unplaced_pupils"])
    parts = [f"{out} more pupils without a place"] if facts["unplaced_pupils"] else []
    parts.append(f"{_number(facts['date_stage'])} in dates and crowding")
    if not facts.get("exact"):
        return f"about {' and '.join(parts)} (an estimate)"
    spread = f"proven between {_number(facts['at_least'])} and {_number(facts['at_most'])}"
    return f"{' and '.join(parts)} ({spread}, solved again)"


def repair(remedy: Remedy | None) -> str:
    """The cheapest repair as what is to be asked for, and where the visit then stands."""
    if remedy is None:
        return "no favour of the kinds known would place it"
    slots = ", ".join(slot_words(slot) for slot in sorted(set(remedy.slots.values())))
    asked = "; ".join(change(each) for each in remedy.changes)
    return f"{asked or 'there is room as it is'} → {slots}"


def change(asked: Change) -> str:
    """One favour to be asked for."""
    match asked:
        case AcceptSlot():
            return f"accept {slot_words(asked.slot)} for {_names(asked.visits)}"
        case MoreCoaches():
            return f"{_count(asked.count, 'more coach', 'more coaches')} on {slot_words(asked.slot)}"
        case MoreSeats():
            places = _count(asked.groups, "more place", "more places")
            size = f"groups of up to {asked.max_group}"
            return f"{places} for {asked.level} schools ({size}, {asked.field}) on {slot_words(asked.slot)}"
        case RaiseTravelLimit():
            return f"let {_names(asked.visits)} travel {asked.km:g} km"
    return f"let the {len(asked.visits)} visits of bundle {asked.bundle} go out at different times"


def _closed(facts: Facts) -> str:
    places = _count(facts["open_workplaces"], "workplace", "workplaces")
    return f"{places} open to {facts['visit']} with {_number(facts['seats'])} seats: no groups add up, even alone"


def _bundle_too_large(facts: Facts) -> str:
    return (
        f"{_count(facts['visits'], 'class', 'classes')} with {_number(facts['pupils'])} pupils together,"
        f" {_number(facts['seats'])} seats for them in all"
    )


def _bundle_not_accepted(facts: Facts) -> str:
    visits = facts["visits"]
    return f"{_names(visits if isinstance(visits, list) else [])} of the same bundle did not ask for it"


def _coaches_short(facts: Facts) -> str:
    who = "the party by itself" if facts["alone"] else "with everybody else there the slot"
    return f"{who} needs {_count(facts['needed'], 'coach', 'coaches')}, {_number(facts['there'])} are there"


def _class_same_day(facts: Facts) -> str:
    return f"class {facts['class']} goes out on {facts['date']} already"


def _seats_taken(facts: Facts) -> str:
    return (
        f"{_number(facts['load'])} of {_number(facts['seats'])} seats taken by"
        f" {_count(facts['visits'], 'visit', 'visits')}; the {_number(facts['free_seats'])} that the limits leave make"
        f" no groups for {_number(facts['pupils'])} pupils"
    )


def _levelled(facts: Facts) -> str:
    return (
        f"moved for level days: congestion price {_number(facts['price_there'])} against"
        f" {_number(facts['price_here'])} ({_number(facts['extra'])} dearer in all)"
    )


def _locked(facts: Facts) -> str:
    return f"locked to {slot_words(str(facts['locked']))}"


def _within_gap(facts: Facts) -> str:
    return f"it would fit and save {_number(facts['saving'])}: less than the plan is proven to"


def _not_requested(_facts: Facts) -> str:
    return "the school asked for no slot; this is one that its calendar allows"


_REASONS: Mapping[WhyCode, Callable[[Facts], str]] = {
    WhyCode.CLOSED: _closed,
    WhyCode.BUNDLE_TOO_LARGE: _bundle_too_large,
    WhyCode.BUNDLE_NOT_ACCEPTED: _bundle_not_accepted,
    WhyCode.COACHES_SHORT: _coaches_short,
    WhyCode.CLASS_SAME_DAY: _class_same_day,
    WhyCode.SEATS_TAKEN: _seats_taken,
    WhyCode.LEVELLED: _levelled,
    WhyCode.LOCKED: _locked,
    WhyCode.WITHIN_GAP: _within_gap,
    WhyCode.NOT_REQUESTED: _not_requested,
}


def _names(visits: Sequence[object]) -> str:
    """Up to three names, and how many more."""
    shown = ", ".join(str(visit) for visit in visits[:3])
    return f"{shown} and {len(visits) - 3} more" if len(visits) > 3 else shown


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _count(value: object, one: str, many: str) -> str:
    return f"{_number(value)} {one if value == 1 else many}"
