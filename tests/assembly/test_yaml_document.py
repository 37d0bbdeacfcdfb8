"""Is YAML read without guessing, and is anything else refused?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.assembly.yaml_document import BYTES_MAX, DEPTH_MAX, parse


def tree(text: str) -> object:
    document, problems = parse(text.encode(), "f")
    assert problems == []
    assert document is not None
    return document.tree


def told(content: bytes | str) -> list[str]:
    data = content.encode() if isinstance(content, str) else content
    return [str(problem) for problem in parse(data, "f")[1]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 0.10", "0.10"),
        ("a: 1e3", "1e3"),
        ("a: 0", "0"),
        ("a: 2024-01-01", "2024-01-01"),
        ("a: true", True),
        ("a: False", False),
        ("a: null", None),
        ("a: ~", None),
        ("a:", None),
        ("a: 'true'", "true"),
        ('a: "no"', "no"),
        ('a: "010"', "010"),
        ('a: "12:30"', "12:30"),
        ("a: |\n  no\n", "no\n"),
        ("a: []", []),
        ("a: {}", {}),
    ],
)
def test_only_true_false_and_null_are_more_than_text(text: str, value: object) -> None:
    assert tree(text) == {"a": value}


@pytest.mark.parametrize("word", ["y", "N", "yes", "No", "on", "OFF"])
def test_words_that_could_be_booleans_are_refused(word: str) -> None:
    assert told(f"a: {word}") == [
        f"f:1:4: error: {word} could mean true or false (write true or false, or quote it)"
    ]


@pytest.mark.parametrize("word", ["010", "-07", "00", "0_1"])
def test_numbers_that_could_be_octal_are_refused(word: str) -> None:
    hint = "drop the leading 0, or quote it"
    assert told(f"a: {word}") == [f"f:1:4: error: {word} could mean an octal number ({hint})"]


@pytest.mark.parametrize("word", ["12:30", "1:2:3", "-1:30.5"])
def test_times_that_could_be_numbers_are_refused(word: str) -> None:
    assert told(f"a: {word}") == [f"f:1:4: error: {word} could mean a number to base 60 (quote it)"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: 1\na: 2", 'f:2:1: error: the key "a" is given twice (first at 1:1)'),
        ("a: &x 1\nb: *x", "f:2:4: error: aliases are not read (write the value out)"),
        ("a: &x [*x]", "f:1:8: error: aliases are not read (write the value out)"),
        ("[a]: 1", "f:1:1: error: a key must be a word"),
        (b"a: \x00", "f:1:4: error: byte 0x00 is no text (is this a configuration file?)"),
        (b"a: 1\nb: \x7fELF\x02", "f:2:8: error: byte 0x02 is no text"),
        (b"a: 1\nb: \xff", "f:2:4: error: byte 0xff is no UTF-8 (save the file as UTF-8)"),
        (b"\x89PNG", "f:1:1: error: byte 0x89 is no UTF-8 (save the file as UTF-8)"),
        ("a: 1\n--- \nb: 2", "f:2:1: error: "),
        ("a: 'b", "(is this quote closed?)"),
        ("a:\n\tb: 1", "(indent with spaces, not tabs)"),
        ("a: \x85\ufffe", "f: error: "),
    ],
)
def test_what_cannot_be_read_is_told(content: bytes | str, message: str) -> None:
    assert message in "\n".join(told(content))


def test_every_problem_is_found_in_one_pass() -> None:
    assert len(told("a: no\nb: 010\nc: 12:30\na: 1")) == 4


def test_an_empty_file_is_an_empty_map() -> None:
    assert tree("") == {}
    assert tree("# nothing\n") == {}


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def test_the_deepest_nesting_is_read_and_one_level_more_is_not() -> None:
    tree(nested(DEPTH_MAX))
    assert told(nested(DEPTH_MAX + 1)) == [
        f"f:1:{DEPTH_MAX + 1}: error: nested deeper than {DEPTH_MAX} levels"
    ]


def test_a_bomb_of_brackets_is_refused() -> None:
    assert "nested deeper" in told(nested(100_000))[0]


def test_the_largest_file_is_read_and_one_byte_more_is_not() -> None:
    head = b"a: 1\n#"
    assert told(head + b"x" * (BYTES_MAX - len(head))) == []
    (problem,) = told(head + b"x" * (BYTES_MAX - len(head) + 1))
    assert "too large" in problem


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(content: bytes) -> None:
    document, problems = parse(content, "f")
    assert document is not None or problems


@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"#%@ \n\t01?,<"), max_size=60))
def test_no_yaml_makes_it_raise(text: str) -> None:
    document, problems = parse(text.encode(), "f")
    assert document is not None or problems
