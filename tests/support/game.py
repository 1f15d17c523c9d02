"""A small game project in a folder, the real command on it, and a shop that takes credits."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import forked
from forked import HANGS_S
from PIL import Image
from places import REPOSITORY

from pipeline.api import Project, Wish
from pipeline.engine.accounts import database
from pipeline.engine.server import local
from pipeline.run.report import Report

KEY_NAME = "PIXEL_ENGINE_API_KEY"
#: What a user may have set, and what must not reach a test.
FOREIGN = (
    "PIXEL_ENGINE_API_KEY", "PIXELENGINE_API_KEY", "CI", "XDG_STATE_HOME", "LOCALAPPDATA",
    "NO_COLOR", "FORCE_COLOR",
)  # fmt: skip
RULES = """\
rules:
  - name: heroes
    match: "**/*.png"
    clips:
      idle: "breathing calmly, a subtle idle loop"
"""
TWO_CLIPS = (
    RULES
    + """\
      hop: {prompt: "hopping on the spot", frames: 4}
"""
)
#: What a game of three sprites has after a build.
OUTPUTS = {f"{stem}.anim.{kind}" for stem in ("hero", "slime", "chest") for kind in ("png", "json")}


def sprite(tint: int = 0, size: tuple[int, int] = (12, 14)) -> Image.Image:
    """Draw a small figure; `tint` makes it another one."""
    width, height = size
    image = Image.new("RGBA", size)
    for y in range(2, height - 1):
        for x in range(3, width - 3):
            edge = x in (3, width - 4) or y in (2, height - 2)
            body = (200, (60 + 20 * (y % 3) + 3 * tint) % 256, (80 + 7 * tint) % 256, 255)
            image.putpixel((x, y), (40, 20, 60, 255) if edge else body)
    return image


def png(image: Image.Image, **options: object) -> bytes:
    """Encode a picture."""
    stream = io.BytesIO()
    image.save(stream, "PNG", **options)
    return stream.getvalue()


@dataclass
class Run:
    """How one command ended."""

    exit: int
    stdout: str
    stderr: str

    @property
    def report(self) -> dict[str, object]:
        """The JSON report on standard output."""
        assert self.stdout, (self.exit, self.stderr)
        found = json.loads(self.stdout)
        assert isinstance(found, dict)
        return found

    @property
    def totals(self) -> dict[str, int]:
        """The totals of the report."""
        totals = self.report["totals"]
        assert isinstance(totals, dict)
        return totals

    def states(self) -> dict[tuple[str, str], tuple[str, str]]:
        """(source, clip) to (step, state)."""
        steps = self.report["steps"]
        assert isinstance(steps, list)
        return {
            (step["source"].rpartition("/")[2], step["clip"]): (step["step"], step["state"])
            for step in steps
        }


@dataclass
class Game:
    """A project, and the environment that commands on it see."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, path: str, content: str | bytes) -> Path:
        """Write any file of the project."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        return place

    def draw(self, path: str, tint: int = 0) -> Path:
        """Draw a sprite into the assets folder."""
        return self.write(f"assets/{path}", png(sprite(tint)))

    def settings(self, **lines: object) -> None:
        """Write `pixelpipe.yaml`."""
        stated = {"packs": [], "rules": ["rules/*.yaml"], **lines}
        text = "".join(f"{name}: {json.dumps(value)}\n" for name, value in stated.items())
        self.write("pixelpipe.yaml", text)

    def rules(self, text: str) -> None:
        """Write the project's rules."""
        self.write("rules/own.yaml", text)

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of a pixelpipe command."""
        return [sys.executable, "-m", "pipeline", *arguments]

    def variables(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the whole environment of a command."""
        return {**os.environ, "PYTHONPATH": str(REPOSITORY), **self.environment, **(extra or {})}

    def start(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start a command; the caller ends it."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.root,
            env=self.variables(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(
        self, *arguments: str, environment: Mapping[str, str] | None = None, timeout_s: float = 120
    ) -> Run:
        """Run a command to its end; no command may ever show a traceback."""
        variables = self.variables(environment)
        if forked.can(variables):
            ended = forked.run("pipeline", arguments, self.root, variables, timeout_s)
            assert "Traceback" not in ended.stderr, ended.stderr
            return Run(*ended)
        process = self.start(*arguments, environment=environment)
        try:
            stdout, stderr = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        assert "Traceback" not in stderr, stderr
        return Run(process.returncode, stdout, stderr)

    def build(self, *options: str, environment: Mapping[str, str] | None = None) -> Run:
        """Run `pixelpipe build --json`."""
        return self.run("build", "--json", *options, environment=environment)

    def plan(self, *options: str, environment: Mapping[str, str] | None = None) -> Run:
        """Run `pixelpipe plan --json`."""
        return self.run("plan", "--json", *options, environment=environment)

    def make(self, wish: Wish | None = None) -> Report:
        """Build in this process, and with a yes: the same as `build --yes`, but sooner."""
        project = Project(self.root, environment=self.variables())
        return project.build(wish or Wish(yes=True))

    def files(self) -> dict[str, tuple[int, bytes]]:
        """Return every file of the project but what is remembered: time stamp and content."""
        return {
            path.relative_to(self.root).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and path.name not in ("state", "publish.guard")
        }

    def outputs(self) -> set[str]:
        """Return the names of all outputs."""
        found = self.root.rglob("*.anim.*")
        return {path.relative_to(self.root / "assets").as_posix() for path in found}

    def locked(self) -> list[dict[str, object]]:
        """Return the lock file's lines, without the header."""
        place = self.root / "pixelpipe.lock"
        lines = place.read_text("utf-8").split("\n") if place.exists() else []
        return [json.loads(line) for line in lines[1:] if line]

    def use(self, shop: Shop) -> None:
        """Buy from `shop` from now on."""
        self.environment |= {"PIXELPIPE_SERVICE": shop.url, KEY_NAME: shop.key}

    def use_none(self) -> None:
        """Forget the shop and its key: the built-in engine answers."""
        for name in ("PIXELPIPE_SERVICE", KEY_NAME):
            self.environment.pop(name, None)


class Shop:
    """The built-in engine as a service that takes credits, with an account of its own."""

    def __init__(self, url: str, db: Path, account: str) -> None:
        self.url = url
        self.db = db
        self.account = account
        self.key = local.add_key(db, account=account)

    def fund(self, credits: int) -> None:
        """Add credits to the 100 that an account begins with."""
        local.add_credits(self.db, credits, account=self.account)

    def jobs(self) -> list[local.JobRecord]:
        """Return every job of this account that was ever accepted."""
        own = self._own("id")
        return [job for job in local.job_records(self.db) if job.id in own]

    def prompts(self) -> dict[str, str]:
        """Return what each job of this account was asked for, by its id."""
        found = self._own("inputs")
        return {id: str(json.loads(inputs)["prompt"]) for id, inputs in found.items()}

    def _own(self, column: str) -> dict[str, str]:
        with closing(database.connect_readonly(self.db)) as connection:
            rows = connection.execute(
                f"SELECT jobs.id, jobs.{column} FROM jobs "
                "JOIN accounts ON accounts.id = account WHERE name = ?",
                (self.account,),
            ).fetchall()
        return dict(rows)

    @property
    def calls(self) -> int:
        """How many jobs were accepted: paid submissions."""
        return len(self.jobs())

    @property
    def charged(self) -> int:
        """How many credits were taken."""
        return sum(job.credits_charged for job in self.jobs())

    def bought_twice(self) -> dict[str, int]:
        """Return request bodies that were accepted more than once."""
        seen = Counter(job.request_sha256 for job in self.jobs())
        return {body: count for body, count in seen.items() if count > 1}

    @property
    def available(self) -> int:
        """Credits that may be spent now."""
        return local.balance(self.db, account=self.account).available


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Make a folder that costs no time to sync, where the system has one; nobody cuts the power."""
    memory = Path("/dev/shm")
    place = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="pixelpipe-test-", dir=place) as folder:
        yield Path(folder)


@contextmanager
def shop_serving(folder: Path, *options: str, account: str = "studio") -> Iterator[Shop]:
    """Run the engine on a database of its own until the block is left."""
    db = folder / "engine.sqlite"
    serve = ["serve", "--db", str(db), "--port", "0", "--until-stdin-closes", *options]
    with (folder / "engine.log").open("ab") as log:
        process = forked.serve("pipeline.engine", serve, log)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Shop(json.loads(process.stdout.readline())["url"], db, account)
    finally:
        process.stdin.close()
        process.wait(timeout=HANGS_S)
        process.stdout.close()


def built(game: Game) -> Game:
    """Return a game that was built."""
    assert game.make().exit == 0
    return game
