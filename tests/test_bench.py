"""The benchmarks share one command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from places import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "tests/bench"))

import figures
import runner


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(
        [sys.executable, "-m", "tests.bench", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_says_what_there_is() -> None:
    """A name and a sentence for each."""
    said = bench("--list")
    assert said.returncode == 0
    assert "noop " in said.stdout
    assert "first_build " in said.stdout


def test_unknown_name_is_told_with_the_known_ones() -> None:
    """Like any command that was misspelt."""
    said = bench("nop")
    assert said.returncode == 2
    assert "noop" in said.stderr


def test_figures_of_a_small_project_come_as_one_object() -> None:
    """Each benchmark runs at all: a first build of a few sprites and the runs after it."""
    command = [sys.executable, "-m", "tests.bench.bench_first_build", "--sizes", "3", "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)["3"]
    assert found["sprites / s"] > 0
    assert found["then, by seal: wall ms"] > 0


def test_one_sprite_is_measured_from_the_start() -> None:
    """Each command runs, on a project that the benchmark draws itself."""
    command = [sys.executable, "-m", "tests.bench.bench_start", "--rounds", "1", "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["costs"]["one changed"]["cpu_ms"] > found["costs"]["nothing to do"]["cpu_ms"] > 0
    assert found["heavy"]["nothing to do"] == []
    assert found["heavy"]["plan"] == found["heavy"]["plan --json"] == []
    assert "yaml" not in found["heavy"]["one changed"]
    assert "requests" not in found["heavy"]["animate"]


def test_nothing_to_do_is_measured_beside_the_least() -> None:
    """Every subject runs, the comparison of files by themselves too."""
    command = [sys.executable, "-m", "tests.bench.bench_noop", "--sizes", "3", "--rounds", "1"]
    done = subprocess.run(
        [*command, "--json"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)["sizes"]["3"]
    assert {"files", "pixelpipe"} <= found["noop"].keys()
    assert found["changed"]["pixelpipe"]["cpu_ms"] > 0


def test_jobs_are_measured_against_the_engine() -> None:
    """The benchmark of the scheduler runs: a few clips, at a hundredth of the vendor's time."""
    command = [sys.executable, "-m", "tests.bench.bench_jobs", "--rows", "usual"]
    command += ["--jobs", "5", "--scale", "300", "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)["usual"]
    assert found["jobs"] == 5
    assert found["commits"] == 2
    assert found["threads"] <= 20


def test_engine_under_load_is_measured_and_its_books_are_right() -> None:
    """Callers, a kill and a restart: each part runs on a few jobs, and no credit goes astray."""
    command = [sys.executable, "-m", "tests.bench.bench_service", "--jobs", "12", "--queued", "5"]
    command += ["--clients", "4", "--seconds", "1", "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["busy"]["/balance 99 % ms"] > 0
    assert found["flow"]["jobs"] == 12
    assert found["killed"]["jobs"] >= 1
    for part in ("flow", "killed"):
        assert found[part]["credits lost"] == 0
        assert found[part]["credits charged"] >= 20 * found[part]["jobs"]


def test_benchmark_of_the_engine_without_jobs_is_refused() -> None:
    """There is nothing to measure then, and no table."""
    command = [sys.executable, "-m", "tests.bench.bench_service", "--jobs", "0"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert not done.stdout


def test_knowing_a_project_is_measured_beside_the_least() -> None:
    """Rules, index, lock file and scan run on a few files, each with its figures."""
    command = [sys.executable, "-m", "tests.bench.bench_state", "--files", "200", "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["50 rules, a path"]["per_second"] > 0
    assert all(line["us"] > 0 for line in found.values())


def kept(path: Path, figures: object) -> Path:
    """Write what a run kept."""
    path.write_text(json.dumps(figures), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"damage": {}},
        {"blur": {"clips": 0, "alpha": 0.0}},
        {"blur": {"clips": 12, "alpha": float("nan")}},
        {"costs": [], "text": "fine"},
    ],
)
def test_figures_over_nothing_are_refused(found: object) -> None:
    """A median of no clips is no figure: it was printed as nan, and nobody was told."""
    assert "measured nothing" in figures.refused(found)


def test_table_without_figures_is_refused() -> None:
    """What speaks no JSON is read as it stands."""
    assert figures.refused_text("") == "it measured nothing"
    assert "alpha nan" in figures.refused_text("  blur  0 clips  alpha nan\n")
    assert not figures.refused_text("  blur  12 clips  alpha 0.1 %\n")


def test_benchmark_that_finds_no_sprite_fails() -> None:
    """No sprite is a px wide: the run ends with a sentence, not with a table."""
    command = [sys.executable, "-m", "tests.bench.bench_finish", "--largest", "1", "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert not done.stdout
    assert "nothing to measure" in done.stderr


def test_runner_refuses_a_benchmark_that_measured_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A benchmark may forget to look: whoever runs it looks again, in both forms."""
    (tmp_path / "empty").mkdir()
    for name, text in {
        "bench_none": "print('{\"clips\": 0}')",
        "bench_nan": "print(0, 'nan')",
    }.items():
        (tmp_path / f"empty/{name}.py").write_text(f'"""Nothing."""\n# "--json"\n{text}\n')
    monkeypatch.setattr(runner, "HERE", tmp_path / "empty")
    monkeypatch.setattr(runner, "REPOSITORY", tmp_path)
    assert runner.main(["none", "--json"]) == 1
    assert "none: it measured nothing" in capfd.readouterr().err
    assert runner.main(["nan"]) == 1
    assert "nan: it measured nothing" in capfd.readouterr().err


def test_planted_regression_is_reported_and_a_slower_machine_is_not() -> None:
    """All took twice as long, the yardstick too; one thing took three times as long."""
    before = {"64 px": {"key": 10.0, "loop": 4.0}, "then: wall ms": 50.0, "sprites / s": 40.0}
    was = {"cpu_ms": before, "exact": 0.9, "peak MB": 80.0}
    now = {
        "cpu_ms": {
            "64 px": {"key": 30.0, "loop": 8.0}, "then: wall ms": 100.0, "sprites / s": 20.0,
        },
        "exact": 0.9,
        "peak MB": 80.0,
    }  # fmt: skip
    found = figures.worse(was, now, yards=(5.0, 10.0))
    assert [(one.name, round(one.percent)) for one in found] == [("cpu_ms, 64 px, key", 50)]
    assert not figures.worse(now, was, yards=(10.0, 5.0), more_percent=60)
    worse = {**was, "exact": 0.5, "peak MB": 120.0}
    assert {one.name for one in figures.worse(was, worse)} == {"exact", "peak MB"}


def test_later_run_is_compared_with_the_one_that_was_kept(tmp_path: Path) -> None:
    """The real runner on a real benchmark: what it keeps, it compares; a plant is named."""
    baseline = tmp_path / "start.json"
    assert bench("packs", "--json", "packs").returncode == 2
    done = bench("state", "--json", str(baseline))
    assert done.returncode == 0, done.stderr
    found = json.loads(baseline.read_text("utf-8"))
    assert found["yardstick_ms"]["state"] > 0
    found["state"]["50 rules, a path"]["us"] /= 1000
    said = bench("state", "--against", str(kept(tmp_path / "planted.json", found)))
    assert said.returncode == 1
    assert "state: 50 rules, a path, us: +" in said.stdout
    other = bench("state", "--against", str(kept(tmp_path / "other.json", {"noop": {}})))
    assert other.returncode == 1
    assert "nothing to compare" in other.stderr
