"""The preview of a change by hand as it is read: who goes where, what breaks, who bears the cost, what is better."""

from __future__ import annotations

from dataclasses import dataclass

from booking.services.hand_intents import Look
from booking.services.proposals import LoadedPlan
from booking.web.console.hand_words import gives, soft_sentence
from booking.web.console.rules import violation_words
from scheduler.costs import rank_of
from scheduler.moves import MovePreview, Suggestion
from scheduler.parts import Group


@dataclass(frozen=True, slots=True)
class SeenVisit:
    """One visit of a preview: codes of its slots before and after, and its groups after by the workplace's name."""

    name: str
    slot_before: str | None
    slot: str | None
    rank: int | None
    groups: tuple[tuple[str, int], ...]
    regrouped: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A preview in words; ``better`` are suggestions that cost less than what is looked at."""

    preview: MovePreview
    visits: tuple[SeenVisit, ...]
    broken: tuple[str, ...]
    gives: tuple[str, ...]
    soft: tuple[str, ...]
    schools: tuple[tuple[str, float], ...]
    better: tuple[Suggestion, ...]

    @property
    def possible(self) -> bool:
        """Whether it may be saved."""
        return not self.broken


def who(plan: LoadedPlan, code: str) -> str:
    """Return school and class of a visit of the plan."""
    visit = plan.instance.visit_by_id[code]
    return f"{plan.instance.school_by_id[visit.school].name} {visit.label}"


def rank_at(plan: LoadedPlan, code: str, slot: str | None) -> int | None:
    """Return what a slot is to a visit: 0 its first choice, None not asked for."""
    return rank_of(plan.instance.visit_by_id[code], slot) if slot is not None else None


def words_stand(text: str, words: str) -> bool:
    """Whether each of the words stands in a text, upper or lower case."""
    return all(word in text.casefold() for word in words.casefold().split())


def seen(look: Look, suggestions: tuple[Suggestion, ...] = ()) -> Seen:
    """Return a preview in words; of ``suggestions`` those that are better than it."""
    plan, preview = look.intent.plan, look.preview
    return Seen(
        preview=preview,
        visits=tuple(_visit(look, change.visit) for change in look.intent.changes),
        broken=tuple(dict.fromkeys(violation_words(plan.instance, violation) for violation in preview.caused)),
        gives=tuple(gives([violation.rule for violation in preview.caused])),
        soft=tuple(soft_sentence(rule) for rule in look.overrides),
        schools=tuple((plan.instance.school_by_id[code].name, cost) for code, cost in preview.by_school.items()),
        better=tuple(found for found in suggestions if preview.caused or found.cost_delta < preview.cost_delta),
    )


def _visit(look: Look, code: str) -> SeenVisit:
    plan = look.intent.plan
    before, after = plan.allocation.by_visit[code], look.preview.allocation.by_visit[code]
    return SeenVisit(
        name=who(plan, code),
        slot_before=before.slot,
        slot=after.slot,
        rank=rank_at(plan, code, after.slot),
        groups=_named(plan, after.groups),
        regrouped=sorted(before.groups) != sorted(after.groups),
    )


def _named(plan: LoadedPlan, groups: tuple[Group, ...]) -> tuple[tuple[str, int], ...]:
    return tuple((plan.instance.workplace_by_id[group.workplace].name, group.pupils) for group in groups)
