"""A trained model and its vocabularies in one file, which can be loaded without running anybody's code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from rnnlib.seq2seq.model import Seq2Seq
from rnnlib.vocabulary import Vocabulary

PARTS = {"configuration", "weights", "vocabularies"}


def save(path: str | Path, model: Seq2Seq, vocabularies: Mapping[str, Vocabulary | dict[str, Any]]) -> None:
    """Write a model and its vocabularies to a file.

    The file holds tensors, and plain dicts, lists, strings and numbers. So ``torch.load(path, weights_only=True)``
    reads it, and a file from a stranger cannot run code on the way in.

    Args:
        path: the file to write; one that is there is replaced.
        model: the model, on any device, in any mode.
        vocabularies: by name, ``"source"`` and ``"target"`` for :func:`rnnlib.seq2seq.translate`; each a vocabulary,
            or the plain dict that ``to_dict`` gives.

    Raises:
        TypeError: the model is no ``Seq2Seq``, or a vocabulary is neither of the two.
        ValueError: a dict that describes no vocabulary, or a model with other weights than a fresh one of its form has,
            such as one that is parametrised or pruned; then no file is written.

    Chapter: Sequence to sequence.
    """
    if not isinstance(model, Seq2Seq):
        raise TypeError(f"model must be a Seq2Seq, got {type(model).__name__}")
    plain = {}
    for name, vocabulary in vocabularies.items():
        if not isinstance(vocabulary, (Vocabulary, dict)):
            raise TypeError(
                f"vocabularies[{name!r}] must be a Vocabulary or its dict, got {type(vocabulary).__name__}"
            )
        checked = Vocabulary.from_dict(vocabulary) if isinstance(vocabulary, dict) else vocabulary
        plain[name] = checked.to_dict()
    weights = {name: weight.detach().cpu() for name, weight in model.state_dict().items()}
    with torch.device("meta"):
        wanted = Seq2Seq.build(model.configuration()).state_dict().keys()
    if weights.keys() != wanted:
        raise ValueError(
            "model must have the weights of a fresh Seq2Seq, without parametrizations or pruning: it "
            f"lacks {sorted(wanted - weights.keys())} and has {sorted(weights.keys() - wanted)}"
        )
    torch.save(
        {"configuration": model.configuration(), "weights": weights, "vocabularies": plain}, Path(path)
    )


def load(path: str | Path) -> tuple[Seq2Seq, dict[str, Vocabulary]]:
    """Read what :func:`save` wrote.

    Args:
        path: the file.

    Returns:
        The model, on the CPU, in evaluation mode, and the vocabularies by name.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file holds something else.

    Chapter: Sequence to sequence.
    """
    with Path(path).open("rb") as file:
        try:
            return _build(torch.load(file, map_location="cpu", weights_only=True))
        except (
            Exception
        ) as error:  # whatever the file's bytes make torch, the model or the vocabularies raise
            raise ValueError(
                f"path must be a file that save wrote, got something else in {Path(path).name}"
            ) from error


def _build(stored: Any) -> tuple[Seq2Seq, dict[str, Vocabulary]]:
    if not isinstance(stored, dict) or stored.keys() != PARTS:
        raise ValueError("the file must hold a configuration, weights and vocabularies")
    with torch.device("cpu"):
        model = Seq2Seq.build(stored["configuration"])
    model.to(stored["weights"]["decoder.readout.weight"].dtype)
    model.load_state_dict(stored["weights"])
    vocabularies = {name: Vocabulary.from_dict(plain) for name, plain in stored["vocabularies"].items()}
    return model.eval(), vocabularies
