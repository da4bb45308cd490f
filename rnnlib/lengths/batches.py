"""Batches of sequences of similar length, so that there is little padding, and yet other batches in every epoch."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler

from rnnlib.arguments import check_flag, check_size
from rnnlib.lengths.masks import Lengths, check_lengths


class BucketBatchSampler(Sampler[list[int]]):
    r"""Batches of indices for ``DataLoader(…, batch_sampler=…)``, sequences of similar length together.

    In each epoch sequence n gets the key :math:`\mathrm{lengths}[n] + \mathrm{noise} \cdot u_n` with :math:`u_n` drawn
    from U(-1, 1). The sequences are sorted by their keys, cut into batches, and the batches come in random order. So
    two sequences can meet in a batch if few others lie between their keys, and a larger noise lets more of them meet
    and costs more padding. With noise 0 only the order of batches, and of sequences of one length, is random.

    For the same padding this lets a sequence meet at least as many others as the usual way, which sorts within pools
    of a fixed number of random sequences, and where lengths are skewed far more (``benchmarks/buckets.py``).

    Every sequence comes exactly once an epoch, except that ``drop_last`` leaves out those of one incomplete batch,
    other ones in every epoch.

    Several processes that train one model share the batches of an epoch if each makes this sampler with a generator of
    the same seed, says ``set_epoch(epoch)`` before each epoch, and takes every R-th batch, itself being number r of R.
    What is left over at the end is dropped, so that all of them have equally many::

        batches = list(sampler)
        mine = batches[r : len(batches) // R * R : R]

    Args:
        lengths: one length a sequence of the data set, at least 1.
        batch_size: how many sequences a batch has; one batch, at a random place among the sorted, may have fewer.
        noise: in steps, at least 0.
        drop_last: whether to leave out an incomplete batch.
        generator: what all random numbers are drawn from; torch's default generator if left out. Two samplers with
            generators of the same seed give the same batches, epoch after epoch.

    Raises:
        TypeError: lengths or batch_size are not integers, drop_last is no bool, noise no number, or generator no
            ``torch.Generator``.
        ValueError: no sequence, a length below 1, a batch_size below 1, or a negative noise.

    Chapter: Padding and packing.
    """

    def __init__(
        self,
        lengths: Lengths,
        batch_size: int,
        noise: float = 4.0,
        drop_last: bool = False,
        generator: torch.Generator | None = None,
    ) -> None:
        self.lengths = check_lengths(lengths, None, None)
        if not len(self.lengths):
            raise ValueError("lengths must have at least one entry, got none")
        self.batch_size = check_size("batch_size", batch_size)
        if not isinstance(noise, (int, float)) or isinstance(noise, bool):
            raise TypeError(f"noise must be a number of steps, got {noise!r} ({type(noise).__name__})")
        if not noise >= 0:
            raise ValueError(f"noise must be at least 0, got {noise}")
        self.noise = float(noise)
        self.drop_last = check_flag("drop_last", drop_last)
        if generator is not None and not isinstance(generator, torch.Generator):
            raise TypeError(f"generator must be a torch.Generator or None, got {type(generator).__name__}")
        self.generator = generator
        self._epoch: int | None = None

    def set_epoch(self, epoch: int) -> None:
        """Let every following iteration give the batches of this epoch, whatever was drawn before.

        They are drawn from a fresh generator, seeded with ``generator.initial_seed() + epoch``: the same in each
        process whose generator has that seed, and in a training that is taken up again. Without a call of this, each
        iteration goes on drawing from the generator itself.

        Args:
            epoch: its number, at least 0.

        Raises:
            TypeError: epoch is no int.
            ValueError: epoch is below 0, or the sampler was made without a generator.
        """
        if self.generator is None:
            raise ValueError("set_epoch needs a generator: make the sampler with generator=…")
        self._epoch = check_size("epoch", epoch, least=0)

    def __len__(self) -> int:
        whole, rest = divmod(len(self.lengths), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[list[int]]:
        count, generator = len(self.lengths), self.generator
        if self._epoch is not None and generator is not None:
            generator = torch.Generator(device="cpu").manual_seed(generator.initial_seed() + self._epoch)
        shuffled = torch.randperm(
            count, generator=generator, device="cpu"
        )  # so that equal keys come in random order
        drawn = 2 * torch.rand(count, generator=generator, dtype=torch.float64, device="cpu") - 1
        keys = self.lengths[shuffled] + self.noise * drawn
        in_order = shuffled[torch.argsort(keys, stable=True)].tolist()
        whole, rest = divmod(count, self.batch_size)
        # The incomplete batch comes after a random number of whole ones.
        short = int(torch.randint(whole + 1, (), generator=generator, device="cpu"))
        sizes = [self.batch_size] * whole
        sizes.insert(short, rest)
        batches, start = [], 0
        for size in sizes:
            if size == self.batch_size or (size and not self.drop_last):
                batches.append(in_order[start : start + size])
            start += size
        for place in torch.randperm(len(batches), generator=generator, device="cpu").tolist():
            yield batches[place]
