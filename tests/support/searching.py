"""Searches for offers in tests: an engine that finds what it is told, and the steps that lead to what it found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from booking.domain.states import OfferStatus, SearchStatus
from booking.models.offers import Offer, OfferSearch
from booking.services.offer_finding import Finder
from scheduler.instance import Instance
from scheduler.offers_candidates import OfferKind, SchoolSide
from tests.support.factory import SmallTerm
from tests.support.shifts import OTHER


@dataclass(frozen=True, slots=True)
class Answer:
    """One question as the engine states it."""

    visits: tuple[str, ...]
    slot: str = OTHER
    kind: OfferKind = OfferKind.PLACE
    pupils_gained: int = 40
    date_stage_gained: float = 312.0
    for_school: SchoolSide = field(default_factory=lambda: SchoolSide(40, None, 3.5, 12.0))
    solved: bool = True


BUNDLE = Answer(("V0004", "V0005"))


def finder(
    *answers: Answer, before: Callable[[Instance, dict[str, Any]], None] = lambda _instance, _options: None
) -> Finder:
    """An engine that finds these, after ``before`` was called with what it was given."""

    def find(instance: Instance, _plan: object, _limits: object, **options: Any) -> Sequence[Answer]:
        options["on_progress"](len(answers), 0, 0)
        before(instance, options)
        options["on_progress"](len(answers), len(answers), len(answers))
        return answers

    return Finder(find=find, limits=dict)


def found(small: SmallTerm, *answers: Answer) -> list[Offer]:
    """Offers found in the published plan, stored as a search stores them."""
    run = small.session.execute(sa.text("SELECT id FROM allocation_run WHERE status = 'published'")).scalar_one()
    search = OfferSearch(term_id=small.term.id, run_id=run, status=SearchStatus.DONE, time_limit=10.0)
    small.session.add(search)
    small.session.flush()
    offers = [
        Offer(
            request_id=small.request(code).id,
            slot_id=small.slot(answer.slot).id,
            run_id=run,
            search_id=search.id,
            status=OfferStatus.FOUND,
            gains={"kind": "place", "pupils_gained": 40, "date_stage_gained": 312.0, "for_school": {}},
            answer_by=small.clock.now().date(),
        )
        for answer in answers
        for code in answer.visits
    ]
    small.session.add_all(offers)
    small.session.flush()
    return offers
