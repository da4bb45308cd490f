"""Characters as integers: a vocabulary with four special symbols in front."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from torch import Tensor

PAD, BOS, EOS, UNK = 0, 1, 2, 3
SPECIAL = ("<pad>", "<bos>", "<eos>", "<unk>")  # the names of 0, 1, 2 and 3


class Vocabulary:
    """A number for each character of an alphabet, from 4 on in the order of the alphabet.

    The numbers below stand for what is no character: 0 for padding (PAD), 1 for the beginning of a sequence (BOS), 2
    for its end (EOS) and 3 for a character that is not in the alphabet (UNK). ``len(vocabulary)`` counts all of them,
    so it is the size that an embedding and a softmax need.

    Args:
        characters: the alphabet, a string or other strings of one character each, without repetition.

    Raises:
        TypeError: characters that are no strings.
        ValueError: no character, a character twice, or a string that is not one character.

    Chapter: Sequence to sequence.
    """

    def __init__(self, characters: Iterable[str]) -> None:
        self.characters = tuple(characters)
        if not self.characters:
            raise ValueError("characters must have at least one entry, got none")
        for character in self.characters:
            if not isinstance(character, str):
                raise TypeError(f"characters must be strings, got {character!r} ({type(character).__name__})")
            if len(character) != 1:
                raise ValueError(f"characters must be strings of one character, got {character!r}")
        self._ids = {character: index for index, character in enumerate(self.characters, start=len(SPECIAL))}
        if len(self._ids) < len(self.characters):
            twice = next(c for c in self.characters if self.characters.count(c) > 1)
            raise ValueError(f"characters must be different from each other, got {twice!r} twice")

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> Vocabulary:
        """The vocabulary of all characters in some texts, in the order of their code points.

        Args:
            texts: strings; the order in which they come does not matter.

        Raises:
            TypeError: texts is one string, which would be read as texts of one character, or holds something else.
            ValueError: there is no character in the texts.
        """
        if isinstance(texts, str):
            raise TypeError(f"texts must be several strings, got one: {texts!r}; pass [text]")
        found: set[str] = set()
        for text in texts:
            if not isinstance(text, str):
                raise TypeError(f"texts must be strings, got {text!r} ({type(text).__name__})")
            found.update(text)
        if not found:
            raise ValueError("texts must have at least one character, got none")
        return cls(sorted(found))

    def __len__(self) -> int:
        return len(SPECIAL) + len(self.characters)

    def __contains__(self, character: object) -> bool:
        return character in self._ids

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.characters == other.characters

    def __hash__(self) -> int:
        return hash(self.characters)

    def __repr__(self) -> str:
        return f"Vocabulary of {len(self.characters)} characters and {len(SPECIAL)} special symbols"

    def encode(self, text: str) -> list[int]:
        """The numbers of a text's characters; UNK for each that the vocabulary does not know.

        Args:
            text: at least one character.

        Returns:
            As many numbers as there are characters: neither BOS nor EOS is added.

        Raises:
            TypeError: text is no string.
            ValueError: text is empty.
        """
        if not isinstance(text, str):
            raise TypeError(f"text must be a string, got {text!r} ({type(text).__name__})")
        if not text:
            raise ValueError("text must have at least one character, got an empty string")
        return [self._ids.get(character, UNK) for character in text]

    def decode(self, ids: Sequence[int] | Tensor) -> str:
        """The text before the first EOS, or the whole if there is none.

        PAD, BOS and UNK are written by their names, "<pad>", "<bos>" and "<unk>": what a model should not have said is
        seen. (If all the letters of such a name are in the alphabet, a text may spell it, too; compare ids then.)

        Args:
            ids: numbers from 0 to ``len(vocabulary) - 1``, a sequence or a tensor of shape (T).

        Raises:
            TypeError: a number that is no integer.
            ValueError: a number outside, or a tensor of another shape.
        """
        if isinstance(ids, Tensor):
            if ids.dim() != 1:
                raise ValueError(f"ids must have shape (T), got {tuple(ids.shape)}")
            ids = ids.tolist()
        pieces = []
        for index in ids:
            if not isinstance(index, int) or isinstance(index, bool):
                raise TypeError(f"ids must be integers, got {index!r} ({type(index).__name__})")
            if not 0 <= index < len(self):
                raise ValueError(f"ids must be from 0 to {len(self) - 1}, got {index}")
            if index == EOS:
                break
            pieces.append(SPECIAL[index] if index < len(SPECIAL) else self.characters[index - len(SPECIAL)])
        return "".join(pieces)

    def to_dict(self) -> dict[str, Any]:
        """What :meth:`from_dict` makes the same vocabulary of: strings in a dict, fit for JSON and for torch.save."""
        return {"special": list(SPECIAL), "characters": list(self.characters)}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Vocabulary:
        """The vocabulary that :meth:`to_dict` was called on.

        Raises:
            TypeError: saved is no mapping.
            ValueError: saved lacks a key, counts other special symbols, or holds no characters.
        """
        if not isinstance(saved, Mapping):
            raise TypeError(f"saved must be a dict, got {type(saved).__name__}")
        for key in ("special", "characters"):
            if key not in saved:
                raise ValueError(
                    f"saved must have the keys 'special' and 'characters', got {sorted(saved, key=str)}"
                )
        special, characters = saved["special"], saved["characters"]
        if not isinstance(special, list | tuple) or tuple(special) != SPECIAL:
            raise ValueError(f"saved['special'] must be {list(SPECIAL)}, got {special!r}")
        try:
            return cls(characters)
        except (TypeError, ValueError) as error:
            raise ValueError(f"saved['characters'] must be an alphabet: {error}") from error
