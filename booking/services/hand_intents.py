"""What a person wants to change in a plan, and what it would do: the same for looking at it and for saving it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from booking.domain.errors import InvalidInput, NotFound
from booking.domain.ids import RequestId, SlotId, WorkplaceId
from booking.domain.journal import PINNED, HandKind
from booking.services.proposals import LoadedPlan, code_of
from scheduler.moves import Change, MovePreview, party_changes, preview_changes, swap_changes
from scheduler.parts import Group
from scheduler.soft_rules import worsened


@dataclass(frozen=True, slots=True)
class Intent:
    """A change as it is meant, judged by ``plan``; ``excluded`` is the workplace that is never asked again."""

    plan: LoadedPlan
    kind: HandKind
    request_id: RequestId
    changes: tuple[Change, ...]
    excluded: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What a change would do: the rules it breaks, the figures, and the soft rules it decides against, by request."""

    intent: Intent
    preview: MovePreview
    soft: Mapping[str, tuple[str, ...]]

    @property
    def possible(self) -> bool:
        """Whether it breaks no hard rule that the plan kept before."""
        return not self.preview.caused

    @property
    def overrides(self) -> tuple[str, ...]:
        """The soft rules, each once: they ask for a reason."""
        return tuple(dict.fromkeys(rule for rules in self.soft.values() for rule in rules))


def intend_move(plan: LoadedPlan, request_id: RequestId, slot_id: SlotId | None) -> Intent:
    """A request to another slot (None: out of the plan), with all that go with it, in the best groups free there.

    Raises:
        NotFound: the request is not in the plan, or the slot is of another term.
    """
    code = code_of(plan, request_id)
    slot = None if slot_id is None else _slot_code(plan, slot_id)
    return Intent(plan, HandKind.MOVE, request_id, party_changes(plan.instance, code, slot))


def intend_swap(plan: LoadedPlan, request_id: RequestId, other_id: RequestId) -> Intent:
    """Two requests change slots, each with all that go with it.

    Raises:
        NotFound: one of them is not in the plan.
        InvalidInput: they are at one slot already, or go together.
    """
    code, other = code_of(plan, request_id), code_of(plan, other_id)
    if other in {visit.id for visit in plan.instance.party_by_visit[code]}:
        raise InvalidInput(field="other", reason="same_party")
    slots = [plan.allocation.by_visit[name].slot for name in (code, other)]
    if slots[0] == slots[1]:
        raise InvalidInput(field="other", reason="same_slot")
    return Intent(plan, HandKind.SWAP, request_id, swap_changes(plan.instance, plan.allocation, code, other))


def intend_split(plan: LoadedPlan, request_id: RequestId, groups: Mapping[WorkplaceId, int]) -> Intent:
    """A request's pupils over other workplaces, at the slot where it is; sizes and limits are the verifier's to judge.

    Raises:
        NotFound: the request is not in the plan.
        InvalidInput: no workplace, one that the plan does not know, or a request that has no slot.
    """
    code = code_of(plan, request_id)
    slot = plan.allocation.by_visit[code].slot
    if slot is None:
        raise InvalidInput(field="groups", reason="no_slot")
    names = {number: name for name, number in plan.places.items()}
    chosen = {names.get(number, ""): pupils for number, pupils in groups.items() if pupils}
    if not chosen:
        raise InvalidInput(field="groups", reason="required")
    if not chosen.keys() <= plan.instance.workplace_by_id.keys():
        raise InvalidInput(field="groups", reason="unknown")
    split = tuple(sorted(Group(name, pupils) for name, pupils in chosen.items()))
    return Intent(plan, HandKind.SPLIT, request_id, (Change(code, slot, split),))


def intend_exclusion(plan: LoadedPlan, request_id: RequestId, workplace_id: WorkplaceId) -> Intent:
    """A workplace is never again asked for a request; where it has a group now, the request gets other groups.

    Raises:
        NotFound: the request or the workplace is not in the plan.
        InvalidInput: it is excluded already.
    """
    code = code_of(plan, request_id)
    name = next((name for name, number in plan.places.items() if number == workplace_id), None)
    if name is None or name not in plan.instance.workplace_by_id:
        raise NotFound(f"workplace {workplace_id} is not in run {plan.run.id}")
    visit = plan.instance.visit_by_id[code]
    if name in visit.excluded_workplaces:
        raise InvalidInput(field="workplace", reason="excluded_before")
    barred = replace(visit, excluded_workplaces=(*visit.excluded_workplaces, name))
    instance = replace(
        plan.instance, visits=tuple(barred if each.id == code else each for each in plan.instance.visits)
    )
    standing = plan.allocation.by_visit[code]
    there = any(group.workplace == name for group in standing.groups)
    change = Change(code, standing.slot, None if there else standing.groups)
    return Intent(replace(plan, instance=instance), HandKind.EXCLUDE, request_id, (change,), name)


def intend_sheet(plan: LoadedPlan, changes: Sequence[Change]) -> Intent:
    """Several requests at once, as a spreadsheet has them: all of them or none.

    Raises:
        InvalidInput: nothing would change.
    """
    if not changes:
        raise InvalidInput(field="change", reason="unchanged")
    return Intent(plan, HandKind.SHEET, plan.by_code[changes[0].visit].request_id, tuple(changes))


def look(intent: Intent) -> Look:
    """What the change would do; the verifier judges it, nothing is saved."""
    plan = intent.plan
    preview = preview_changes(plan.instance, plan.allocation, intent.changes)
    soft: dict[str, tuple[str, ...]] = {}
    for change in intent.changes:
        before, after = plan.allocation.by_visit[change.visit], preview.allocation.by_visit[change.visit]
        rules: tuple[str, ...] = worsened(plan.instance, before, after)
        kept = plan.by_code[change.visit].request.pinned_slot_id
        if kept is not None and before.slot != after.slot and before.slot and plan.slots[before.slot] == kept:
            rules = (*rules, PINNED)
        if rules:
            soft[change.visit] = rules
    return Look(intent, preview, soft)


def _slot_code(plan: LoadedPlan, slot_id: SlotId) -> str:
    code = next((code for code, number in plan.slots.items() if number == slot_id), None)
    if code is None or code not in plan.instance.slot_by_id:
        raise NotFound(f"slot {slot_id}")
    return code
