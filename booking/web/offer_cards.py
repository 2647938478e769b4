"""조정 제안 on the school's page: what the school and everybody gain, in sentences, and the dates it may propose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from booking.domain.ids import SlotId
from booking.models.schools import School
from booking.queries.load import SlotLoad, outlook
from booking.queries.teacher import OfferCard
from booking.services.school_year import request_grade
from booking.services.terms import current_term
from booking.web.database import read
from booking.web.formats import crowding, crowding_word, month, number, percent, pupils, when
from booking.web.marking import gettext
from booking.web.school_days import why_not

#: a slot from this share on is full: nobody is led there
FULL = 1.0
#: what is below this is noise in a figure that is proven to some thousandths
LEAST_COST = 1.0

Choice = tuple[SlotId, str]


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """One card: the offer, what it gains, and the dates that may be proposed instead, month by month."""

    card: OfferCard
    for_school: tuple[str, ...]
    for_all: tuple[str, ...]
    dates: tuple[tuple[str, tuple[Choice, ...]], ...]

    @property
    def number(self) -> int:
        """The number by which forms and links on the page name the card."""
        return self.card.offers[0].id


def _figure(facts: Mapping[str, Any], name: str) -> float:
    value = facts.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def date_gains(card: OfferCard) -> tuple[str, ...]:
    """What the date itself gives the school: a place for those who have none, or a day that is less crowded."""
    found = []
    if card.stands is None:
        found.append(gettext("미배정 %(pupils)s, 이날이면 자리를 얻습니다.", pupils=pupils(card.pupils)))
    side = card.offers[0].gains.get("for_school")
    facts = side if isinstance(side, Mapping) else {}
    here, there = _figure(facts, "price_here"), _figure(facts, "price_there")
    if card.stands is not None and there < here:
        found.append(
            gettext(
                "덜 붐비는 날입니다. 한 명의 혼잡 비용 %(here)s → %(there)s.",
                here=number(here),
                there=number(there),
            )
        )
    return tuple(found)


def school_gains(card: OfferCard) -> tuple[str, ...]:
    """What the school gains: by the date, and in credit."""
    return (*date_gains(card), gettext("양보 점수가 쌓여 다음 배정에서 먼저 배려됩니다."))


def common_gains(card: OfferCard) -> tuple[str, ...]:
    """What everybody gains, as the engine promised it; empty where it has not been reckoned."""
    gains = card.offers[0].gains
    found = []
    placed, saved = int(_figure(gains, "pupils_gained")), _figure(gains, "date_stage_gained")
    if placed > 0:
        found.append(gettext("자리를 얻지 못하는 학생이 %(pupils)s 줄어듭니다.", pupils=pupils(placed)))
    if saved >= LEAST_COST:
        found.append(gettext("혼잡 비용이 %(cost)s 줄어듭니다.", cost=number(round(saved))))
    return tuple(found)


def _dates(card: OfferCard, school: School, loads: Sequence[SlotLoad], today: dt.date) -> list[SlotLoad]:
    """The slots that the classes could go at instead: to come, not blocked, neither asked for nor offered, not full."""
    session = read()
    requests = [offer.request for offer in card.offers]
    taken = {card.slot.id, *(wish.slot_id for request in requests for wish in request.requested)}
    ahead = [load for load in loads if load.date > today and load.slot_id not in taken]
    blocked = why_not(school.id, [request_grade(session, request) for request in requests], ahead)
    return [load for load in ahead if load.slot_id not in blocked and load.share is not None and load.share < FULL]


def _choice(load: SlotLoad) -> Choice:
    return load.slot_id, f"{when(load)} · {percent(load.share)} {crowding_word(crowding(load.share))}"


def shown_offers(cards: Sequence[OfferCard], school: School, today: dt.date) -> list[ShownOffer]:
    """Return the cards as the page shows them."""
    if not cards:
        return []
    loads = outlook(read(), current_term(read()), school.level).loads
    return [
        ShownOffer(
            card,
            school_gains(card),
            common_gains(card),
            tuple(
                (month(first), tuple(_choice(load) for load in found))
                for first, found in groupby(
                    _dates(card, school, loads, today), key=lambda load: load.date.replace(day=1)
                )
            ),
        )
        for card in cards
    ]
