"""What is encoded is decoded again, what is unknown or special is seen, and a saved vocabulary is the same."""

import json

import pytest
import torch
from configurations import generated
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.vocabulary import BOS, EOS, PAD, SPECIAL, UNK, Vocabulary

TEXTS = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8)


@given(TEXTS)
@generated
def test_decoding_what_was_encoded_gives_the_text(texts):
    vocabulary = Vocabulary.from_texts(texts)
    for text in texts:
        assert len(vocabulary.encode(text)) == len(text)
        assert vocabulary.decode(vocabulary.encode(text)) == text
        assert vocabulary.decode(torch.tensor(vocabulary.encode(text))) == text


@given(TEXTS, st.randoms())
@generated
def test_the_order_of_the_texts_does_not_matter(texts, random):
    first = Vocabulary.from_texts(texts)
    random.shuffle(texts)
    assert Vocabulary.from_texts(iter(texts)) == first
    assert hash(Vocabulary.from_texts(texts)) == hash(first)


@given(TEXTS)
@generated
def test_a_vocabulary_comes_back_from_its_dict_through_json(texts):
    vocabulary = Vocabulary.from_texts(texts)
    again = Vocabulary.from_dict(json.loads(json.dumps(vocabulary.to_dict())))
    assert again == vocabulary
    assert all(again.encode(text) == vocabulary.encode(text) for text in texts)


def test_a_vocabulary_comes_back_from_its_dict_through_a_weights_only_load(tmp_path):
    vocabulary = Vocabulary("-0123456789年\u200f")
    torch.save(vocabulary.to_dict(), tmp_path / "vocabulary.pt")
    assert Vocabulary.from_dict(torch.load(tmp_path / "vocabulary.pt", weights_only=True)) == vocabulary


def test_numbers_begin_behind_the_special_symbols_in_the_order_of_the_alphabet():
    vocabulary = Vocabulary("ba")
    assert (PAD, BOS, EOS, UNK) == (0, 1, 2, 3)
    assert vocabulary.encode("ab") == [5, 4]
    assert len(vocabulary) == 6
    assert vocabulary != Vocabulary("ab")
    assert vocabulary != "ba"
    assert "a" in vocabulary
    assert "c" not in vocabulary
    assert repr(vocabulary) == "Vocabulary of 2 characters and 4 special symbols"


def test_an_unknown_character_becomes_unk_and_keeps_its_place():
    vocabulary = Vocabulary("abc")
    assert vocabulary.encode("aXc") == [4, UNK, 6]
    assert vocabulary.decode(vocabulary.encode("aXc")) == "a<unk>c"


def test_decoding_stops_at_the_first_eos_and_shows_other_special_symbols():
    vocabulary = Vocabulary("abc")
    assert vocabulary.decode([4, 5, EOS, 6, EOS]) == "ab"
    assert vocabulary.decode([EOS, 4]) == ""
    assert vocabulary.decode([]) == ""
    assert vocabulary.decode([BOS, 4, PAD, UNK]) == "<bos>a<pad><unk>"
    assert [vocabulary.decode([i]) for i in (PAD, BOS, UNK)] == [SPECIAL[i] for i in (PAD, BOS, UNK)]


def test_the_name_of_a_special_symbol_in_a_text_is_only_characters():
    vocabulary = Vocabulary.from_texts(["<eos>"])
    assert min(vocabulary.encode("<eos>")) > UNK
    assert vocabulary.decode(vocabulary.encode("<eos>")) == "<eos>"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda v: v.encode(""), ValueError, "text must have at least one character, got an empty string"),
        (lambda v: v.encode(["a"]), TypeError, r"text must be a string, got \['a'\] \(list\)"),
        (lambda v: v.decode([7]), ValueError, "ids must be from 0 to 6, got 7"),
        (lambda v: v.decode([-1]), ValueError, "ids must be from 0 to 6, got -1"),
        (lambda v: v.decode([4.0]), TypeError, r"ids must be integers, got 4.0 \(float\)"),
        (lambda v: v.decode([True]), TypeError, r"ids must be integers, got True \(bool\)"),
        (lambda v: v.decode(torch.zeros(2, 3)), ValueError, r"ids must have shape \(T\), got \(2, 3\)"),
        (lambda v: Vocabulary(""), ValueError, "characters must have at least one entry, got none"),
        (lambda v: Vocabulary("aba"), ValueError, "characters must be different .*, got 'a' twice"),
        (lambda v: Vocabulary(["a", "bc"]), ValueError, "characters must be .* one character, got 'bc'"),
        (lambda v: Vocabulary([1]), TypeError, r"characters must be strings, got 1 \(int\)"),
        (lambda v: Vocabulary.from_texts("abc"), TypeError, r"texts must be several strings.*\[text\]"),
        (lambda v: Vocabulary.from_texts([1]), TypeError, r"texts must be strings, got 1 \(int\)"),
        (lambda v: Vocabulary.from_texts([]), ValueError, "texts must have at least one character, got none"),
        (lambda v: Vocabulary.from_texts([""]), ValueError, "texts must have at least one character"),
        (
            lambda v: Vocabulary.from_dict({}),
            ValueError,
            "saved must have the keys 'special' and 'characters'",
        ),
        (
            lambda v: Vocabulary.from_dict({"special": ["<pad>"], "characters": ["a"]}),
            ValueError,
            r"saved\['special'\] must be",
        ),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call(Vocabulary("abc"))
