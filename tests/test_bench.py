"""The benchmarks share one command."""

from __future__ import annotations

import json
import subprocess
import sys

from places import REPOSITORY


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
    assert "numpy" not in found["heavy"]["plan --json"]
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


def test_knowing_a_project_is_measured_beside_the_least() -> None:
    """Rules, index, lock file and scan run on a few files, each with its figures."""
    command = [sys.executable, "-m", "tests.bench.bench_state", "--files", "200", "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["50 rules, a path"]["per_second"] > 0
    assert all(line["us"] > 0 for line in found.values())
