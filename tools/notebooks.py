"""Execute the book's notebooks in place and normalise what they store.

    python tools/notebooks.py [chapters/x.ipynb …]

Without arguments: all of them. Two run at a time, each with a fresh kernel. A notebook whose cell fails stays on disk
as it was, and so does one that is interrupted.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import nbformat
from book import ROOT, chapters, notebook_text, read_notebook, replace_file, repository_url
from digests import KEY, sources_digest
from execution import CellError, execute
from install_cell import refresh_install_cell
from measurements import keep_measurements
from normalise import normalise
from tqdm import tqdm

AT_A_TIME = 2


async def run_notebook(path: Path, root: Path, bar: tqdm[None]) -> str:
    """Execute and store one notebook. Returns what there is to say about it; raises CellError if a cell fails."""
    started = time.monotonic()
    before = path.read_bytes()
    notebook, earlier = read_notebook(path), read_notebook(path)
    refresh_install_cell(notebook, repository_url(root))
    # Taken before the run: should rnnlib change meanwhile, the outputs count as stale, as they should.
    digest = sources_digest(notebook, root / "rnnlib")
    bar.total = (bar.total or 0) + sum(cell["cell_type"] == "code" for cell in notebook["cells"])
    bar.refresh()
    await execute(notebook, path.parent, bar.update)
    keep_measurements(notebook, earlier, digest)
    notebook["metadata"][KEY] = {"sources": digest}
    normalise(notebook)
    if path.read_bytes() != before:
        raise CellError("the file was saved by someone else during the run, and was left alone; run it again")
    changed = replace_file(path, notebook_text(notebook))
    return f"{time.monotonic() - started:5.1f} s, {'outputs stored' if changed else 'nothing new'}"


async def run_all(paths: list[Path], root: Path) -> dict[Path, str]:
    """Execute all of `paths`, AT_A_TIME at once; returns the failures by path."""
    failures: dict[Path, str] = {}
    free = asyncio.Semaphore(AT_A_TIME)
    width = max(len(path.stem) for path in paths)
    with tqdm(total=0, unit=" cells", leave=False, disable=None) as bar:

        async def run(path: Path) -> None:
            async with free:
                try:
                    news = await run_notebook(path, root, bar)
                except (CellError, ValueError, RuntimeError, nbformat.ValidationError) as error:
                    failures[path] = str(error)
                    news = "failed"
            tqdm.write(f"{path.stem:{width}}  {news}", file=sys.stdout)
            sys.stdout.flush()

        await asyncio.gather(*(run(path) for path in paths))
    return failures


def main(arguments: list[str], root: Path = ROOT) -> int:
    paths = [Path(argument).resolve() for argument in arguments] or chapters(root)
    for path in paths:
        if path.suffix != ".ipynb" or not path.is_file():
            print(f"make notebooks: there is no notebook {path}", file=sys.stderr)
            return 2
    if not paths:
        print("make notebooks: there is no notebook in chapters/ yet", file=sys.stderr)
        return 2
    try:
        failures = asyncio.run(run_all(paths, root))
    except KeyboardInterrupt:
        print("\nInterrupted; notebooks that were still running are on disk as they were.", file=sys.stderr)
        return 130
    for path, failure in sorted(failures.items()):
        print(f"\n{path.name}: {failure}\n{path.name} stays as it was.", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
