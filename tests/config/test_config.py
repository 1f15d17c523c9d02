"""Settings: order of precedence, origins, the service, and the key that is no setting."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pipeline.config import project_settings, stated_settings, yaml_document
from pipeline.core.errors import ConfigError, UsageError
from pipeline.core.model import TargetChoice

FULL = """\
assets: [art/./sprites/, .]
ignore: ["**/*_old.png", ui/]
rules: [rules/mine.yaml, more/*.yaml]
packs: [characters@1]
service: https://pixels.example:8443/functions/v1/
targets: [godot, {gif: {scale: 4, loop: true}}]
budget: {run: 100, day: 500}
jobs: 4
placeholder: false
batch: true
watch: {settle: 1500ms, buy_after: 10m, burst: 9, mode: scan}
"""


def _resolve(
    text: str | None = None,
    environment: Mapping[str, str] | None = None,
    **flags: object,
) -> project_settings.Settings:
    source = None if text is None else yaml_document.parse(text, "pixelpipe.yaml")
    return stated_settings.resolve(source, environment or {}, flags)


def test_nothing_stated_gives_defaults_that_spend_nothing_unasked() -> None:
    """A fresh project has no budget, so money always needs a yes."""
    settings = _resolve()
    assert settings == project_settings.Settings()
    assert (settings.assets, settings.service, settings.jobs) == (("assets",), "auto", 3)
    assert settings.targets == (TargetChoice(name="aseprite"),)
    assert settings.budget.run is None
    assert settings.origin("service") == "default"


def test_every_key_of_the_file_is_read_and_remembers_its_line() -> None:
    """`plan` and error messages say where a value was stated."""
    settings = _resolve(FULL)
    assert settings.assets == ("art/sprites", ".")
    assert settings.ignore == ("**/*_old.png", "ui/")
    assert settings.rules == ("rules/mine.yaml", "more/*.yaml")
    assert settings.packs == ("characters@1",)
    assert settings.service == "https://pixels.example:8443/functions/v1"
    assert settings.targets[1] == TargetChoice(name="gif", options={"scale": 4, "loop": True})
    assert (settings.budget.run, settings.budget.day) == (100, 500)
    assert (settings.jobs, settings.placeholder, settings.batch) == (4, False, True)
    assert settings.watch == project_settings.Watch(
        settle_s=1.5, buy_after_s=600, burst=9, mode="scan"
    )
    assert settings.origin("budget.day") == "pixelpipe.yaml:7"
    assert settings.origin("watch.settle_s") == "pixelpipe.yaml:11"


def test_a_plain_budget_is_for_one_run() -> None:
    """`budget: 200` is what people write first."""
    settings = _resolve("jobs: 2\nbudget: 200\n")
    assert settings.budget == project_settings.Budget(run=200)
    assert settings.origin("budget.run") == "pixelpipe.yaml:2"


def test_flags_beat_the_environment_and_that_beats_the_file() -> None:
    """The nearer to the caller, the stronger; parts of a group are separate."""
    environment = {"PIXELPIPE_SERVICE": "built-in", "PIXELPIPE_JOBS": "7", "PIXELPIPE_BATCH": ""}
    settings = _resolve(FULL, environment, jobs=9, max_credits=40, batch=None)
    assert (settings.service, settings.origin("service")) == ("built-in", "PIXELPIPE_SERVICE")
    assert (settings.jobs, settings.origin("jobs")) == (9, "--jobs")
    assert (settings.budget.run, settings.max_credits) == (100, 40)
    assert settings.origin("max_credits") == "--max-credits"
    assert (settings.batch, settings.origin("batch")) == (True, "pixelpipe.yaml:10")


def test_variables_are_read_by_the_same_shapes() -> None:
    """Lists by commas, switches by the usual words, durations with units."""
    settings = _resolve(
        None,
        {
            "PIXELPIPE_ASSETS": "art, more/art",
            "PIXELPIPE_TARGETS": "godot,gif",
            "PIXELPIPE_PLACEHOLDER": "off",
            "PIXELPIPE_BUDGET": "60",
            "PIXELPIPE_BUY_AFTER": "2h",
            "PIXELPIPE_STATE": "/var/tmp/state",
            "PIXELPIPE_API_BASE": "http://127.0.0.1:4000/functions/v1",
        },
    )
    assert settings.assets == ("art", "more/art")
    assert settings.targets == (TargetChoice(name="godot"), TargetChoice(name="gif"))
    assert (settings.placeholder, settings.budget.run) == (False, 60)
    assert (settings.watch.buy_after_s, settings.state) == (7200, "/var/tmp/state")
    assert settings.api_base == "http://127.0.0.1:4000/functions/v1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("asset: art", "pixelpipe.yaml:1: unknown key `asset`; did you mean `assets`?"),
        ("jobs: 2\napi_key: pe_sk_x", "pixelpipe.yaml:2: `api_key` does not belong into a file"),
        ("assets: ../art", "pixelpipe.yaml:1: `assets` leaves the project"),
        ("assets: /art", "pixelpipe.yaml:1: `assets` is absolute"),
        ("assets: [a, 'C:/art']", r"pixelpipe.yaml:1: `assets\[1\]` is absolute"),
        ("assets: []", "pixelpipe.yaml:1: `assets` must have 1"),
        ("assets: 'a\\b'", "pixelpipe.yaml:1: `assets` has a backslash"),
        ("rules: ../rules/*.yaml", "pixelpipe.yaml:1: `rules` leaves the project"),
        ("rules: [{name: a}]", r"pixelpipe.yaml:1: `rules\[0\]` must be the path of a rule file"),
        ("match: a.png", "pixelpipe.yaml:1: `match` belongs into a rule file"),
        ("packs: characters", "pixelpipe.yaml:1: `packs` must be a pack with its version"),
        ("service: builtin", "pixelpipe.yaml:1: .*did you mean `built-in`?"),
        ("service: http://pixels.example/v1", "pixelpipe.yaml:1: .*must begin with https"),
        ("service: https://me:pw@pixels.example/v1", "pixelpipe.yaml:1: .*a plain base URL"),
        ("service: https://pixels.example/v1?x=1", "pixelpipe.yaml:1: .*a plain base URL"),
        ("service: ftp://pixels.example", "pixelpipe.yaml:1: .*must begin with https"),
        ("service: https://pixels.example:x/", "pixelpipe.yaml:1: .*is not a URL"),
        ("api_base: https://x.example", "pixelpipe.yaml:1: `api_base` is set by PIXELPIPE_API"),
        ("jobs: 0", "pixelpipe.yaml:1: `jobs` must be a whole number from 1 to 32, not `0`"),
        ("budget: -1", "pixelpipe.yaml:1: `budget` must be a whole number"),
        ("budget: {runs: 1}", "pixelpipe.yaml:1: unknown key `runs`; did you mean `run`?"),
        ("watch: {settle: soon}", "pixelpipe.yaml:1: `watch.settle` must be a duration"),
        ("watch: {settle: 2h}", "pixelpipe.yaml:1: `watch.settle` must be a duration"),
        ("ignore: ['../x']", r"pixelpipe.yaml:1: `ignore\[0\]` leaves"),
        ("targets: {godot: 3}", "pixelpipe.yaml:1: .*godot` must be a mapping"),
    ],
)
def test_mistakes_in_the_file_are_named_with_line_and_remedy(text: str, message: str) -> None:
    """Configuration errors exit 3 and are mended without reading a manual."""
    with pytest.raises(ConfigError, match=f"^{message}"):
        _resolve(text)


