"""Runs one chapter with disturbed gradients and writes down what its checks saw: `make shaken` calls this.

    python tools/shaking.py chapters/x.ipynb RUN result.json

RUN 0 disturbs nothing. Otherwise each gradient is multiplied, before an optimizer uses it, by 1 + 3e-7 times a number
drawn from a normal distribution: what another processor's rounding does. As there, the same gradient is always
disturbed in the same way, since the numbers are drawn from a seed made of RUN and the gradients themselves. So two
trainings that must be equal stay equal.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from pathlib import Path
from typing import Any

import comparisons
import torch
from book import Cell, read_notebook
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from measurements import TAG
from torch.optim.optimizer import register_optimizer_step_pre_hook

from rnnlib import checks

SIZE = 3e-7  # relative; float32 rounds to 6e-8


def disturb(run: int) -> None:
    """Have every optimizer of this process take gradients that are disturbed as run number ``run`` says."""

    def before_step(optimizer: torch.optim.Optimizer, *_: Any) -> None:
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        gradients = [
            weight.grad for weight in weights if weight.grad is not None and not weight.grad.is_sparse
        ]
        if not gradients:
            return
        seed = run
        for gradient in gradients:
            seed = zlib.crc32(gradient.detach().cpu().contiguous().view(-1).numpy().tobytes(), seed)
        source = torch.Generator().manual_seed(seed)
        for gradient in gradients:
            noise = torch.randn(gradient.shape, generator=source)
            gradient.mul_(1 + SIZE * noise.to(gradient.device, torch.float64).to(gradient.dtype))

    register_optimizer_step_pre_hook(before_step)


class Record:
    """Stands in for ``check`` and ``agree``: a false claim is written down and the chapter goes on."""

    def __init__(self) -> None:
        self.log = comparisons.Log()
        self.found: list[dict[str, Any]] = []
        self._check, self._agree = checks.check, checks.agree

    def install(self, shell: InteractiveShell) -> None:
        shell.ast_transformers.append(comparisons.Watcher())
        shell.user_ns[comparisons.NAME] = self.log.compare
        checks.check, checks.agree = self.check, self.agree

    def check(self, statement: str, condition: object) -> None:
        seen, holds = self.log.take(), True
        try:
            self._check(statement, condition)
        except AssertionError as error:
            holds = False
            print(error)
        self.found.append({"statement": statement, "holds": holds, "seen": seen})

    def agree(self, first: torch.Tensor, second: torch.Tensor, tolerance: float = 1e-5) -> bool:
        verdict = self._agree(first, second, tolerance)
        if first.numel():
            gap = (first.detach().cpu().double() - second.detach().cpu().double()).abs().max()
            self.log.note("agree: greatest gap <= tolerance", "<=", gap, tolerance)
        return verdict

    def take(self) -> list[dict[str, Any]]:
        found, self.found = self.found, []
        return found


def stored_text(cell: Cell) -> str:
    """What the cell printed when it was stored."""
    return "".join(output["text"] for output in cell["outputs"] if output.get("name") == "stdout")


def run_chapter(path: Path, run: int) -> list[dict[str, Any]]:
    """Each code cell's checks, whether it prints what is stored, and its error, if it raised one."""
    os.environ |= {"RNNLIB_PROGRESS": "0", "MPLBACKEND": "agg"}
    os.chdir(path.parent)
    if run:
        disturb(run)
    shell = InteractiveShell.instance()
    shell.ast_node_interactivity = "none"  # a figure at a cell's end would print its name
    record = Record()
    record.install(shell)
    cells = []
    for cell in read_notebook(path)["cells"]:
        if cell["cell_type"] != "code":
            continue
        with capture_output() as captured:
            outcome: Any = shell.run_cell(  # type: ignore[no-untyped-call]
                cell["source"], store_history=True
            )
        error = outcome.error_before_exec or outcome.error_in_exec
        expected = "raises-exception" in cell["metadata"].get("tags", [])
        same = TAG in cell["metadata"].get("tags", []) or captured.stdout.strip() == stored_text(cell).strip()
        cells.append(
            {
                "id": cell["id"],
                "checks": record.take(),
                "printed": None if same or expected else captured.stdout,
                "error": f"{type(error).__name__}: {error}" if error and not expected else None,
            }
        )
    return cells


if __name__ == "__main__":
    chapter, number, result = sys.argv[1:]
    Path(result).write_text(json.dumps(run_chapter(Path(chapter).resolve(), int(number))), encoding="utf-8")
