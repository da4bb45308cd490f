"""What the kernels of `make disturbed` run first: numbers too small for float32's full precision become 0."""

import torch

torch.set_flush_denormal(True)  # False where the processor cannot
