"""Prove every notebook's stored outputs on an NVIDIA card, and that each used it: `make gpu` runs this.

    RNNLIB_DEVICE=cuda python tools/gpu.py [chapters/x.ipynb …]

rnnlib refuses to run on the CPU when it is told cuda, but only where a chapter asks it for a device. So the kernels
write down, after each cell, how much of the card's memory torch has taken, and a chapter that took none has failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from book import ROOT, chapters

RECORD = "RNNLIB_GPU_RECORD"
# IPython runs this when a kernel starts, before any cell.
STARTUP = f"""\
def _record_memory(*_):
    import os, pathlib, sys
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        pathlib.Path(os.environ["{RECORD}"]).write_text(str(torch.cuda.max_memory_allocated()))

get_ipython().events.register("post_run_cell", _record_memory)
del _record_memory
"""
# Twice the time that `make nbval` gives a cell: a rehearsed card makes the longest training half as long again.
NBVAL = ("--nbval", "--nbval-current-env", "--nbval-cell-timeout=600", "--nbval-kernel-startup-timeout=180")


def card() -> str:
    """The card that torch will use, in words; empty if there is none."""
    if not torch.cuda.is_available():
        return ""
    properties = torch.cuda.get_device_properties(0)
    memory = properties.total_memory / 2**30
    return f"{properties.name}, {memory:.0f} GiB, torch {torch.__version__}, CUDA {torch.version.cuda}"


def run_chapter(path: Path, folder: Path, first: str = "") -> tuple[bool, int]:
    """Whether the stored outputs hold, and the bytes of the card's memory that the chapter has used at most.

    Args:
        path: the notebook.
        folder: an empty one, for IPython's profile and the record.
        first: what the kernel runs before anything else.
    """
    startup = folder / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "record.py").write_text(first + STARTUP, encoding="utf-8")
    record = folder / f"{path.stem}.bytes"
    environment = os.environ | {
        "IPYTHONDIR": str(folder),
        RECORD: str(record),
        "RNNLIB_DEVICE": "cuda",
        "RNNLIB_PROGRESS": "0",
    }
    command = [sys.executable, "-m", "pytest", "--quiet", *NBVAL, str(path)]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    print(done.stdout + done.stderr, end="", flush=True)
    return done.returncode == 0, int(record.read_text()) if record.exists() else 0


def report(found: str, paths: list[Path], run: Callable[[Path], tuple[bool, int]], at_once: int = 1) -> int:
    """Run the chapters, print a line for each, and say by the exit code whether all hold and used the card."""

    def timed(path: Path) -> tuple[bool, int, float]:
        begun = time.monotonic()
        return *run(path), time.monotonic() - begun

    # The largest first, so that the longest of them does not run alone at the end.
    order = sorted(paths, key=lambda path: path.stat().st_size, reverse=True)
    with ThreadPoolExecutor(at_once) as pool:
        outcomes = dict(zip(order, pool.map(timed, order), strict=True))
    lines, failed = [], 0
    for path in paths:
        passed, used, seconds = outcomes[path]
        verdict = "failed" if not passed else "the card was not used" if not used else "holds"
        failed += verdict != "holds"
        lines.append(f"{path.stem:24} {used / 2**20:8.1f} MiB {seconds:6.0f} s  {verdict}")
    print("\n".join([found, *lines]))
    print(f"{len(paths) - failed} passed, {failed} failed")
    return 1 if failed else 0


def main(arguments: list[str], root: Path = ROOT) -> int:
    paths = [Path(argument).resolve() for argument in arguments] or chapters(root)
    found = card()
    if not found:
        why = "torch finds no NVIDIA card here"
        if torch.version.cuda is None:
            why = "this torch is a CPU build; remove .venv, and let TORCH_INDEX be empty"
        print(f"make gpu: {why}, so nothing was run", file=sys.stderr)
        return 2
    print(found, flush=True)
    with tempfile.TemporaryDirectory() as name:
        return report(found, paths, lambda path: run_chapter(path, Path(name) / path.stem))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
