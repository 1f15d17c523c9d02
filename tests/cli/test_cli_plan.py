"""`plan` can be read before paying, and the question takes more than yes and no."""

from __future__ import annotations

import os
import pty
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from game import RULES, Game, Shop, png, sprite

from pipeline.api import Project
from pipeline.cli import plan_text, purchase_question
from pipeline.cli.question import Asker
from pipeline.plan.plan import Plan

TWO_RULES = """\
rules:
  - name: heroes
    match: heroes/{name}.png
    clips:
      idle: "{name} breathing calmly in place, feet planted on the ground, one blink, cloth barely moving, seamless loop"
  - name: torches
    match: props/torch*.png
    clips: {burn: "flame flickering, the handle stays still, seamless loop"}
"""  # noqa: E501 - as people write prompts
OVERRIDE = 'clips:\n  idle: "the knight\'s cape sways, seamless loop"\n'


@pytest.fixture
def varied(paying: Game) -> Game:
    """Two own rules, one override, one pack and a budget."""
    paying.settings(packs=["items@1"], budget={"run": 40})
    paying.rules(TWO_RULES)
    for path in (paying.root / "assets").glob("*.png"):
        path.unlink()
    for tint, name in enumerate(("heroes/hero", "heroes/knight", "props/torch", "coin")):
        paying.draw(f"{name}.png", tint=10 * tint)
    paying.write("assets/heroes/knight.png.yaml", OVERRIDE)
    return paying


@pytest.mark.usefixtures("in_process")
def test_plan_tells_what_is_bought_and_from_which_rule(varied: Game, shop: Shop) -> None:
    """Source, clip, rule with file and line, prompt, price, time, and what the budget refuses."""
    told = varied.run("plan").stdout
    assert "buy      assets/heroes/hero.png [idle]  new  20 credits  in 90 s\n" in told
    assert "rule heroes (rules/own.yaml:5)\n" in told
    assert '"hero breathing calmly in place, feet planted on the ground, one blink, cloth b' in told
    assert "rule heroes (assets/heroes/knight.png.yaml:2)\n" in told
    assert '"the knight\'s cape sways, seamless loop"\n' in told
    assert "rule items@1/coin (items@1.yaml:" in told
    refused = "not bought by a build now: would cost 20 credits; `budget.run` (pixelpipe.yaml:"
    assert told.count(refused) == 2
    assert "allows 40 credits a run, and 40 of them are taken" in told
    assert "A build would buy 2 clips of these 4: see what is refused above." in told
    assert shop.calls == 0
    steps = varied.plan().report["steps"]
    assert isinstance(steps, list)
    by_source = {step["source"]: step for step in steps}
    hero = by_source["assets/heroes/hero.png"]
    assert hero["prompt"].endswith("cloth barely moving, seamless loop")
    assert (hero["place"], hero["refusal"]) == ("rules/own.yaml:5", None)
    assert by_source["assets/props/torch.png"]["refusal"].startswith("would cost 20 credits; ")


def test_prompts_are_shortened_to_the_width_and_whole_in_a_pipe(varied: Game) -> None:
    """A terminal shows lines, a log shows everything."""
    report = Project(varied.root, environment=varied.variables()).plan()
    for columns in (60, 80, 160):
        prompts = [one for one in plan_text.Steps(report, columns).lines() if one[9:10] == '"']
        assert len(prompts) == 4
        assert all(len(line) <= columns for line in prompts)
    whole = "\n".join(plan_text.Steps(report, None).lines())
    assert 'one blink, cloth barely moving, seamless loop"' in whole


def test_many_clips_are_grouped_by_rule(game: Game) -> None:
    """Three hundred sprites of one rule are one paragraph, and one total."""
    for number in range(60):
        game.draw(f"crowd/{number:02}.png", tint=number + 10)
    report = Project(game.root, environment=game.variables()).plan()
    lines = list(plan_text.Steps(report, 80).lines())
    assert lines[0].startswith("make     63 sources [idle]  new")
    assert "rule heroes (rules/own.yaml:5)" in lines[1]
    assert lines[-1].endswith("and 51 more (`--verbose` lists them)")
    assert len(lines) < 20


