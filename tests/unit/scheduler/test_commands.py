"""The command line: exit statuses, streams, what stands where."""

from __future__ import annotations

import io
import json
import signal
from pathlib import Path
from typing import Any

import pytest

from scheduler.__main__ import main
from scheduler.commands import interruptible
from scheduler.console import print_pairs, progress_bar
from scheduler.limits import Progress
from tests.unit.scheduler.terms import MONDAY, TUESDAY, term, visit, workplace


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A term in a file, and where its plan goes."""
    path = tmp_path / "term.json"
    path.write_text(json.dumps(term()), encoding="utf-8")
    return str(path), str(tmp_path / "plan.json")


def test_solve_verify_explain_repair(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    instance, plan = files
    assert main(["solve", instance, "-o", plan, "--json", "--policy", "fairness_slack=0", "--seed", "3"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "optimal"
    written = json.loads(Path(plan).read_text(encoding="utf-8"))
    assert written["solver"]["policy"] == {"fairness_slack": 0}
    assert written["solver"]["seed"] == 3
    assert main(["verify", instance, plan, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["violations"] == []
    assert main(["verify", instance, plan]) == 0
    assert "peak_load" in capsys.readouterr().out
    assert main(["explain", instance, plan]) == 0
    assert main(["explain", instance, plan, "V0", "--json"]) == 0
    capsys.readouterr()
    assert main(["repair", instance, plan, "--close", "W0@2026-10-12", "--close", f"W1@{TUESDAY}"]) == 0
    mended = json.loads(capsys.readouterr().out)
    assert not any(g["workplace"] == "W0" and v["slot"] == MONDAY for v in mended["visits"] for g in v["groups"])
    assert main(["solve", instance, "-o", plan, "--previous", plan]) == 0
    assert "changed_visits" in capsys.readouterr().out


def test_standard_streams(files: tuple[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    data = Path(files[0]).read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert main(["solve", "-", "--workers", "1"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["format"] == "wx-allocation/1"
    assert err == ""


def test_violations_are_named(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    instance, plan = files
    main(["solve", instance, "-o", plan])
    written = json.loads(Path(plan).read_text(encoding="utf-8"))
    written["visits"][0]["groups"] = []
    written["instance"] = "another"
    Path(plan).write_text(json.dumps(written), encoding="utf-8")
    capsys.readouterr()
    assert main(["verify", instance, plan]) == 1
    out, err = capsys.readouterr()
    assert "groups hold 0 of 6 pupils" in out
    assert "made for 'another'" in err
    assert "kpis.groups" in err


def test_every_fault_of_the_input_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = term(visits=[visit("V0", pupils=0), visit("V0")])
    path, plan = tmp_path / "term.json", tmp_path / "plan.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert main(["solve", str(path), "-o", str(plan)]) == 2
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        "visits[0].pupils: 0, must be at least 1",
        'visits[1].id: "V0" stands at visits[0] already',
    ]
    assert out == ""
    assert not plan.exists()


def test_contradictory_locks_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    locked = {"locked": {"slot": MONDAY, "groups": None}}
    document = term(visits=[visit("V0", **locked), visit("V1", **locked)], workplaces=[workplace("W0")])
    path, plan = tmp_path / "term.json", tmp_path / "plan.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert main(["solve", str(path), "-o", str(plan)]) == 1
    assert f"V0: locked to {MONDAY}" in capsys.readouterr().err
    assert not plan.exists()


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["solve", "nowhere.json"], "nowhere.json: No such file"),
        (["solve", "{instance}", "--policy", "colour=1"], "policy.colour: is unknown"),
        (["solve", "{instance}", "--policy", "shift_cost"], "--policy: 'shift_cost', must be KEY=NUMBER"),
        (["solve", "{instance}", "--policy", "date_cost=0,x"], "must be KEY=NUMBER"),
        (["repair", "{instance}", "{plan}", "--close", "W9"], "--close: unknown workplace W9"),
        (["repair", "{instance}", "{plan}", "--close", "W0@2030-01-01"], "--close: unknown slot or date 2030-01-01"),
        (["explain", "{instance}", "{plan}", "V9"], "unknown visit V9"),
        (["verify", "-", "-"], "only one of the files can be standard input"),
        (["verify", "{instance}", "{instance}"], "format: must be 'wx-allocation/1'"),
    ],
)
def test_unusable_arguments(
    arguments: list[str], fault: str, files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    instance, plan = files
    main(["solve", instance, "-o", plan])
    capsys.readouterr()
    assert main([argument.format(instance=instance, plan=plan) for argument in arguments]) == 2
    out, err = capsys.readouterr()
    assert fault in err
    assert out == ""


@pytest.mark.parametrize(
    "arguments", [[], ["solve"], ["solve", "x", "--time-limit", "0"], ["solve", "x", "--workers", "0"]]
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_plan_of_another_version_is_told(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    instance, plan = files
    assert main(["solve", instance, "-o", plan, "--time-limit", "60"]) == 0
    capsys.readouterr()
    assert main(["verify", instance, plan]) == 0
    assert capsys.readouterr().err == ""
    path = Path(instance)
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert main(["verify", instance, plan]) == 0
    assert "made for another version of this file" in capsys.readouterr().err


def test_an_interrupt_is_noted_and_the_old_handler_comes_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with interruptible() as caught:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert caught == [signal.SIGTERM, signal.SIGINT]
    assert signal.getsignal(signal.SIGTERM) is before


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_for_terminals_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    load = {MONDAY: 6}
    standing = [
        Progress("start", None, None, None, 0.0, 0, None),
        Progress("dates", 60.5, 60.0, 0.0083, 1.0, 6, load),
        Progress("workplaces", 12.0, None, None, 1.0, 6, load),
    ]
    with progress_bar() as show:
        assert show is None
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    for each, told in zip(
        standing, ("start · 0 placed", "cost 60.50 · bound 60.00 gap 0.83%", "cost 12.00"), strict=True
    ):
        with progress_bar() as show:
            assert show is not None
            show(each)
        assert told in screen.getvalue()
    page = Terminal()
    monkeypatch.setattr("sys.stdout", page)
    print_pairs("figures [x]", {"pupils": 1234, "cut short": False, "name": "[b]"})
    for part in ("figures [x]", "1,234", "no", "[b]"):
        assert part in page.getvalue()
