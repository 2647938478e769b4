"""The command line of explain, offers, frontier and drill: what stands where."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from scheduler.__main__ import main
from scheduler.commands_explain import Budget
from scheduler.explain_cost import FirstChoiceCost
from tests.unit.scheduler.terms import MONDAY, MONDAY_PM, TUESDAY, plan, read, term, visit, workplace


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A term in which V1 is left out: both want the one workplace on Monday."""
    wishes: dict[str, Any] = {"requested_slots": [MONDAY], "negotiable_slots": []}
    document = term(visits=[visit(f"V{i}", **wishes) for i in range(2)], workplaces=[workplace("W0")])
    instance = read(document)
    paths = tmp_path / "term.json", tmp_path / "plan.json"
    paths[0].write_text(json.dumps(document), encoding="utf-8")
    found = plan(instance, V0=(MONDAY, {"W0": 6})).to_document()
    paths[1].write_text(json.dumps(found), encoding="utf-8")
    return str(paths[0]), str(paths[1])


def test_explain_tells_costs_and_repairs(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *files, "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["id"], told["why"]["code"], told["first_choice"]["exact"]) == ("V1", "seats_taken", False)
    assert [change["code"] for change in told["repair"]["changes"]] == ["accept_slot"]
    assert main(["explain", *files, "V1", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    # V0 would be out instead: nobody else pays.
    assert told["first_choice"] == {
        "slot": MONDAY,
        "unplaced_pupils": 0,
        "date_stage": 0.0,
        "at_least": 0.0,
        "at_most": 0.0,
        "exact": True,
    }
    assert main(["explain", *files]) == 0
    assert "accept 2026-10-12 PM for V1" in capsys.readouterr().out


def test_offers(files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["offers", *files, "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == []
    assert "V1: no date found; cheapest repair: accept 2026-10-12 PM for V1" in err
    calendar = tmp_path / "calendar.json"
    calendar.write_text(json.dumps({"V1": [TUESDAY]}), encoding="utf-8")
    assert main(["offers", *files, "--calendar", str(calendar)]) == 0
    out, err = capsys.readouterr()
    assert TUESDAY in out
    assert err == ""
    assert main(["offers", *files, "--any-slot", "--json"]) == 0
    assert {offer["slot"] for offer in json.loads(capsys.readouterr().out)} >= {MONDAY_PM, TUESDAY}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "is not JSON"),
        ("[]", "must be an object"),
        ('{"V9": []}', "is an unknown visit"),
        ('{"V1": ["x"]}', "must be a list of slots of the term"),
    ],
)
def test_unusable_calendars(
    text: str, fault: str, files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calendar = tmp_path / "calendar.json"
    calendar.write_text(text, encoding="utf-8")
    assert main(["offers", *files, "--calendar", str(calendar)]) == 2
    out, err = capsys.readouterr()
    assert fault in err
    assert out == ""


def test_frontier(files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "frontier.csv"
    assert main(["frontier", files[0], "--points", "5", "--json", "--csv", str(table)]) == 0
    points = json.loads(capsys.readouterr().out)
    lines = table.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("crowding_price,unplaced_pupils,")
    assert len(lines) == len(points) + 1
    assert main(["frontier", files[0], "--points", "5"]) == 0
    assert "crowding_price" in capsys.readouterr().out


def test_drill(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", *files, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [day["chance"] for day in found["days"]] == [0.0]
    assert [loss["workplace"] for loss in found["worst"]] == ["W0"]
    assert not found["cut_short"]
    assert main(["drill", *files, "--losses", "2"]) == 0
    assert "chance (mean)" in capsys.readouterr().out
    assert main(["drill", *files, "--time-limit", "1e-9", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["days"], found["chance"], found["cut_short"]) == ([], None, True)
    assert main(["drill", *files, "--time-limit", "1e-9"]) == 0
    assert "cut short" in capsys.readouterr().out


def test_explain_owns_up_to_what_was_not_found_in_time(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", *files, "--json"]) == 0
    (whole,) = json.loads(capsys.readouterr().out)
    assert not whole["cut_short"]
    for visits in ([], ["V1"], ["V1", "--estimate"]):
        assert main(["explain", *files, *visits, "--time-limit", "1e-9", "--json"]) == 0
        out, err = capsys.readouterr()
        (told,) = json.loads(out)
        # The reason is known at once; costs and repairs are not.
        assert told["why"] == whole["why"]
        assert (told["first_choice"], told["repair"], told["cut_short"]) == (None, None, True)
        assert "the cheapest repairs of 1 visits were not found in time" in err
        assert "in time" in err.splitlines()[0]
    assert main(["explain", *files, "--time-limit", "1e-9"]) == 0
    assert "no price buys it" not in capsys.readouterr().out


def test_offers_own_up_to_a_repair_not_found_in_time(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["offers", *files, "--time-limit", "1e-9", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == []
    assert "V1: no date found; the cheapest repair was not found in time" in err


def test_the_time_of_a_command_is_one_budget() -> None:
    seconds = itertools.count()
    stopped: list[int] = []
    budget = Budget(3.0, lambda: bool(stopped), lambda: float(next(seconds)))
    assert [budget.left(), budget.left(), budget.over(), budget.over()] == [2.0, 1.0, True, True]
    rested = Budget(3.0, lambda: bool(stopped), lambda: 0.0)
    assert not rested.over()
    stopped.append(1)
    assert rested.over()


def test_explain_tells_what_has_no_price_no_repair_and_no_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The class of V1 is out on every date with V0: no favour helps, and V0 is where it wished to be.
    one_date = [{"id": s, "date": s[:10], "block": s[-2:], "week": "2026-W42"} for s in (MONDAY, MONDAY_PM)]
    same: dict[str, Any] = {"class": "C", "negotiable_slots": [], "requested_slots": [MONDAY]}
    places = [workplace("W0", open_slots=[MONDAY, MONDAY_PM])]
    document = term(slots=one_date, visits=[visit(f"V{i}", **same) for i in range(2)], workplaces=places)
    paths = str(tmp_path / "term.json"), str(tmp_path / "plan.json")
    found = plan(read(document), V0=(MONDAY, {"W0": 6}))
    for path, text in zip(paths, (document, found.to_document()), strict=True):
        Path(path).write_text(json.dumps(text), encoding="utf-8")
    assert main(["explain", *paths, "V0", "V1"]) == 0
    out = capsys.readouterr().out
    assert "first choice" in out
    assert "no favour of the kinds known" in out
    undecided = FirstChoiceCost("V1", MONDAY, None)
    monkeypatch.setattr("scheduler.explain_cost.cost_of_first_choice", lambda *_, **__: undecided)
    assert main(["explain", *paths, "V1", "--json"]) == 0
    out, err = capsys.readouterr()
    (told,) = json.loads(out)
    assert (told["first_choice"], told["cut_short"]) == (None, True)
    assert "V1: whether its first choice can be had was not decided" in err


def test_locks_that_contradict_each_other_end_explain_and_frontier(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = {"locked": {"slot": MONDAY, "groups": None}}
    document = term(visits=[visit("V0", **held), visit("V1", **held)], workplaces=[workplace("W0")])
    paths = str(tmp_path / "term.json"), str(tmp_path / "plan.json")
    found = plan(read(document), V0=(MONDAY, {"W0": 6}))
    for path, text in zip(paths, (document, found.to_document()), strict=True):
        Path(path).write_text(json.dumps(text), encoding="utf-8")
    assert main(["explain", *paths, "V1", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)[0]["first_choice"] is None
    assert "locked visits contradict each other: V0, V1" in err
    assert main(["frontier", paths[0], "--points", "5"]) == 1
    assert "locked visits contradict each other: V0, V1" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--workers", "0"], ["--time-limit", "0"], ["--time-limit", "nan"]])
def test_wrong_limits(wrong: list[str], files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["explain", *files, *wrong])
    assert caught.value.code == 2
    assert "invalid" in capsys.readouterr().err
