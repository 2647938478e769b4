"""The output of an allocation (wx-allocation/1): every visit's slot and groups, figures, bounds, reasons."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from scheduler.faults import Fault, InputError, Reader, join, load_json, shown
from scheduler.parts import Group

__all__ = [
    "Allocation",
    "AllocationError",
    "Assignment",
    "Bounds",
    "Group",
    "Kpis",
    "SolverInfo",
    "Status",
    "Why",
    "parse_allocation",
    "parse_allocation_json",
]

FORMAT = "wx-allocation/1"


class AllocationError(InputError):
    """An allocation file that cannot be used: `faults` names every fault and its place."""


class Status(StrEnum):
    """How far a plan is proven: every stage within 0.5 % of its bound (`fairness_slack` aside), or not."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"


@dataclass(frozen=True, slots=True)
class Why:
    """Why a visit is not at its first choice: a code, and facts (JSON values) that a person can check."""

    code: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where one visit goes: `slot` None and no groups where it is not placed."""

    id: str
    slot: str | None
    groups: tuple[Group, ...] = ()
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Kpis:
    """The figures of a plan, as the verifier computes them: costs and kilometres to 2 decimals, shares to 4."""

    unplaced_pupils: int = 0
    placed_pupils: int = 0
    shifted_visits: int = 0
    first_choice_share: float = 0.0
    peak_load: int = 0
    bunching: float = 0.0
    date_cost: float = 0.0
    crowding: float = 0.0
    date_stage: float = 0.0
    worst_school_cost: float = 0.0
    off_field_pupils: int = 0
    travel_pupil_km: float = 0.0
    groups: int = 0
    workplace_stage: float = 0.0
    changed_visits: int = 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """Proven lower bounds.

    `unplaced_pupils` over all allocations; `date_stage` over all that leave no more pupils unplaced than this one;
    `workplace_stage` for the slots that were chosen.
    """

    unplaced_pupils: int = 0
    date_stage: float = 0.0
    workplace_stage: float = 0.0


@dataclass(frozen=True, slots=True)
class SolverInfo:
    """What made the plan. `cut_short`: the wall limit ended a pass; `policy`: prices changed against the file."""

    name: str
    version: str
    seconds: float
    seed: int
    cut_short: bool
    policy: Mapping[str, object]


@dataclass(frozen=True)
class Allocation:
    """A plan for one instance: every visit once, in the order of the instance."""

    instance: str
    instance_sha256: str
    status: Status
    visits: tuple[Assignment, ...]
    kpis: Kpis
    bounds: Bounds
    solver: SolverInfo

    @cached_property
    def by_visit(self) -> Mapping[str, Assignment]:
        """Assignments by visit id."""
        return {assignment.id: assignment for assignment in self.visits}

    def to_document(self) -> dict[str, object]:
        """The plan as a JSON document."""
        return {
            "format": FORMAT,
            "instance": self.instance,
            "instance_sha256": self.instance_sha256,
            "status": self.status.value,
            "visits": [_assignment_document(assignment) for assignment in self.visits],
            "kpis": dataclasses.asdict(self.kpis),
            "bounds": dataclasses.asdict(self.bounds),
            "solver": {
                "name": self.solver.name,
                "version": self.solver.version,
                "seconds": self.solver.seconds,
                "seed": self.solver.seed,
                "cut_short": self.solver.cut_short,
                "policy": dict(self.solver.policy),
            },
        }


def gap(value: float, bound: float) -> float:
    """How far a figure is from its proven bound, relative: (value − bound) / max(1, value)."""
    return (value - bound) / max(1.0, value)


def parse_allocation_json(data: bytes) -> Allocation:
    """Read a wx-allocation/1 file.

    Raises:
        AllocationError: the bytes are no usable allocation; every fault is named.
    """
    document, faults = load_json(data)
    if faults:
        raise AllocationError(tuple(faults))
    return parse_allocation(document)


def parse_allocation(document: object) -> Allocation:
    """The plan in a JSON document already read; it may break rules, which is for the verifier to say.

    Raises:
        AllocationError: it is not of the format; every fault with its place.
    """
    reader = Reader()
    record = reader.record(document, "")
    if reader.faults:
        raise AllocationError(tuple(reader.faults))
    if record.get("format") != FORMAT:
        raise AllocationError((Fault("format", f"must be {FORMAT!r}"),))
    status = reader.text(record, "status", "")
    if status and status not in {item.value for item in Status}:
        reader.fault("status", f"{shown(status)}, must be one of {', '.join(Status)}")
    allocation = Allocation(
        instance=reader.text(record, "instance", "", empty=True),
        instance_sha256=reader.text(record, "instance_sha256", "", empty=True),
        status=Status.OPTIMAL if status == Status.OPTIMAL else Status.FEASIBLE,
        visits=tuple(
            _assignment(value, f"visits[{i}]", reader) for i, value in enumerate(reader.items(record, "visits", ""))
        ),
        kpis=Kpis(**_figures(record, "kpis", Kpis, reader)),
        bounds=Bounds(**_figures(record, "bounds", Bounds, reader)),
        solver=_solver(record, reader),
    )
    if reader.faults:
        raise AllocationError(tuple(reader.faults))
    return allocation


def _assignment_document(assignment: Assignment) -> dict[str, object]:
    why = assignment.why
    return {
        "id": assignment.id,
        "slot": assignment.slot,
        "groups": [{"workplace": group.workplace, "pupils": group.pupils} for group in assignment.groups],
        "why": None if why is None else {"code": why.code, **why.facts},
    }


def _assignment(value: object, path: str, reader: Reader) -> Assignment:
    record = reader.record(value, path)
    slot = None if reader.present(record, "slot", path) is None else reader.text(record, "slot", path)
    groups = []
    for j, item in enumerate(reader.items(record, "groups", path)):
        here = f"{path}.groups[{j}]"
        group = reader.record(item, here)
        # Sizes out of range are violations of H2, named by the verifier; here only the type counts.
        pupils = reader.whole(group, "pupils", here, -(10**9), 10**9)
        groups.append(Group(reader.text(group, "workplace", here, empty=True), pupils))
    why = None
    if reader.present(record, "why", path) is not None:
        facts = reader.record(record["why"], join(path, "why"))
        code = reader.text(facts, "code", join(path, "why")) if facts else ""
        why = Why(code, {key: fact for key, fact in facts.items() if key != "code"})
    return Assignment(reader.text(record, "id", path), slot, tuple(groups), why)


def _figures(record: Mapping[str, object], key: str, kind: type[Kpis] | type[Bounds], reader: Reader) -> dict[str, int]:
    """The figures of `kind`, whole where its field is: typed as int, to which float is as good."""
    value = reader.present(record, key, "")
    if key not in record:
        return {}
    listed = reader.record(value, key)
    figures: dict[str, float] = {}
    for field in dataclasses.fields(kind) if isinstance(value, dict) else ():
        if field.type is int:
            figures[field.name] = reader.whole(listed, field.name, key, 0, 10**12)
        else:
            figures[field.name] = reader.number(listed, field.name, key, -math.inf, 1e18)
    return figures  # type: ignore[return-value]


def _solver(record: Mapping[str, object], reader: Reader) -> SolverInfo:
    value = reader.present(record, "solver", "")
    listed = reader.record(value, "solver") if "solver" in record else {}
    if not isinstance(value, dict):
        return SolverInfo("", "", 0.0, 0, False, {})
    cut_short = reader.present(listed, "cut_short", "solver")
    if not isinstance(cut_short, bool) and "cut_short" in listed:
        reader.fault("solver.cut_short", f"{shown(cut_short)}, must be true or false")
    policy = reader.record(listed.get("policy", {}), "solver.policy")
    return SolverInfo(
        name=reader.text(listed, "name", "solver"),
        version=reader.text(listed, "version", "solver"),
        seconds=reader.number(listed, "seconds", "solver"),
        seed=reader.whole(listed, "seed", "solver", -(2**63), 2**63),
        cut_short=cut_short is True,
        policy=dict(policy),
    )
