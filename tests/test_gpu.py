"""`make gpu` passes only where a card is there and every chapter has used it. The card is a stand-in for torch here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from book import ROOT
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook, new_output

TORCH = """\
from types import SimpleNamespace
__version__ = "0"
version = SimpleNamespace(cuda={cuda!r})
taken = []
cuda = SimpleNamespace(
    is_available=lambda: {available},
    get_device_properties=lambda _: SimpleNamespace(name="A Card", total_memory=8 * 2**30),
    is_initialized=lambda: bool(taken),
    max_memory_allocated=lambda: max(taken),
)
def zeros(size):
    taken.append(size)
"""


def run(
    folder: Path, *sources: str, available: bool = True, cuda: str | None = "0", stored: str = "3"
) -> subprocess.CompletedProcess[str]:
    (folder / "torch.py").write_text(TORCH.format(available=available, cuda=cuda))
    cells = [new_code_cell(source, execution_count=1) for source in sources]
    cells[-1]["outputs"] = [new_output("execute_result", {"text/plain": stored}, execution_count=1)]
    write(new_notebook(cells=cells), folder / "chapter.ipynb")
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "gpu.py"), str(folder / "chapter.ipynb")],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_chapter_that_used_the_card_and_shows_what_is_stored_passes(tmp_path: Path) -> None:
    done = run(tmp_path, "import torch\ntorch.zeros(3 * 2**20)", "1 + 2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "A Card, 8 GiB" in done.stdout
    assert "3.0 MiB" in done.stdout
    assert done.stdout.strip().endswith("1 passed, 0 failed")


@pytest.mark.parametrize("sources", [("import torch", "1 + 2"), ("1 + 2",)])
def test_a_chapter_that_did_not_use_the_card_fails(sources: tuple[str, ...], tmp_path: Path) -> None:
    done = run(tmp_path, *sources)
    assert done.returncode == 1
    assert "the card was not used" in done.stdout


def test_a_chapter_that_prints_something_else_fails(tmp_path: Path) -> None:
    done = run(tmp_path, "import torch\ntorch.zeros(2**20)", "1 + 2", stored="4")
    assert done.returncode == 1
    assert done.stdout.strip().endswith("0 passed, 1 failed")


def test_without_a_card_nothing_passes(tmp_path: Path) -> None:
    done = run(tmp_path, "import torch\ntorch.zeros(1)", "1 + 2", available=False)
    assert done.returncode == 2
    assert done.stderr == "make gpu: torch finds no NVIDIA card here, so nothing was run\n"


def test_a_torch_without_cuda_is_not_called_a_machine_without_a_card(tmp_path: Path) -> None:
    done = run(tmp_path, "1 + 2", available=False, cuda=None)
    assert done.returncode == 2
    assert "this torch is a CPU build" in done.stderr
