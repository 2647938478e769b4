"""The bench: peers are right on terms small enough to try everything, results are judged, drawn and written."""

from __future__ import annotations

import csv
import functools
import importlib.util
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from scheduler import benchmark, benchmark_scaling
from scheduler.__main__ import main
from scheduler.allocation import Allocation, Assignment, Bounds, Kpis
from scheduler.benchmark import US, Result, compare, run_one, timed
from scheduler.benchmark_report import COLUMNS, HEADS, bars_svg, lines_svg, table_rows, to_csv
from scheduler.benchmark_scaling import CENTRES, SIZED_COLUMNS, Sized, centre_sizes, nation, scaling, sized_rows
from scheduler.instance import Instance
from scheduler.peers.cpsat import cpsat
from scheduler.peers.highs import highs
from scheduler.peers.run import MISSING, PEERS
from scheduler.peers.run import main as run_peer
from scheduler.peers.serving import first_choice, first_come
from scheduler.peers.whole import build_whole
from scheduler.verifier import verify
from tests.unit.scheduler.terms import (
    MONDAY,
    MONDAY_PM,
    NEXT,
    TUESDAY,
    Document,
    allocation,
    every_plan,
    read,
    school,
    term,
    visit,
    workplace,
)


def judged(instance: Instance, assignments: tuple[Assignment, ...]) -> Kpis:
    found: Allocation = allocation(instance, assignments)
    assert verify(instance, found).violations == ()
    return found.kpis


def rules() -> Document:
    """A term in which every rule has something to say."""
    return term(
        schools=[school("S0", own_chaperones_per_slot=1), school("S1", own_chaperones_per_slot=0)],
        coaches={MONDAY: 1, TUESDAY: 1, NEXT: 2},
        workplaces=[
            workplace("W0", visits_per_week=2, visits_per_term=2, max_group=4),
            workplace("W1", visits_per_day=1, groups_per_slot=2, max_group=4, open_slots=[MONDAY, MONDAY_PM, NEXT]),
            workplace("W2", field="health", lat=37.7, max_group=4),
        ],
        visits=[
            visit(
                "V0",
                pupils=4,
                chaperones_needed=2,
                max_travel_km=5,
                requested_slots=[MONDAY, MONDAY_PM],
                **{"class": "A"},
            ),
            visit("V1", pupils=4, school="S1", bundle="B", excluded_workplaces=["W1"], **{"class": "A"}),
            visit("V2", pupils=3, school="S1", bundle="B", chaperones_needed=0),
        ],
    )


def locked() -> Document:
    """A visit that keeps its groups, and one beside it."""
    lock = {"slot": TUESDAY, "groups": [{"workplace": "W1", "pupils": 6}]}
    return term(visits=[visit("V0", locked=lock), visit("V1")])


def one_coach() -> Document:
    """Two schools that need a coach each on the only day, where there is one."""
    schools = [school(name, own_chaperones_per_slot=0) for name in ("S0", "S1")]
    wish = {"requested_slots": [MONDAY], "negotiable_slots": []}
    visits = [visit("V0", **wish), visit("V1", school="S1", **wish)]
    return term(schools=schools, coaches={MONDAY: 1}, visits=visits)


@functools.cache
def plans(name: str) -> tuple[Allocation, ...]:
    """Every clean plan of a term."""
    return tuple(every_plan(read(TERMS[name]())))


TERMS: dict[str, Callable[[], Document]] = {"rules": rules, "small": term, "locked": locked, "one coach": one_coach}


@pytest.mark.parametrize("peer", [cpsat, highs])
@pytest.mark.parametrize("name", TERMS)
def test_one_model_of_everything_finds_the_best_plan(peer: Any, name: str) -> None:
    instance = read(TERMS[name]())
    found = judged(instance, peer(instance, 60.0))
    ranks = [(p.kpis.unplaced_pupils, p.kpis.date_stage, p.kpis.workplace_stage) for p in plans(name)]
    assert (found.unplaced_pupils, found.date_stage) == min(ranks)[:2]
    assert found.workplace_stage == pytest.approx(min(ranks)[2], abs=0.1)


def test_a_plan_is_a_solution_of_the_one_model() -> None:
    whole = build_whole(read(rules()))
    for plan in plans("rules")[::7]:
        values = whole.values(plan.visits)
        listed = [values.get(number, 0.0) for number in range(whole.mip.variables)]
        assert [(a.slot, sorted(a.groups)) for a in whole.assignments(listed)] == [
            (a.slot, sorted(a.groups)) for a in plan.visits
        ]