@pytest.mark.usefixtures("in_process")
def test_the_built_in_engine_makes_and_sells_nothing(game: Game) -> None:
    """No `buy` where nothing is bought, no price that nobody asked for; JSON keeps its names."""
    told = game.run("plan").stdout
    assert "make     assets/hero.png [idle]" in told
    assert "3 steps: 3 make." in told
    assert "buy" not in told
    assert "credits" not in told
    assert game.plan().totals["buy"] == 3
    forecast = game.plan().report["forecast"]
    assert isinstance(forecast, dict)
    assert forecast["placeholders"] == {"clips": 3, "credits": 60}


@pytest.mark.usefixtures("in_process")
def test_verbose_lists_all_sources_and_quiet_no_notes(game: Game) -> None:
    """Before and after the command."""
    for number in range(30):
        game.draw(f"crowd/{number:02}.png", tint=number + 10)
    game.write("assets/x.jpg", b"")
    assert "assets/slime.png" not in game.run("plan").stdout
    for arguments in (("plan", "--verbose"), ("-v", "plan")):
        assert "assets/slime.png" in game.run(*arguments).stdout
    for arguments in (("plan", "-q"), ("--quiet", "plan")):
        assert game.run(*arguments).stderr == ""


@pytest.mark.usefixtures("in_process")
def test_each_refusal_names_its_own_price(paying: Game) -> None:
    """Two lines that each name the total would read as twice the money."""
    run = paying.run("build")
    assert run.exit == 5
    assert run.stderr.count("would cost 20 credits; allow all 3 clips with --max-credits 60") == 3
    limited = paying.run("build", "--max-credits", "10")
    assert "would cost 20 credits; --max-credits allows 10 credits\n" in limited.stderr


def _plan(game: Game) -> Plan:
    return Project(game.root, environment=game.variables()).plan().plan


def _answered(plan: Plan, *lines: str) -> tuple[object, str]:
    """Ask with these lines typed; return the answer and what was shown."""
    answers: list[object] = []
    asker = _Typed(lines)
    command = click.Command(
        "ask", callback=lambda: answers.append(purchase_question.ask(plan, asker))
    )
    run = CliRunner().invoke(command)
    assert run.exception is None, run.output
    return answers[0], run.output


