"""The words are the dictionary's, no family of words is in two parts, and errors are counted sound by sound."""

from __future__ import annotations

import json
import zlib

import extract_spelling
import pytest
from configurations import generated
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.tasks import spelling
from rnnlib.tasks.spelling import PARTS, PHONEMES, edit_distance, family, part_of, sound_error, words

TEXTS = st.text("abc", max_size=6)


def test_there_are_19_000_words_and_each_is_in_one_part() -> None:
    sizes = {part: len(words(part)) for part in PARTS}
    assert sizes == {"training": 16155, "validation": 1036, "test": 1809}
    everything = [word.spelled for part in PARTS for word in words(part)]
    assert len(set(everything)) == sum(sizes.values()) == 19_000


def test_no_family_is_in_two_parts() -> None:
    families = {part: {family(word.spelled) for word in words(part)} for part in PARTS}
    assert not families["training"] & families["test"]
    assert not families["training"] & families["validation"]
    assert not families["validation"] & families["test"]


def test_a_part_is_decided_by_the_first_five_letters() -> None:
    assert part_of("bullet") == part_of("bullets") == part_of("bulle") == part_of("bulleting")
    for part, remainders in (("validation", {0}), ("test", {1, 2}), ("training", set(range(3, 20)))):
        for word in words(part)[::50]:
            assert part_of(word.spelled) == part
            assert zlib.crc32(word.spelled[:5].encode()) % 20 in remainders


@pytest.mark.parametrize("part", PARTS)
def test_words_are_letters_and_known_sounds_in_the_order_of_the_alphabet(part: str) -> None:
    found = words(part)
    assert [word.spelled for word in found] == sorted(word.spelled for word in found)
    for spelled, said in found:
        assert 3 <= len(spelled) <= 16
        assert set(spelled) <= set(spelling.LETTERS)
        assert said
        assert set(said) <= set(PHONEMES.values())


def test_each_sound_has_a_character_of_its_own() -> None:
    assert len(set(PHONEMES.values())) == len(PHONEMES) == 39
    assert all(len(character) == 1 for character in PHONEMES.values())


def test_words_that_one_knows() -> None:
    said = dict(word for part in PARTS for word in words(part))
    assert said["house"] == "hUs"
    assert said["psychology"] == "sIkɑlʌʤi"
    assert said["anger"] == "æŋgɝ"


def test_changing_what_was_given_changes_nothing_for_the_next_call() -> None:
    words("test").clear()
    assert words("test")


def test_another_part_or_no_word_is_refused() -> None:
    with pytest.raises(ValueError, match=r"part must be one of 'training', 'validation', 'test', got 'dev'"):
        words("dev")
    with pytest.raises(ValueError, match="spelled must have at least one letter"):
        part_of("")
    with pytest.raises(TypeError, match=r"spelled must be a string, got 3 \(int\)"):
        part_of(3)


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [("", "", 0), ("", "ab", 2), ("ab", "", 2), ("abc", "abc", 0), ("abc", "axc", 1), ("abc", "ac", 1),
     ("ac", "abc", 1), ("kitten", "sitting", 3), ("ab", "ba", 2)],
)  # fmt: skip
def test_edits_are_counted(first: str, second: str, distance: int) -> None:
    assert edit_distance(first, second) == distance


def by_recursion(first: str, second: str) -> int:
    if not first or not second:
        return len(first) + len(second)
    same = by_recursion(first[1:], second[1:]) + (first[0] != second[0])
    return min(same, by_recursion(first[1:], second) + 1, by_recursion(first, second[1:]) + 1)


@given(st.text("ab", max_size=4), st.text("ab", max_size=4))
@generated
def test_the_distance_is_its_definition(first: str, second: str) -> None:
    assert edit_distance(first, second) == by_recursion(first, second)


@given(TEXTS, TEXTS, TEXTS)
@generated
def test_the_distance_is_a_distance(a: str, b: str, c: str) -> None:
    assert edit_distance(a, b) == edit_distance(b, a)
    assert (edit_distance(a, b) == 0) == (a == b)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)


def test_errors_are_weighed_by_length() -> None:
    assert sound_error(["ab", "x"], ["abcd", "x"]) == pytest.approx(2 / 5)
    assert sound_error(["abcabc"], ["x"]) == 6
    with pytest.raises(ValueError, match="found must be 2 strings, as many as wanted, got 1"):
        sound_error(["a"], ["a", "b"])
    with pytest.raises(ValueError, match="wanted must have at least one sound, got none"):
        sound_error([""], [""])


def test_the_tool_takes_ordinary_words_and_the_first_way_to_say_them(tmp_path) -> None:
    (tmp_path / "dict").write_text(
        "bullet B UH1 L AH0 T\nbullets B UH1 L AH0 T S\nread R EH1 D\nread(2) R IY1 D # verb\n"
        "zzyzx Z IH1 Z\nab AE1 B\nfiance F IY0 AA1 N S EY2 # foreign french\n",
        encoding="utf-8",
    )
    (tmp_path / "licence").write_text("do as you like", encoding="utf-8")
    (tmp_path / "words").write_text("bullet\nbullets\nread\nab\nfiance\n", encoding="utf-8")
    found = extract_spelling.extract(tmp_path / "dict", tmp_path / "licence", tmp_path / "words")
    assert found["words"] == ["bullet bʊlʌt", "bullets bʊlʌts", "fiance fiɑnse", "read rɛd"]
    assert found["licence"] == "do as you like"
    (tmp_path / "dict").write_text("read R QQ1 D\n", encoding="utf-8")
    with pytest.raises(ValueError, match="read: QQ is no sound"):
        extract_spelling.extract(tmp_path / "dict", tmp_path / "licence", tmp_path / "words")


def test_the_file_says_where_it_is_from_and_under_which_licence() -> None:
    held = json.loads((extract_spelling.TARGET).read_text(encoding="utf-8"))
    assert "CMU Pronouncing Dictionary" in held["source"]
    assert held["licence"].startswith("Copyright (C) 1993-2015 Carnegie Mellon University")
    assert len(held["words"]) <= extract_spelling.COUNT
