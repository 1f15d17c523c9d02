"""YAML to documents: lines are kept, and everything dubious is a sentence with a line."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import yaml_document
from pipeline.core.errors import ConfigError


def test_content_and_lines_are_kept() -> None:
    """Every later message needs the line of the very key that it is about."""
    found = yaml_document.parse("a: 1\n\nb:\n  - x\n  - c: off\n", "r.yaml")
    assert found.content == {"a": 1, "b": ["x", {"c": "off"}]}
    assert found.line("b", 1, "c") == 5
    assert found.line("b", 0) == 4
    assert found.line("b", 1, "no such key") == 5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("off", "off"),
        ("no", "no"),
        ("true", True),
        ("010", 10),
        ("0x10", 16),
        ("12:30", "12:30"),
        ("16x16", "16x16"),
        ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("'8'", "8"),
        ("~", None),
        (".nan", ".nan"),
        ("", None),
    ],
)
def test_scalars_follow_yaml_1_2(text: str, value: object) -> None:
    """YAML 1.1 would turn a clip called `off` into false and 12:30 into 750."""
    assert yaml_document.parse(f"a: {text}\n", "r.yaml").content == {"a": value}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:\n\tb: 1\n", "r.yaml:2: is indented with a tab"),
        ("a:\n  - b\n\t- c\n", "r.yaml:3: is indented with a tab"),
        ("a: 1\nb: 2\na: 3\n", "r.yaml:3: `a` stands here twice; first on line 1"),
        ("a: {b: 1, b: 2}\n", "r.yaml:1: `b` stands here twice"),
        ("a: [1, 2\nb: 3\n", r"r.yaml:1: the closing bracket is missing: write `a: \[1, 2\]`"),
        ("a: 1\n  b: 2\n", "r.yaml:2: is not indented like .* wants 0 blanks in front"),
        ("a: 1\nmatch: *.png\n", 'r.yaml:2: .*put quotes .*: write `match: "\\*.png"`'),
        ("a: 1\nidle: {name} breathes\n", 'r.yaml:2: .*quotes.*: write `idle: "{name} breathes"`'),
        ("a: &x [1]\nb: *x\n", "r.yaml:1: anchors"),
        ("a: 1\nb: *x\n", "r.yaml:2: aliases"),
        ("a: !!python/object:os.system x\n", "r.yaml:1: tags"),
        ("a: 1\n---\nb: 1\n", "r.yaml:2: a second document"),
        ("- a\n", "r.yaml:1: must be a mapping"),
        ("null\n", "r.yaml:1: must be a mapping"),
        ("? [a]\n: 1\n", "r.yaml:1: a key must be a word"),
        ("a: 1\nb: \x07\n", "r.yaml:2: is not valid YAML"),
        ("a: " + "[" * 60 + "]" * 60, "r.yaml:1: nested deeper"),
    ],
)
def test_broken_files_are_named_with_file_and_line(text: str, message: str) -> None:
    """A build log must lead to the line, as a compiler's does."""
    with pytest.raises(ConfigError, match=f"^{message}"):
        yaml_document.parse(text, "r.yaml")


def test_a_yaml_bomb_is_refused_at_once() -> None:
    """Aliases double a list at each level: forty lines would be a terabyte."""
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    with pytest.raises(ConfigError, match="anchors"):
        yaml_document.parse("\n".join(lines), "bomb.yaml")


def test_a_very_deep_file_is_refused_without_exhausting_the_stack() -> None:
    """A hundred thousand brackets are one line and must not end in a traceback."""
    with pytest.raises(ConfigError, match="nested deeper"):
        yaml_document.parse("a: " + "[" * 100_000, "deep.yaml")


@pytest.mark.parametrize("text", ["", "# only a comment\n", "\n\n", "---\n"])
def test_an_empty_file_is_an_empty_mapping(text: str) -> None:
    """A file that was just created states nothing; that is no mistake."""
    assert yaml_document.parse(text, "r.yaml").content == {}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_line_ends_and_byte_order_mark_do_not_matter(tmp_path: Path, ends: str) -> None:
    """Git and Windows editors change both; neither may change a request."""
    file = tmp_path / "r.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + f"a: 1{ends}b: >{ends}  two{ends}  lines{ends}".encode())
    found = yaml_document.read(file, "r.yaml")
    assert found.content == {"a": 1, "b": "two lines\n"}
    assert found.line("b") == 2


def test_files_that_cannot_be_read_are_configuration_errors(tmp_path: Path) -> None:
    """Missing, a folder, not UTF-8, too large: one class, exit code 3, never a traceback."""
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"a: 1\nb: caf\xe9\n")
    with pytest.raises(ConfigError, match=r"^latin.yaml:2: is not UTF-8"):
        yaml_document.read(latin, "latin.yaml")
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (yaml_document.MAX_BYTES + 1))
    with pytest.raises(ConfigError, match="larger than 4 MiB"):
        yaml_document.read(large, "large.yaml")
    for path in (tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read") as caught:
            yaml_document.read(path, "missing.yaml")
        assert caught.value.exit_code == 3


@settings(max_examples=300)
@given(st.text(alphabet=st.sampled_from("ab:-{}[]&*!|>'\"#%@`, \n\t\x00\ud800é"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever is typed while watch runs, only a ConfigError may come out."""
    with contextlib.suppress(ConfigError):
        assert isinstance(yaml_document.parse(text, "r.yaml").content, dict)
