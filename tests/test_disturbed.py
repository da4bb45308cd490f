"""`make disturbed` runs each setting that rounds in its own way, alone, and fails where an output does not hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from book import ROOT
from disturbed import OWN, SETTINGS, environment, rounding
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook, new_output

NBVAL = ["--nbval", "--nbval-current-env", "-p", "no:cacheprovider"]


def disturbed(path: Path, setting: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "disturbed.py"), str(path), "--", *NBVAL],
        env=os.environ | {"SETTING": setting},
        capture_output=True,
        text=True,
        check=False,
    )


def notebook(folder: Path, source: str, stored: str) -> Path:
    cell = new_code_cell(source, execution_count=1)
    cell["outputs"] = [new_output("execute_result", {"text/plain": stored}, execution_count=1)]
    write(new_notebook(cells=[cell]), folder / "x.ipynb")
    return folder / "x.ipynb"


def test_a_setting_holds_its_own_variables_and_none_that_was_there_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MKL_CBWR", "COMPATIBLE")
    for name, setting in SETTINGS.items():
        found = environment(name, tmp_path)
        expected = {"OMP_NUM_THREADS": "1"} | setting
        assert {key: found[key] for key in OWN if key in found} == expected, name


def test_flushing_is_seen_in_the_digest_and_reaches_the_notebook(tmp_path: Path) -> None:
    flushed = "numbers near zero flushed to zero"
    assert rounding(flushed, tmp_path) != rounding("as it is", tmp_path)
    path = notebook(tmp_path, "import torch\n(torch.full((), 1e-40) / 3).item() == 0", "False")
    assert disturbed(path, "as it is").returncode == 0
    done = disturbed(path, flushed)
    assert done.returncode == 1
    assert f"{flushed}: 1 failed" in done.stdout


def test_the_setting_reaches_the_notebook(tmp_path: Path) -> None:
    path = notebook(tmp_path, "import os\nos.environ['OMP_NUM_THREADS']", "'2'")
    assert disturbed(path, "two threads").returncode == 0
    assert disturbed(path, "as it is").returncode == 1


def test_an_unknown_setting_is_refused_by_name(tmp_path: Path) -> None:
    done = disturbed(notebook(tmp_path, "1", "1"), "no such")
    assert done.returncode == 2
    assert "two threads" in done.stderr
