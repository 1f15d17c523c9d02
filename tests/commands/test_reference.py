"""The reference is made from the tables of the code, and stands in the package as it is made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from game import Game
from places import REPOSITORY

from pipeline.commands import reference
from pipeline.commands.reference import examples, other_pages
from pipeline.config import clip_fields, project_settings, rule_fields, yaml_document
from pipeline.config.project_fields import BUDGET, PROJECT, WATCH
from pipeline.config.project_settings import Settings, Watch
from pipeline.config.shapes import At
from pipeline.config.tables import Table
from pipeline.core import keys
from pipeline.core.model import Request
from pipeline.targets import BUILT_IN

TABLES = {
    "FILE": rule_fields.FILE,
    "RULE": rule_fields.RULE,
    "CLIP": rule_fields.CLIP,
    "WHEN": rule_fields.WHEN,
    "PROJECT": PROJECT,
    "WATCH": WATCH,
}


def test_pages_in_the_package_are_what_the_code_says() -> None:
    """A changed default fails here until `python -m pipeline.commands.reference` was run."""
    written = {
        path.name: path.read_text(encoding="utf-8") for path in reference.FOLDER.glob("*.md")
    }
    assert written == reference.pages()


@pytest.mark.parametrize("name", TABLES)
def test_every_key_has_an_example_that_the_parser_takes(name: str) -> None:
    """An example that is refused would be worse than none."""
    table: Table = TABLES[name]
    shown: dict[str, str] = getattr(examples, name)
    assert shown.keys() == table.fields.keys()
    for key, line in shown.items():
        document = yaml_document.parse(line, "example.yaml")
        assert isinstance(document.content, dict)
        table.fields[key].shape.read(document.content[key], At(document=document, place=(key,)))


@pytest.mark.parametrize(
    ("table", "record"), [(PROJECT, Settings()), (WATCH, Watch())], ids=["settings", "watch"]
)
def test_defaults_in_the_texts_are_those_of_the_program(table: Table, record: object) -> None:
    """The sentence that editors show names what happens when nothing is stated."""
    for key, field in table.fields.items():
        found = re.search(r"Default (\S+?)\.?(?:;|\s|$)", field.about)
        if found and (value := getattr(record, field.name or key)) is not None:
            read = yaml_document.parse(f"{key}: {found[1].strip('`')}", "about").content
            assert isinstance(read, dict)
            shape = field.shape
            stated = shape.read(read[key], At(document=yaml_document.parse("", "about")))
            assert stated == value, key


def test_price_effect_is_that_of_the_request_key() -> None:
    """What the page calls free must not change the key, and what buys again must."""
    plain = Request(source="a.png", pixel_digest="d", clip="idle", rule="r", prompt="p")
    other = {
        "prompt": "q", "negative_prompt": "n", "frames": 4, "colors": 8, "model": "m",
        "matte": "#ff00ff", "seed": 7, "fit": "pad",
    }  # fmt: skip
    assert other.keys() == clip_fields.PAID_FIELDS
    import msgspec

    for name, value in other.items():
        changed = msgspec.structs.replace(plain, **{name: value})
        assert keys.request_key(changed, "x") != keys.request_key(plain, "x"), name
    assert not clip_fields.FREE.keys() & clip_fields.PAID_FIELDS


def test_every_target_and_every_variable_is_there() -> None:
    """A target without a line is one that nobody finds."""
    pages = reference.pages()
    assert other_pages.ENGINES.keys() == set(BUILT_IN)
    for name in project_settings.VARIABLES:
        assert f"`{name}`" in pages["environment.md"]
    for code in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 70, 130):
        assert f"| `{code}` |" in pages["exit-codes.md"]
    assert all(f"`{key}`" in pages["settings.md"] for key in BUDGET.fields)


def test_variables_that_the_code_reads_are_on_the_page() -> None:
    """A new variable of ours fails here until the page has it."""
    page = reference.pages()["environment.md"]
    read = set()
    for path in (REPOSITORY / "pipeline").rglob("*.py"):
        if "engine" not in path.relative_to(REPOSITORY / "pipeline").parts[:1]:
            read |= set(re.findall(r'"(PIXELPIPE_[A-Z_]+)"', path.read_text(encoding="utf-8")))
    assert {name for name in read if f"`{name}`" not in page} == set()


def test_readme_leads_to_the_pages() -> None:
    """Whoever reads the README in a browser finds them with one click."""
    readme = Path(REPOSITORY / "README.md").read_text(encoding="utf-8")
    for topic in reference.TOPICS:
        assert f"pipeline/reference/{topic}.md" in readme


@pytest.mark.parametrize("topic", reference.TOPICS)
def test_help_shows_a_topic_within_the_terminal(topic: str) -> None:
    """Only what cannot be broken, such as an example, may be wider than the terminal."""
    lines = reference.shown(topic, 80).splitlines()
    wide = [line for line in lines if len(line) > 80 and " " in line.strip("` ")]
    assert not wide
    assert len(lines) > 10


def test_help_names_the_topic_that_was_probably_meant(game: Game) -> None:
    """And a command's name shows that command's help."""
    run = game.run("help", "targest")
    assert (run.exit, "did you mean `targets`?" in run.stderr) == (2, True)
    assert "--check" in game.run("help", "plan").stdout
    assert "exit-codes" in game.run("help").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completion_prints_a_script_for_four_shells(game: Game, shell: str) -> None:
    """And what the script calls completes a command and an option."""
    script = game.run("completion", shell)
    assert script.exit == 0
    assert "_PIXELPIPE_COMPLETE" in script.stdout
    assert script.stdout.startswith("# ")


def test_completion_answers_the_shell(game: Game) -> None:
    """The words come from the commands themselves."""
    bash = {"_PIXELPIPE_COMPLETE": "bash_complete", "COMP_WORDS": "pixelpipe pl", "COMP_CWORD": "1"}
    assert "plain,plan" in game.run(environment=bash).stdout
    power = {
        "_PIXELPIPE_COMPLETE": "powershell_complete",
        "COMP_WORDS": "pixelpipe plan --ch",
        "COMP_WORD": "--ch",
    }
    assert "plain\t--check" in game.run(environment=power).stdout
