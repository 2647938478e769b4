"""What would help a class that has no place, or not its first choice: the engine's cheapest repair in plain words.

Codes and facts are those of ``scheduler.explain_changes``. What is not known here, or lies in the past by now, is left
out: no word is better than a wrong one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from booking.domain.vocabulary import Level
from booking.web.formats import kilometres
from booking.web.labels import label
from booking.web.marking import gettext, ngettext
from booking.web.reasons import slot_words

Facts = Mapping[str, Any]
#: what the school itself can give, by changing its request
SCHOOLS_OWN = frozenset({"accept_slot", "raise_travel_limit", "split_bundle"})


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would help: one sentence for each thing that has to be given, and whether all of it is the school's."""

    sentences: tuple[str, ...]
    schools_own: bool


def _accept_slot(change: Facts, _slot: str) -> str:
    return gettext("%(slot)s: 이때도 괜찮으시면 바로 배정할 수 있습니다.", slot=slot_words(change["slot"]))


def _more_coaches(change: Facts, _slot: str) -> str:
    return ngettext(
        "%(slot)s: 진로코치가 %(num)s명 더 있으면 갈 수 있습니다.",
        "%(slot)s: 진로코치가 %(num)s명 더 있으면 갈 수 있습니다.",
        int(change["count"]),
        slot=slot_words(change["slot"]),
    )


def _more_seats(change: Facts, _slot: str) -> str:
    return ngettext(
        "%(slot)s: %(level)s 학생을 받는 일터가 %(num)s곳 더 있으면 갈 수 있습니다.",
        "%(slot)s: %(level)s 학생을 받는 일터가 %(num)s곳 더 있으면 갈 수 있습니다.",
        int(change["groups"]),
        slot=slot_words(change["slot"]),
        level=label(Level(change["level"])),
    )


def _farther(change: Facts, slot: str) -> str:
    return gettext(
        "%(slot)s: 학교에서 %(km)s 떨어진 일터까지 괜찮으시면 갈 수 있습니다.",
        slot=slot_words(slot),
        km=kilometres(float(change["km"])),
    )


def _split(_change: Facts, _slot: str) -> str:
    return gettext("함께 나가는 학급이 서로 다른 때에 나가도 괜찮으시면 갈 수 있습니다.")


SENTENCES: dict[str, Callable[[Facts, str], str]] = {
    "accept_slot": _accept_slot,
    "more_coaches": _more_coaches,
    "more_seats": _more_seats,
    "raise_travel_limit": _farther,
    "split_bundle": _split,
}


def remedy_words(remedy: Facts | None, code: str, today: dt.date) -> Remedy | None:
    """Return what would help the request ``code``; None where nothing is known, or its date has passed."""
    if not remedy:
        return None
    try:
        slot = str(remedy["slots"][code])
        if dt.date.fromisoformat(slot.partition("/")[0]) <= today:
            return None
        changes = list(remedy["changes"])
        if not changes:
            free = gettext("%(slot)s: 자리가 있습니다. 센터에 말씀하시면 옮겨 볼 수 있습니다.", slot=slot_words(slot))
            return Remedy((free,), False)
        sentences = tuple(dict.fromkeys(SENTENCES[str(change["code"])](change, slot) for change in changes))
        return Remedy(sentences, all(change["code"] in SCHOOLS_OWN for change in changes))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
