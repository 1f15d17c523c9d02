"""Run benchmarks and print their tables: all, or those that are named.

    python -m tests.bench                            # all of them, one after the other
    python -m tests.bench noop service               # these two
    python -m tests.bench --list
    python -m tests.bench noop --json                # one object: name to what it measured
    python -m tests.bench noop --json noop.json      # keep it
    python -m tests.bench noop --against noop.json   # say which ratio got worse, exit 1 if one did

Each is a module `bench_NAME` of this folder and takes more options when it is run by itself:
`python -m tests.bench.bench_noop --help`. Compare figures of one run only; `--against` compares
ratios (figures.py). One that measured nothing has failed.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import runner

if __name__ == "__main__":
    sys.exit(runner.main())
