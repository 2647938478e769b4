"""Changes by hand: saved when the verifier agrees, written into a journal, undone and done again from it.

A hard rule is never overridden. A soft one may be, with a reason, which stays with the visit and in the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.errors import InvalidInput, NotFound
from booking.domain.ids import RequestId, RunId, SlotId, WorkplaceId
from booking.domain.journal import HandKind
from booking.domain.person import Person
from booking.models.runs import Proposal
from booking.services.hand_intents import (
    Intent,
    Look,
    intend_exclusion,
    intend_move,
    intend_sheet,
    intend_split,
    intend_swap,
    look,
)
from booking.services.hand_journal import Done, clean_reason, lock_for_change, refuse, write
from booking.services.hand_states import same, set_excluded, set_groups, state_of, touch
from booking.services.proposals import LoadedPlan, code_of, plan_of
from scheduler.moves import Change
from scheduler.soft_rules import broken


def move(
    session: Session,
    clock: Clock,
    person: Person,
    run_id: RunId,
    version: int,
    request_id: RequestId,
    slot_id: SlotId | None,
    reason: str = "",
) -> None:
    """Put a request at another slot (None: out of the plan) with all that go with it, in the best groups free there.

    Raises:
        RuleBroken: a hard rule would not hold (``facts['violations']`` in the verifier's words); nothing is saved.
        InvalidInput: a soft rule is decided against without a reason, or nothing would change.
        Conflict: somebody changed the plan since ``version``.
        IllegalTransition: the run is no longer a proposal.
        NotFound: the run, the request in it, or the slot.
    """
    _carry_out(session, clock, person, run_id, version, reason, lambda plan: intend_move(plan, request_id, slot_id))


def swap(
    session: Session,
    clock: Clock,
    person: Person,
    run_id: RunId,
    version: int,
    request_id: RequestId,
    other_id: RequestId,
    reason: str = "",
) -> None:
    """Let two requests change slots, each with all that go with it: both or neither.

    Raises:
        RuleBroken, InvalidInput, Conflict, IllegalTransition, NotFound: as for ``move``.
    """
    _carry_out(session, clock, person, run_id, version, reason, lambda plan: intend_swap(plan, request_id, other_id))


def split(
    session: Session,
    clock: Clock,
    person: Person,
    run_id: RunId,
    version: int,
    request_id: RequestId,
    groups: Mapping[WorkplaceId, int],
    reason: str = "",
) -> None:
    """Spread a request's pupils over the workplaces that a person chose, at the slot where it is.

    Raises:
        RuleBroken, InvalidInput, Conflict, IllegalTransition, NotFound: as for ``move``.
    """
    _carry_out(session, clock, person, run_id, version, reason, lambda plan: intend_split(plan, request_id, groups))


def exclude(
    session: Session,
    clock: Clock,
    person: Person,
    run_id: RunId,
    version: int,
    request_id: RequestId,
    workplace_id: WorkplaceId,
    reason: str,
) -> None:
    """Never send this request to a workplace, now or in later runs, and give it other groups where it is there.

    Raises:
        InvalidInput: no reason is given, or the workplace is excluded already.
        RuleBroken: there is no room for its pupils elsewhere at its slot; nothing is saved, the exclusion neither.
        Conflict, IllegalTransition, NotFound: as for ``move``.
    """
    if not clean_reason(reason):
        raise InvalidInput(field="reason", reason="required")
    _carry_out(
        session, clock, person, run_id, version, reason, lambda plan: intend_exclusion(plan, request_id, workplace_id)
    )


def move_many(
    session: Session,
    clock: Clock,
    person: Person,
    run_id: RunId,
    version: int,
    changes: Sequence[Change],
    reason: str = "",
) -> None:
    """Put several requests where a spreadsheet has them, as one line of the journal: all of them or none.

    Raises:
        RuleBroken, InvalidInput, Conflict, IllegalTransition: as for ``move``.
    """
    _carry_out(session, clock, person, run_id, version, reason, lambda plan: intend_sheet(plan, changes))


def _carry_out(
    session: Session,
    clock: Clock,
    person: Person,
    run_id: RunId,
    version: int,
    reason: str,
    intend: Callable[[LoadedPlan], Intent],
) -> None:
    lock_for_change(session, person, run_id, version)
    said = clean_reason(reason)
    found = look(intend(plan_of(session, run_id)))
    refuse(found.preview.caused)
    if found.overrides and not said:
        raise InvalidInput(field="reason", reason="required")
    plan, intent = found.intent.plan, found.intent
    codes = [change.visit for change in intent.changes]
    before = state_of(plan, codes)
    for code in codes:
        _place(session, found, code, said)
    if intent.excluded is not None:
        (code,) = codes
        set_excluded(plan, code, {**before["visits"][code]["excluded"], intent.excluded: said})
    touch(plan, asdict(found.preview.after))
    session.flush()
    after = state_of(plan, codes)
    if same(before, after):
        raise InvalidInput(field="change", reason="unchanged")
    write(session, clock, person, plan, Done(intent.kind, before, after, said, found.overrides))


def _place(session: Session, found: Look, code: str, reason: str) -> None:
    """Put one request where the preview has it, with the marks that tell who decided so."""
    plan = found.intent.plan
    proposal, given = plan.by_code[code], found.preview.allocation.by_visit[code]
    was = plan.allocation.by_visit[code]
    if given == was:
        return
    set_groups(session, plan, code, given.slot, {group.workplace: group.pupils for group in given.groups})
    proposal.by_hand = True
    proposal.overrides = _overrides(found, proposal, code, reason)
    if given.slot != was.slot:
        proposal.remedy = None
        wishes = proposal.request.requested
        first = wishes[0].slot_id if wishes else None
        proposal.why = None if proposal.slot_id == first else {"code": "by_hand"}
        if proposal.request.pinned_slot_id is not None:
            # what was kept at a slot is kept where it has been put
            proposal.request.pinned_slot_id = proposal.slot_id


def _overrides(found: Look, proposal: Proposal, code: str, reason: str) -> dict[str, object] | None:
    """The soft rules decided against now, and those of before that are still not kept."""
    now = found.soft.get(code, ())
    earlier = proposal.overrides or {"rules": [], "reason": ""}
    given = found.preview.allocation.by_visit[code]
    still = [rule for rule in earlier["rules"] if rule in broken(found.intent.plan.instance, given) and rule not in now]
    rules = [*now, *still]
    return {"rules": rules, "reason": reason if now else earlier["reason"]} if rules else None


def set_pin(
    session: Session,
    clock: Clock,
    person: Person,
    run_id: RunId,
    version: int,
    request_id: RequestId,
    pinned: bool,
    reason: str = "",
) -> None:
    """Keep a request at its proposed slot in every later run, or let it go again.

    Raises:
        Conflict, IllegalTransition: as for ``move``.
        NotFound: the request has no slot in this plan that could be kept.
        InvalidInput: it is so already.
    """
    lock_for_change(session, person, run_id, version)
    said = clean_reason(reason)
    plan = plan_of(session, run_id)
    code = code_of(plan, request_id)
    proposal = plan.proposals[request_id]
    if pinned and proposal.slot_id is None:
        raise NotFound(f"request {request_id} has no slot in run {run_id}")
    wanted = proposal.slot_id if pinned else None
    if proposal.request.pinned_slot_id == wanted:
        raise InvalidInput(field="pinned", reason="unchanged")
    before = state_of(plan, [code])
    proposal.request.pinned_slot_id = wanted
    touch(plan, plan.run.kpis)
    session.flush()
    kind = HandKind.PIN if pinned else HandKind.UNPIN
    write(session, clock, person, plan, Done(kind, before, state_of(plan, [code]), said))


def admit(
    session: Session,
    clock: Clock,
    person: Person,
    run_id: RunId,
    version: int,
    request_id: RequestId,
    workplace_id: WorkplaceId,
    reason: str = "",
) -> None:
    """Let a workplace that a person excluded be asked for this request again; one that declined stays away.

    Raises:
        NotFound: no person has excluded it.
        Conflict, IllegalTransition: as for ``move``.
    """
    lock_for_change(session, person, run_id, version)
    said = clean_reason(reason)
    plan = plan_of(session, run_id)
    code = code_of(plan, request_id)
    before = state_of(plan, [code])
    excluded = dict(before["visits"][code]["excluded"])
    name = next((name for name in excluded if plan.places[name] == workplace_id), None)
    if name is None:
        raise NotFound(f"workplace {workplace_id} is not excluded by hand")
    del excluded[name]
    set_excluded(plan, code, excluded)
    touch(plan, plan.run.kpis)
    session.flush()
    write(session, clock, person, plan, Done(HandKind.ADMIT, before, state_of(plan, [code]), said))
