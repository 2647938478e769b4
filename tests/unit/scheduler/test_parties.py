"""Sets of parties with ranked days as terms: what maps, how, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scheduler.__main__ import main
from scheduler.allocate import Limits, allocate
from scheduler.allocation import Assignment
from scheduler.faults import InputError
from scheduler.instance import Instance, parse_instance
from scheduler.parties import made_up_parties, parties_term
from scheduler.parts import Group
from scheduler.verifier import verify
from tests.unit.scheduler.terms import allocation

SMALL = "family_id,choice_0,choice_1,n_people\n0,1,3,4\n1,3,1,2\n"


def term(text: str, **ways: Any) -> Instance:
    return parties_term(text.encode("utf-8"), "small", **ways)


def test_a_party_is_a_school_with_one_visit_and_a_day_a_slot() -> None:
    instance = term(SMALL)
    assert [slot.id for slot in instance.slots] == ["2019-12-22/AM", "2019-12-23/AM", "2019-12-24/AM"]
    assert [(v.id, v.school, v.pupils, v.requested_slots) for v in instance.visits] == [
        ("0", "0", 4, ("2019-12-24/AM", "2019-12-22/AM")),
        ("1", "1", 2, ("2019-12-22/AM", "2019-12-24/AM")),
    ]
    assert set(instance.seats_by_slot.values()) == {300}
    # A mean family of three: 50 for the family at its second choice, 50 and 9 for each at its third.
    assert instance.policy.date_cost[:3] == (0, 16.6667, 25.6667)
    assert parse_instance(instance.to_document()) == instance


def test_dates_seats_and_columns_may_be_others() -> None:
    text = "\ufeffn_people, choice_1 ,family_id,choice_0\r\n2,,A,1\r\n\r\n3,2,B,2\r\n"
    instance = term(text, last=date(2026, 1, 1), most_people=7)
    assert [(v.id, v.requested_slots) for v in instance.visits] == [
        ("A", ("2026-01-01/AM",)),
        ("B", ("2025-12-31/AM",)),
    ]
    assert instance.slots[0].week == "2026-W01"
    # Seven cannot be parted among three or more alike but seven.
    assert [(w.max_group, w.groups_per_slot) for w in instance.workplaces] == [(1, 1)] * 7
    assert term("family_id,choice_0,n_people\n").visits == ()
    with pytest.raises(ValueError, match="at least one person"):
        term(SMALL, most_people=0)


@pytest.mark.parametrize("most", [12, 30, 300, 7])
def test_whole_parties_fit_up_to_the_last_seat_and_no_further(most: int) -> None:
    chance = random.Random(most)
    sizes: list[int] = []
    while sum(sizes) < most:
        sizes.append(min(chance.randint(1, 6), most - sum(sizes)))
    rows = "".join(f"{i},1,{n}\n" for i, n in enumerate([*sizes, 1]))
    instance = term("family_id,choice_0,n_people\n" + rows, most_people=most)
    taken = dict.fromkeys((w.id for w in instance.workplaces), 0)
    given = []
    for visit in instance.visits:
        emptiest = sorted(taken, key=lambda name: (taken[name], name))[: visit.pupils]
        for name in emptiest:
            taken[name] += 1
        given.append(Assignment(visit.id, "2019-12-24/AM", tuple(Group(name, 1) for name in emptiest)))
    full = allocation(instance, (*given[:-1], Assignment(instance.visits[-1].id, None)))
    assert verify(instance, full).clean
    assert {violation.rule for violation in verify(instance, allocation(instance, tuple(given))).violations} == {"H3"}


def test_faults_are_named_with_their_line() -> None:
    for text, faults in (
        ("", ["line 1: has no column family_id", "line 1: has no column n_people", "without a gap"]),
        ("family_id,choice_0,choice_2,n_people,colour", ["without a gap", "line 1: unknown column 'colour'"]),
        ("family_id,family_id,choice_0,n_people", ["line 1: column family_id stands twice"]),
        (
            "family_id,choice_0,n_people\n0,1\n,1,2\n0,x,0\n3,1001,2,9",
            [
                "line 2: has 1 cells too few",
                "line 2, n_people: '', must be",
                "line 3, family_id: is empty",
                "line 4, family_id: 0 stands at line 2 already",
                "line 4, n_people: '0', must be a whole number within 1..10000",
                "line 4, choice_0: 'x', must be a whole number within 1..1000",
                "line 5: has 1 cells too many",
                "line 5, choice_0: '1001'",
            ],
        ),
        ('family_id,choice_0,n_people\n"0,1,2', ["is no CSV in UTF-8"]),
    ):
        with pytest.raises(InputError) as caught:
            term(text)
        told = [str(fault) for fault in caught.value.faults]
        assert len(told) == len(faults)
        assert all(part in line for part, line in zip(faults, told, strict=True))
    with pytest.raises(InputError, match="is no CSV in UTF-8"):
        parties_term(b"\xff\xfe", "x")


def test_a_made_up_set_has_the_shape_and_is_the_same_for_a_seed() -> None:
    text = made_up_parties(60, 12, 5, seed=3)
    assert text == made_up_parties(60, 12, 5, seed=3)
    assert text != made_up_parties(60, 12, 5, seed=4)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == ["family_id", *(f"choice_{rank}" for rank in range(5)), "n_people"]
    assert len(rows) == 60
    assert all(len({row[f"choice_{rank}"] for rank in range(5)}) == 5 for row in rows)
    assert {row["n_people"] for row in rows} <= set("2345678")
    for parties, days, choices in ((0, 5, 5), (5, 4, 5), (5, 5, 0)):
        with pytest.raises(ValueError, match="there must be parties"):
            made_up_parties(parties, days, choices)


def test_a_crowded_set_is_placed_and_proven() -> None:
    # Twelve days of forty for eighty parties: the wanted days are full.
    instance = term(made_up_parties(80, 12, 6, seed=2), most_people=40)
    assert sum(visit.pupils for visit in instance.visits) > 0.65 * 12 * 40
    found = allocate(instance, Limits(workers=0))
    assert verify(instance, found).clean
    assert found.kpis.unplaced_pupils == found.bounds.unplaced_pupils == 0
    assert found.bounds.date_stage >= found.kpis.date_stage * 0.995


def test_the_command_makes_a_term(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, made = tmp_path / "family_data.csv", tmp_path / "term.json"
    path.write_text(SMALL, encoding="utf-8")
    assert main(["parties", str(path), "-o", str(made), "--last", "2026-12-24", "--most", "10"]) == 0
    assert main(["solve", str(made), "--workers", "1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["instance"] == "family_data"
    assert [entry["slot"] for entry in found["visits"]] == ["2026-12-24/AM", "2026-12-22/AM"]
    path.write_text("x", encoding="utf-8")
    assert main(["parties", str(path)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.splitlines()[0]) == ("", f"{path}: line 1: has no column family_id")


def test_the_bench_measures_a_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "own.csv"
    path.write_text(SMALL, encoding="utf-8")
    assert main(["bench", "--parties", str(path), "-o", str(tmp_path), "--workers", "1"]) == 0
    (row,) = csv.DictReader(io.StringIO((tmp_path / "parties.csv").read_text(encoding="utf-8")))
    assert (row["term"], row["unplaced_pupils"], row["first_choice_share"]) == ("own", "0", "1.0")
    assert "own" in capsys.readouterr().out
    monkeypatch.setattr("scheduler.commands_parties.made_up_parties", lambda: SMALL)
    assert main(["bench", "--parties", "-o", str(tmp_path), "--workers", "1"]) == 0
    assert "parties-5000" in capsys.readouterr().out
