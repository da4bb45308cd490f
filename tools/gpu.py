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
NBVAL = ("--nbval", "--nbval-current-env", "--nbval-cell-timeout=300", "--nbval-kernel-startup-timeout=180")


def card() -> str:
    """The card that torch will use, in words; empty if there is none."""
    if not torch.cuda.is_available():
        return ""
    properties = torch.cuda.get_device_properties(0)
    memory = properties.total_memory / 2**30
    return f"{properties.name}, {memory:.0f} GiB, torch {torch.__version__}, CUDA {torch.version.cuda}"


def run_chapter(path: Path, folder: Path) -> tuple[bool, int]:
    """Whether the stored outputs hold, and the bytes of the card's memory that the chapter has used at most."""
    startup = folder / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "record.py").write_text(STARTUP, encoding="utf-8")
    record = folder / f"{path.stem}.bytes"
    environment = os.environ | {"IPYTHONDIR": str(folder), RECORD: str(record), "RNNLIB_DEVICE": "cuda"}
    command = [sys.executable, "-m", "pytest", "--quiet", *NBVAL, str(path)]
    passed = subprocess.run(command, env=environment, check=False).returncode == 0
    return passed, int(record.read_text()) if record.exists() else 0


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
    lines, failed = [], 0
    with tempfile.TemporaryDirectory() as name:
        for path in paths:
            begun = time.monotonic()
            passed, used = run_chapter(path, Path(name))
            verdict = "failed" if not passed else "the card was not used" if not used else "holds"
            failed += verdict != "holds"
            lines.append(
                f"{path.stem:24} {used / 2**20:8.1f} MiB {time.monotonic() - begun:6.0f} s  {verdict}"
            )
    print("\n".join([found, *lines]))
    print(f"{len(paths) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
