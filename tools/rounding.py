"""Prints the processor's kernels and a digest of what a few trainings end with: equal digests, equal rounding.

`tools/disturbed.py` runs this under each of its settings, since a setting may change nothing on this machine.

    python tools/rounding.py [flush]        flush: numbers near zero become 0, as `tools/flush_to_zero.py` has it
"""

from __future__ import annotations

import hashlib
import sys

import torch
from torch import nn

# (H_in, H_out, L, N), from the sizes that the chapters train
SIZES = (
    (1, 32, 50, 16),
    (2, 32, 100, 32),
    (32, 64, 20, 64),
    (64, 128, 40, 64),
    (4, 8, 10, 5),
    (12, 12, 9, 3),
)
STEPS = 3


def digest() -> str:
    torch.manual_seed(0)
    found = hashlib.sha256()
    tiny = torch.full((1000,), 1e-40) / 3  # what flushing sees
    found.update(tiny.numpy().tobytes())
    for kind in (nn.RNN, nn.GRU, nn.LSTM):
        for H_in, H_out, L, N in SIZES:
            rnn = kind(H_in, H_out, bidirectional=H_in == 32)
            optimizer = torch.optim.Adam(rnn.parameters(), lr=0.01)
            for _ in range(STEPS):
                loss = rnn(torch.randn(L, N, H_in))[0].square().mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(rnn.parameters(), 1.0)
                optimizer.step()
            for weight in rnn.parameters():
                found.update(weight.detach().numpy().tobytes())
    return found.hexdigest()[:12]


if __name__ == "__main__":
    if sys.argv[1:] == ["flush"]:
        import flush_to_zero  # noqa: F401
    print(torch.backends.cpu.get_cpu_capability(), digest())