@pytest.mark.parametrize(
    ("environment", "flags", "message"),
    [
        ({"PIXELPIPE_JOBS": "many"}, {}, "PIXELPIPE_JOBS: must be a whole number from 1 to 32"),
        ({"PIXELPIPE_BATCH": "maybe"}, {}, "PIXELPIPE_BATCH: must be true or false"),
        ({"PIXELPIPE_SERVICE": "ftp://x.example"}, {}, "PIXELPIPE_SERVICE: must begin with http"),
        ({}, {"jobs": 99}, "--jobs: must be a whole number from 1 to 32, not `99`"),
        ({}, {"max_credits": -5}, "--max-credits: must be a whole number"),
        ({}, {"servce": "x"}, "--servce: no such setting; did you mean `service`?"),
    ],
)
def test_mistakes_elsewhere_name_the_variable_or_the_flag(
    environment: dict[str, str], flags: dict[str, object], message: str
) -> None:
    """The file is not at fault, so it is not what the message names; a flag is a command's."""
    kind = UsageError if message.startswith("--") else ConfigError
    with pytest.raises(kind, match=f"^{message}"):
        _resolve(FULL, environment, **flags)


@pytest.mark.parametrize(
    ("service", "key", "expected"),
    [
        ("auto", False, ("built-in", None, False)),
        ("auto", True, ("pixel-engine", project_settings.PIXEL_ENGINE_URL, True)),
        ("built-in", True, ("built-in", None, False)),
        ("pixel-engine", False, ("pixel-engine", project_settings.PIXEL_ENGINE_URL, True)),
        (
            "https://Pixels.Example:8443/v1",
            True,
            ("pixels.example", "https://Pixels.Example:8443/v1", True),
        ),
        ("http://localhost:4000", True, ("localhost", "http://localhost:4000", True)),
        ("http://[::1]:4000/v1", True, ("::1", "http://[::1]:4000/v1", True)),
    ],
)
def test_the_service_has_an_identity_without_a_port(
    service: str, key: bool, expected: tuple[str, str | None, bool]
) -> None:
    """The identity is part of request keys: a server that moves its port must not cost anything."""
    choice = project_settings.service(_resolve(None, {}, service=service), key)
    assert (choice.identity, choice.base_url, choice.paid) == expected


