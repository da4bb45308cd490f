"""Tags whose answer lies ahead: at each step, whether most of the next bits will be ones.

The bits are independent throws of a fair coin. So whoever reads from the first bit to the last knows nothing about a
tag that it could not have guessed, and whoever reads from the last bit to the first knows all.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnlib.arguments import check_size


def majority_ahead(bits: Tensor, windows: Sequence[int]) -> Tensor:
    r"""For each window k, whether more than half of the next k bits are ones.

    .. math:: y_{t,k} = 1 \text{ if } x_{t+1} + \dots + x_{t+k} > k / 2, \text{ else } 0

    The bit of the step itself does not count. The last steps have no whole window ahead of them and get no tag.

    Args:
        bits: zeros and ones, (L, N).
        windows: K windows, odd numbers, so that there is no tie; the widest is below L.

    Returns:
        The tags of the first L - max(windows) steps, (L - max(windows), N, K), int64.

    Raises:
        TypeError: bits that are no tensor, or a window that is no int.
        ValueError: bits of another rank or with other values, no window, one that is even or below 1, or bits too few
            for the widest.

    Chapter: Bidirectionality.
    """
    if not isinstance(bits, Tensor):
        raise TypeError(f"bits must be a tensor, got {type(bits).__name__}")
    if bits.dim() != 2:
        raise ValueError(f"bits must have shape (L, N), got {tuple(bits.shape)}")
    if not ((bits == 0) | (bits == 1)).all():
        raise ValueError("bits must be zeros and ones, got other values")
    _check_windows(windows, len(bits))
    tagged = len(bits) - max(windows)
    tags = []
    for window in windows:
        ahead = bits[1:].unfold(0, window, 1)  # (L, N) -> (L - window, N, window)
        tags.append(2 * ahead[:tagged].sum(dim=-1) > window)  # (tagged, N)
    return torch.stack(tags, dim=-1).long()  # (tagged, N, K)


def sample(batch_size: int, length: int, windows: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Random bits and their tags, from torch's generator on the CPU.

    Args:
        batch_size: N, at least 1.
        length: L, above the widest window.
        windows: as in :func:`majority_ahead`.

    Returns:
        The bits as input of a network, (L, N, 1), float32, and the tags of :func:`majority_ahead`.

    Raises:
        TypeError: a size or a window that is no int.
        ValueError: a batch size below 1, or as :func:`majority_ahead`.

    Chapter: Bidirectionality.
    """
    check_size("batch_size", batch_size)
    check_size("length", length)
    _check_windows(windows, length)
    bits = torch.randint(0, 2, (length, batch_size), device="cpu")
    return bits.unsqueeze(-1).float(), majority_ahead(bits, windows)  # (L, N) -> (L, N, 1)


def _check_windows(windows: Sequence[int], length: int) -> None:
    if len(windows) == 0:
        raise ValueError("windows must hold at least one window, got none")
    for window in windows:
        check_size("windows", window)
        if window % 2 == 0:
            raise ValueError(f"windows must be odd, so that there is no tie, got {window}")
    if max(windows) >= length:
        raise ValueError(f"windows must be below the length, {length}, got {max(windows)}")
