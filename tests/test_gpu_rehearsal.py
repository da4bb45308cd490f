"""`make gpu-rehearsal` finds a chapter that forgets to move a tensor, and one that never goes to the card."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from book import ROOT, chapters, notebook_text, read_notebook
from gpu_rehearsal import ONLY_A_CARD, without_card_cells
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook, new_output


def run(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "gpu_rehearsal.py"), str(path)],
        env={key: value for key, value in os.environ.items() if key != "RNNLIB_DEVICE"},
        capture_output=True,
        text=True,
        check=False,
    )


def rehearse(folder: Path, *sources: str, stored: str) -> subprocess.CompletedProcess[str]:
    first = "import torch\nfrom rnnlib.device import get_device\ndevice = get_device()"
    cells = [new_code_cell(source, execution_count=1) for source in (first, *sources)]
    cells[-1]["outputs"] = [new_output("execute_result", {"text/plain": stored}, execution_count=1)]
    write(new_notebook(cells=cells), folder / "x.ipynb")
    return run(folder / "x.ipynb")


def test_a_chapter_that_moves_its_tensors_passes_in_threads_too(tmp_path: Path) -> None:
    threads = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "x = torch.ones(3).to(device)\n"
        "str(list(ThreadPoolExecutor(2).map(lambda n: (x * n).device.type, range(2))))"
    )
    done = rehearse(tmp_path, threads, stored="\"['cuda', 'cuda']\"")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "x                             0.0 MiB" in done.stdout


def test_a_planted_mixture_in_a_chapter_is_found_and_its_cell_shown(tmp_path: Path) -> None:
    done = rehearse(tmp_path, "(torch.ones(3).to(device) + torch.ones(3)).tolist()", stored="[2.0, 2.0, 2.0]")
    assert done.returncode == 1
    assert "found at least two devices" in done.stdout
    assert "Cell 1" in done.stdout
    assert done.stdout.strip().endswith("0 passed, 1 failed")


def test_a_move_that_a_chapter_forgets_is_found_in_the_cell_that_needs_it(tmp_path: Path) -> None:
    notebook = read_notebook(ROOT / "chapters" / "stacking.ipynb")
    end = [cell["id"] for cell in notebook["cells"]].index("grid") + 1
    notebook["cells"] = notebook["cells"][:end]
    (made,) = [cell for cell in notebook["cells"] if cell["id"] == "cells"]
    move = "torch.randn(3, 5, 3).to(device)"
    assert "".join(made["source"]).count(move) == 1
    made["source"] = "".join(made["source"]).replace(move, "torch.randn(3, 5, 3)")
    planted = tmp_path / "stacking.ipynb"
    planted.write_text(notebook_text(notebook), encoding="utf-8")
    done = run(planted)
    assert done.returncode == 1
    assert "grid = all_states(cells, x, h_0)" in done.stdout
    assert "found at least two devices" in done.stdout
    assert done.stdout.strip().endswith("0 passed, 1 failed")


def test_a_chapter_that_never_goes_to_the_card_fails(tmp_path: Path) -> None:
    done = rehearse(tmp_path, "torch.ones(3).tolist()", stored="[1.0, 1.0, 1.0]")
    assert done.returncode == 1
    assert "the card was not used" in done.stdout


def test_every_cell_that_only_a_card_decides_exists() -> None:
    notebooks = {path.stem: read_notebook(path) for path in chapters()}
    for name, left_out in ONLY_A_CARD.items():
        assert set(left_out) <= {cell["id"] for cell in notebooks[name]["cells"]}


def test_what_only_a_card_decides_is_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, left_out in ONLY_A_CARD.items():
        path = ROOT / "chapters" / f"{name}.ipynb"
        before = [cell["id"] for cell in read_notebook(path)["cells"]]
        after = [cell["id"] for cell in read_notebook(without_card_cells(path, tmp_path))["cells"]]
        assert after == [identity for identity in before if identity not in left_out]
        said = capsys.readouterr().out
        assert all(
            f"{name}: only a card decides {identity}; it is not rehearsed" in said for identity in left_out
        )
