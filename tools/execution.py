"""Executes one notebook with a fresh kernel and says in plain text what was wrong, if anything was."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import cast

import nbformat
import zmq
from book import Cell, Notebook
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from normalise import ANSI, merge_streams

CELL_TIMEOUT = 300  # seconds, as for nbval in the Makefile


class CellError(Exception):
    """A cell did not do what a stored cell must; the text names the cell and says why."""


async def execute(notebook: Notebook, folder: Path, cell_done: Callable[[], object]) -> None:
    """Run all code cells in `folder` with a fresh kernel and store their outputs, calling `cell_done` after each."""
    notebook["metadata"].pop("widgets", None)
    with tempfile.TemporaryDirectory() as profile:
        manager = _kernel_manager()
        client = NotebookClient(
            cast(nbformat.NotebookNode, notebook),
            km=manager,
            timeout=CELL_TIMEOUT,
            startup_timeout=120,
            store_widget_state=True,
            record_timing=False,
        )
        try:
            client.reset_execution_trackers()
            await client.async_start_new_kernel(cwd=str(folder), env=_environment(profile))
            await client.async_start_new_kernel_client()
            for index, cell in enumerate(notebook["cells"]):
                if cell["cell_type"] == "code":
                    cell["outputs"] = []
                    await _execute_cell(client, notebook, index)
                    cell_done()
            client.set_widgets_metadata()
        finally:
            if manager.has_kernel:
                await manager.shutdown_kernel(now=True)
            if client.kc is not None:
                client.kc.stop_channels()


def _kernel_manager() -> AsyncKernelManager:
    # With no folders to search, `python3` means the interpreter that runs this, whatever kernels of that name the
    # machine or its user has installed.
    specs = KernelSpecManager(kernel_dirs=[], ensure_native_kernel=True)
    # Without encryption the kernel would warn, on each start, that others on this machine can listen in.
    return AsyncKernelManager(
        kernel_name="python3",
        kernel_spec_manager=specs,
        transport_encryption="auto" if zmq.has("curve") else "disabled",
    )


def _environment(profile: str) -> dict[str, str]:
    """The kernel's environment: this one, without what a user's own set-up would put into outputs."""
    return os.environ | {
        "IPYTHONDIR": profile,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "RNNLIB_PROGRESS": "0",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }


async def _execute_cell(client: NotebookClient, notebook: Notebook, index: int) -> None:
    cell = notebook["cells"][index]
    try:
        await client.async_execute_cell(cell, index)
    except CellExecutionError as error:
        # nbclient's own text repeats the whole cell; the output that the error left holds the traceback alone.
        tracebacks = [output["traceback"] for output in cell["outputs"] if output["output_type"] == "error"]
        reason = "\n".join(tracebacks[-1]) if tracebacks else error.traceback
        raise CellError(describe(notebook, index, ANSI.sub("", reason))) from error
    except CellTimeoutError as error:
        raise CellError(describe(notebook, index, f"It ran for more than {CELL_TIMEOUT} s.")) from error
    except DeadKernelError as error:
        raise CellError(describe(notebook, index, "The kernel died (out of memory, or a crash).")) from error
    complaint = refusal(cell)
    if complaint:
        raise CellError(describe(notebook, index, complaint))


def refusal(cell: Cell) -> str:
    """Why the outputs of an executed cell may not be stored, or an empty string if they may."""
    outputs = merge_streams(cell["outputs"])
    tags = cell["metadata"].get("tags", [])
    for output in outputs:
        if output["output_type"] == "stream" and output["name"] == "stderr":
            return f"It wrote to stderr, which no stored cell may:\n{ANSI.sub('', output['text'])}"
        if output["output_type"] == "stream" and "\r" in output["text"]:
            return f"It left the text of a progress bar, which no stored cell may:\n{output['text'][-200:]!r}"
        if output["output_type"] == "error" and "raises-exception" not in tags:
            return f"It raised an error:\n{output['ename']}: {output['evalue']}"
    if "raises-exception" in tags and not any(output["output_type"] == "error" for output in outputs):
        return "It is tagged raises-exception and raised nothing."
    return ""


def describe(notebook: Notebook, index: int, reason: str) -> str:
    """Which cell, how its source begins, and the reason."""
    cell = notebook["cells"][index]
    lines = cell["source"].splitlines()
    shown = lines[:5] + (["…"] if len(lines) > 5 else [])
    source = "\n".join(f"    {line}" for line in shown)
    return f"cell {index + 1} of {len(notebook['cells'])} (id {cell['id']}):\n{source}\n{reason.rstrip()}"