@pytest.mark.parametrize(
    ("environment", "dotenv", "key"),
    [
        ({}, None, None),
        ({}, "", None),
        ({"PIXEL_ENGINE_API_KEY": "a", "PIXELENGINE_API_KEY": "b"}, "PIXEL_ENGINE_API_KEY=c", "a"),
        ({"PIXELENGINE_API_KEY": "b"}, "PIXEL_ENGINE_API_KEY=c", "b"),
        ({"PIXEL_ENGINE_API_KEY": " "}, "X=1\nPIXELENGINE_API_KEY=c\n", "c"),
        ({}, 'export PIXEL_ENGINE_API_KEY="c d" # mine\r\n', "c d"),
        ({}, "PIXEL_ENGINE_API_KEY='c' \n", "c"),
        ({}, "PIXEL_ENGINE_API_KEY = c # mine\n", "c"),
        ({}, "\ufeffPIXEL_ENGINE_API_KEY=c#d\n", "c#d"),
        ({}, "# PIXEL_ENGINE_API_KEY=c\n", None),
    ],
)
def test_the_key_comes_from_environment_or_dotenv(
    environment: dict[str, str], dotenv: str | None, key: str | None
) -> None:
    """Environment first, both names, then the `.env` file in its usual spellings."""
    assert project_settings.api_key(environment, dotenv) == key


def test_settings_never_hold_the_key() -> None:
    """Settings are printed and hashed; a key in the environment must not get in."""
    settings = _resolve(FULL, {"PIXEL_ENGINE_API_KEY": "pe_sk_secret"})
    assert "pe_sk_secret" not in repr(settings)


def test_misspelt_variables_are_told() -> None:
    """PIXELPIPE_SERVCE=built-in would leave the paid service on without a word."""
    strays = stated_settings.strays(
        {"PIXELPIPE_SERVCE": "built-in", "PIXELPIPE_JOBS": "1", "HOME": "/"}
    )
    assert strays == (
        "PIXELPIPE_SERVCE is no setting of pixelpipe; did you mean `PIXELPIPE_SERVICE`?",
    )
