"""Rehearse the run on a card on any machine: `make gpu-rehearsal` runs this.

    python tools/gpu_rehearsal.py [chapters/x.ipynb …]

Each notebook's stored outputs are compared in kernels in which `tools/card.py` plays a card: what was sent to the card
is marked and stays on the CPU, and what a card refuses is refused. So a chapter that forgets to move a tensor, or hands
one on the card to NumPy, fails here as it would there. Speed, cuDNN's own rounding and memory only a card can show.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from book import ROOT, chapters, notebook_text, read_notebook
from gpu import report, run_chapter

# Cells that time the card, by chapter: with both devices the same CPU, their check would be a coin.
ONLY_A_CARD = {"gates": ["speed-card-check"]}
FIRST = f"""\
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import card
sys.path.pop(0)
card.rehearse()
"""
AT_ONCE = 2


def without_card_cells(path: Path, folder: Path) -> Path:
    """A copy of the notebook without the cells that only a card can decide; each is named."""
    notebook = read_notebook(path)
    left_out = ONLY_A_CARD.get(path.stem, [])
    for identity in left_out:
        print(f"{path.stem}: only a card decides {identity}; it is not rehearsed", flush=True)
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] not in left_out]
    copy = folder / path.name
    copy.write_text(notebook_text(notebook), encoding="utf-8")
    return copy


def main(arguments: list[str], root: Path = ROOT) -> int:
    paths = [Path(argument).resolve() for argument in arguments] or chapters(root)
    with tempfile.TemporaryDirectory() as name:

        def rehearse(path: Path) -> tuple[bool, int]:
            folder = Path(name) / path.stem
            folder.mkdir()
            return run_chapter(without_card_cells(path, folder), folder, FIRST)

        return report("A card played on the CPU", paths, rehearse, AT_ONCE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
