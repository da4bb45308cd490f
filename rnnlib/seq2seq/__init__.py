"""Sequence to sequence: an encoder reads the source, a decoder writes the target, a bridge joins their states.

Token ids are int64 tensors with time first, (L, N) and (T, N). The first ids are ``PAD`` of :mod:`rnnlib.vocabulary`,
``BOS``, ``EOS`` and ``UNK``. T counts ``<eos>`` and never ``<bos>``.
"""

from rnnlib.seq2seq.bridge import Bridge
from rnnlib.seq2seq.decoder import Decoder
from rnnlib.seq2seq.decoding import Decoded, greedy, translate
from rnnlib.seq2seq.encoder import Encoder
from rnnlib.seq2seq.model import Seq2Seq, shift_right
from rnnlib.seq2seq.storage import load, save

__all__ = [
    "Bridge",
    "Decoded",
    "Decoder",
    "Encoder",
    "Seq2Seq",
    "greedy",
    "load",
    "save",
    "shift_right",
    "translate",
]