def test_first_choice_places_nobody_elsewhere() -> None:
    visits = [visit("V0"), visit("V1"), visit("V2"), visit("V3", requested_slots=[], negotiable_slots=[])]
    instance = read(term(visits=visits))
    served, strict = (judged(instance, peer(instance, 1.0)) for peer in (first_come, first_choice))
    assert (strict.first_choice_share, strict.unplaced_pupils) == (1.0, 12)
    assert (served.first_choice_share, served.unplaced_pupils) == (0.6667, 6)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.json"
    path.write_text(json.dumps(term()), encoding="utf-8")
    return path


def test_every_way_runs_in_a_process_of_its_own_and_is_judged(tiny: Path, tmp_path: Path) -> None:
    ours, first = compare([tiny], [US, "first-come"], 20.0, 1, 1, tmp_path)
    assert ours.kpis is not None
    assert first.kpis is not None
    assert ours.bounds is not None
    assert ours.kpis.date_stage <= first.kpis.date_stage
    assert (ours.note, first.note, first.bounds) == ("", "", None)
    assert ours.megabytes > 10
    assert ours.seconds > 0


def test_of_several_runs_the_middle_one_counts(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([3.0, 1.0, 2.0])
    monkeypatch.setattr(benchmark, "run_one", lambda *_: Result("tiny", US, next(seconds), 1.0))
    assert [result.seconds for result in compare([tiny], [US], 1.0, 1, 3, tmp_path)] == [2.0]


def test_a_peer_that_cannot_run_is_skipped_with_a_line(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = run_one(Instance.from_json(tiny.read_bytes()), tiny, "timefold", 5.0, 1, tmp_path / "plan.json")
    assert found.note == "skipped: Java is missing (17 or newer on the path)"
    assert found.kpis is None
    monkeypatch.setattr("shutil.which", lambda _: "java")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert run_peer(["timefold", str(tiny), str(tmp_path / "plan.json"), "5"]) == MISSING
    assert "the package timefold is missing" in capsys.readouterr().err


@pytest.mark.parametrize("peer", ["first-choice", "cp-sat"])
def test_a_peer_writes_its_plan(peer: str, tiny: Path, tmp_path: Path) -> None:
    assert run_peer([peer, str(tiny), str(tmp_path / "plan.json"), "5"]) == 0
    written = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert written["solver"]["name"] == peer
    assert [visit["slot"] for visit in written["visits"]].count(MONDAY) >= 1


def test_what_does_not_end_is_ended_and_what_fails_is_told(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, _, _, said = timed([sys.executable, "-c", "import time; time.sleep(60)"], 0.2)
    assert (status, said) == (benchmark.ENDED, "")
    status, _, _, said = timed([sys.executable, "-c", "import sys; sys.exit('line\\nlast')"], 20.0)
    assert (status, said) == (1, "last")
    instance = Instance.from_json(tiny.read_bytes())
    for answer, note in (
        ((benchmark.ENDED, 1.0, 2.0, ""), "no plan: ended 10 s beyond its limit"),
        ((1, 1.0, 2.0, "broken"), "no plan: broken"),
    ):
        monkeypatch.setattr(benchmark, "timed", lambda *_, answer=answer: answer)
        assert run_one(instance, tiny, "highs", 1.0, 1, tmp_path / "none.json").note == note


def test_rules_broken_are_noted(tiny: Path, tmp_path: Path) -> None:
    instance = Instance.from_json(tiny.read_bytes())
    plan = tmp_path / "plan.json"
    run_peer(["first-come", str(tiny), str(plan), "5"])
    written = json.loads(plan.read_text(encoding="utf-8"))
    written["visits"][0]["groups"] = []
    plan.write_text(json.dumps(written), encoding="utf-8")
    assert (
        benchmark.judged(Result("tiny", "highs", 1.0, 1.0, note="late"), instance, plan).note == "1 rules broken; late"
    )


def results() -> list[Result]:
    ours = Kpis(unplaced_pupils=5, date_stage=200.0, workplace_stage=100.0)
    return [
        Result("<a>", US, 2.0, 90.0, ours, Bounds(5, 190.0, 99.0)),
        Result("<a>", "cp-sat", 9.0, 900.0, Kpis(unplaced_pupils=5, date_stage=250.0), None),
        Result("<a>", "first-choice", 0.1, 20.0, Kpis(unplaced_pupils=7, date_stage=150.0), None),
        Result("<a>", "timefold", 0.1, 20.0, note="skipped: & why"),
    ]


def test_the_table_holds_everybody_against_the_same_bound() -> None:
    rows = [dict(zip(HEADS[:8], row, strict=False)) for row in table_rows(results())]
    assert [row["gap"] for row in rows] == ["5.00%", "24.00%", "", ""]
    assert {len(row) for row in table_rows(results())} == {len(HEADS)}
    assert table_rows(results())[0][10] == "1.00%"
    assert table_rows(results())[3][-1] == "skipped: & why"


def test_csv_and_drawings_hold_every_result() -> None:
    listed = list(csv.DictReader(io.StringIO(to_csv(results()))))
    assert [row["way"] for row in listed] == [US, "cp-sat", "first-choice", "timefold"]
    assert listed[0].keys() == set(COLUMNS)
    assert (listed[0]["date_stage_bound"], listed[1]["date_stage_bound"], listed[3]["date_stage"]) == ("190.0", "", "")
    bars = ElementTree.fromstring(bars_svg(results()))
    drawn = list(bars.iter("{http://www.w3.org/2000/svg}rect"))
    widths = [float(bar.get("width", "0")) for bar in drawn[1:]]
    assert widths == [352.0, 440.0, 264.0]
    lines = ElementTree.fromstring(lines_svg("t", "x", "y", {"us & them": [(2.0, 4.0), (1.0, 1.0)]}))
    places = [line.get("points") for line in lines.iter("{http://www.w3.org/2000/svg}polyline")]
    assert places == ["350.0,252.5 630.0,50.0"]
    assert ElementTree.fromstring(lines_svg("t", "x", "y", {})).tag.endswith("svg")
    assert ElementTree.fromstring(bars_svg([])).tag.endswith("svg")


def test_growth_and_nation_are_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark_scaling, "SIZES", ((4, 20), (900, 20)))
    (sized,) = scaling(tmp_path, 20.0, 1, 10)
    assert (sized.visits, sized.result.note, sized.stands_for) == (4, "", 1)
    sizes = centre_sizes()
    assert (len(sizes), sizes) == (CENTRES, sorted(sizes))
    seen: list[Sized] = []
    monkeypatch.setattr(benchmark_scaling, "centre_sizes", lambda: [(2, 10)] * 3 + [(4, 20)] * 4)
    found, seconds, at_a_time = nation(tmp_path, 20.0, 2, seen.append)
    assert [(each.visits, each.stands_for) for each in found] == [(4, 4), (4, 3)] or [
        (each.visits, each.stands_for) for each in found
    ] == [(2, 4), (4, 3)]
    assert seconds == pytest.approx(sum(each.result.seconds * each.stands_for for each in found) / at_a_time)
    assert len(seen) == 2
    rows = [dict(zip(SIZED_COLUMNS, row, strict=True)) for row in sized_rows([*found, Sized(1, 1, results()[3])])]
    assert rows[0]["unplaced_pupils"] == found[0].result.kpis.unplaced_pupils  # type: ignore[union-attr]
    assert rows[-1]["note"] == "skipped: & why"


def test_the_command_prints_writes_and_draws(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out" / "bench"
    assert main(["bench", str(tiny), "--peers", "first-choice", "--limit", "20", "-o", str(folder)]) == 0
    out = capsys.readouterr().out
    assert US in out
    assert "first-choice" in out
    assert {"bench.csv", "bench.svg", f"tiny.{US}.json"} <= {path.name for path in folder.iterdir()}
    monkeypatch.setattr(benchmark_scaling, "SIZES", ((4, 20),))
    monkeypatch.setattr(benchmark_scaling, "centre_sizes", lambda: [(2, 10)])
    assert main(["bench", "--scaling", "--nation", "--limit", "20", "-o", str(folder)]) == 0
    assert "extrapolated from 1 centres" in capsys.readouterr().out
    assert {"scaling.csv", "scaling.svg", "nation.csv"} <= {path.name for path in folder.iterdir()}


def test_samples_are_known_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def fake(instance: Instance, path: Path, way: str, *_: Any) -> Result:
        seen.append(instance.name)
        return Result(path.stem, way, 1.0, 1.0, note="no plan: none")

    monkeypatch.setattr(benchmark, "run_one", fake)
    assert main(["bench", "--peers", "", "-o", str(tmp_path)]) == 1
    assert main(["bench", "--all", "--peers", "", "-o", str(tmp_path)]) == 1
    assert len(seen) == 2 + 4


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [(["--peers", "oracle"], "--peers: unknown peer oracle"), (["--limit", "0"], "must be above 0")],
)
def test_unusable_options(arguments: list[str], fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *arguments, "-o", str(tmp_path / "none")]) == 2
    assert fault in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
    assert set(PEERS) == {"first-come", "first-choice", "cp-sat", "highs", "timefold"}
