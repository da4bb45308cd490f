"""Sequence to sequence: an encoder reads the source, a decoder writes the target, a bridge joins their states.

Token ids are int64 tensors with time first, (L, N) and (T, N). The first ids are ``PAD`` of :mod:`rnnlib.vocabulary`,
``BOS``, ``EOS`` and ``UNK``. T counts ``<eos>`` and never ``<bos>``.
"""

from rnnlib.seq2seq.attention import Attention, Memory, masked_softmax
from rnnlib.seq2seq.beams import Beams, beam_search, log_probability, reorder
from rnnlib.seq2seq.bridge import Bridge
from rnnlib.seq2seq.decoder import AttentionDecoder, Decoder
from rnnlib.seq2seq.decoding import Decoded, greedy, translate
from rnnlib.seq2seq.encoder import Encoder
from rnnlib.seq2seq.model import Seq2Seq, shift_right
from rnnlib.seq2seq.storage import load, save

__all__ = [
    "Attention",
    "AttentionDecoder",
    "Beams",
    "Bridge",
    "Decoded",
    "Decoder",
    "Encoder",
    "Memory",
    "Seq2Seq",
    "beam_search",
    "greedy",
    "load",
    "log_probability",
    "masked_softmax",
    "reorder",
    "save",
    "shift_right",
    "translate",
]