class _Typed(Asker):
    """A person who types these lines; the real one waits for a terminal."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__()
        self._lines = iter(lines)

    def _line(self) -> str:
        return f"{next(self._lines)}\n"


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (("y",), True),
        (("n",), False),
        (("",), False),
        (("what", "y"), True),
        (("l", "n"), False),
        (("c", "heroes/*", "y"), frozenset(("assets/heroes/hero.png", "assets/heroes/knight.png"))),
        (("c", "2", "y"), frozenset(("assets/heroes/hero.png",))),
        (("c", "2-3", "y"), frozenset(("assets/heroes/hero.png", "assets/heroes/knight.png"))),
        (("c", "torches", "y"), frozenset(("assets/props/torch.png",))),
        (("c", "nonsense", "n"), False),
        (("c", "2", "n", "y"), True),
    ],
)
def test_the_question_takes_yes_no_list_and_a_choice(
    varied: Game, lines: tuple[str, ...], answer: object
) -> None:
    """Enter alone never spends; a choice is confirmed with its own total."""
    found, shown = _answered(_plan(varied), *lines)
    assert found == answer
    assert "Buy 4 clips for 80 credits" in shown
    if lines[0] == "c" and isinstance(answer, frozenset):
        assert f"for {20 * len(answer)} credits" in shown


def test_few_clips_are_listed_at_once_and_many_on_request(paying: Game) -> None:
    """With three clips the answer needs the list; three hundred would push the question away."""
    _, shown = _answered(_plan(paying), "n")
    assert shown.index("assets/chest.png") < shown.index("Buy 3 clips")
    for number in range(297):
        size = (12 + number // 100, 14)
        paying.write(f"assets/crowd/{number}.png", png(sprite(number % 100 + 10, size)))
    plan = _plan(paying)
    _, shown = _answered(plan, "n")
    assert "assets/" not in shown
    assert "Buy 300 clips for 6000 credits" in shown
    _, shown = _answered(plan, "l", "n")
    assert "heroes [idle]: 300 clips for 6000 credits" in shown
    assert "and 280 more" in shown


@pytest.mark.skipif(os.name == "nt", reason="a terminal of POSIX")
def test_only_chosen_sources_are_bought_at_a_terminal(paying: Game, shop: Shop) -> None:
    """The whole way: a terminal, a choice, one purchase; the others wait with their price."""
    main, side = pty.openpty()
    process = subprocess.Popen(
        paying.command("build"), cwd=paying.root, env=paying.variables({"TERM": "dumb"}),
        stdin=side, stdout=side, stderr=side, start_new_session=True,
    )  # fmt: skip
    os.close(side)
    shown = ""
    typed = {"[c]hoose sources: ": "c\n", "Sources: ": "hero.png\n", "[y/N]: ": "y\n"}
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        try:
            shown += os.read(main, 4096).decode(errors="replace")
        except OSError:
            break
        for prompt in [one for one in typed if shown.rstrip("\r\n").endswith(one)]:
            os.write(main, typed.pop(prompt).encode())
    os.close(main)
    assert process.wait(30) == 5
    assert "Buy 1 clip for 20 credits" in shown
    assert shop.charged == 20
    assert (paying.root / "assets/hero.anim.png").exists()
    assert shown.count("would cost 20 credits; you did not choose it") == 2


@pytest.mark.usefixtures("in_process")
def test_colours_obey_flag_and_variables(game: Game) -> None:
    """Off a terminal there are none, unless somebody wants them; the flag is the strongest."""
    escape = "\x1b["
    cases: list[tuple[tuple[str, ...], dict[str, str], bool]] = [
        ((), {}, False),
        (("--color", "always"), {}, True),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "0"}, False),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
    ]
    for flags, environment, is_coloured in cases:
        before = game.run(*flags, "doctor", "--offline", environment=environment)
        after = game.run("doctor", "--offline", *flags, environment=environment)
        assert (escape in before.stdout, escape in after.stdout) == (is_coloured, is_coloured)


@pytest.mark.usefixtures("in_process")
def test_every_command_takes_the_three_options_behind_it(game: Game) -> None:
    """Also those of groups: whoever types -v behind the command means it."""
    from pipeline.cli.words import root

    context = click.Context(root)
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        assert command is not None
        inner = command.commands.values() if isinstance(command, click.Group) else ()
        for one in (command, *inner):
            flags = {flag for parameter in one.params for flag in parameter.opts}
            assert {"--verbose", "--quiet", "--color"} <= flags, one.name
            assert len([p for p in one.params if "--verbose" in p.opts]) == 1


def test_nothing_is_said_twice_off_a_terminal(game: Game) -> None:
    """A log has both streams: what was made stands in it once."""
    run = game.run("build")
    assert run.exit == 0
    assert (run.stdout + run.stderr).count("hero [idle]") == 1
    told = [line for line in run.stderr.splitlines() if not line.startswith("note: ")]
    assert "hero.png [idle]" not in "\n".join(told)
    assert game.run("build", "-q").stdout == ""
    game.rules(RULES.replace("calmly", "slowly"))
    verbose = game.run("build", "-v")
    assert "assets/hero.png [idle]: heroes, grade" in verbose.stderr


def test_a_stopped_service_is_told_once_for_each_clip(game: Game, tmp_path: Path) -> None:
    """Two clips of one sprite are two lines, not four."""
    game.rules(RULES + '      hop: "hopping"\n')
    for name in ("slime", "chest"):
        (game.root / f"assets/{name}.png").unlink()
    game.environment |= {
        "PIXELPIPE_SERVICE": "http://127.0.0.1:9",
        "PIXEL_ENGINE_API_KEY": "pe_sk_x",
    }
    run = game.run("build", "--yes")
    assert run.exit == 6
    assert run.stderr.count("assets/hero.png [") == 2
    steps = game.build("--yes").report["steps"]
    assert isinstance(steps, list)
    assert len(steps) == 2
