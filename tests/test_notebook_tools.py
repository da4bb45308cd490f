"""`make notebooks`, `make repository` and `make lock`, tried on small books in temporary folders."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from book import ROOT, identify_cells, notebook_text, read_notebook, replace_file, repository_url
from digests import sources_digest, stored_digest
from install_cell import install_source, is_install_cell, refresh_install_cell
from measurements import keep_measurements
from normalise import merge_streams, normalise, short_traceback
from notebooks import main as run_notebooks
from repository import clean_url, configured, set_repository, set_value
from repository import main as run_repository
from widget_state import STATE, VIEW, shown_models, widget_models

ADDRESS = "https://github.com/some-school/rnns"

FIGURE = """\
import matplotlib.pyplot as plt
figure, axes = plt.subplots(figsize=(2, 1))
axes.plot([0, 1, 0]);"""

SLIDER = """\
import ipywidgets
slider = ipywidgets.IntSlider(max=1)
stack = ipywidgets.Stack([ipywidgets.HTML("<b>first</b>"), ipywidgets.HTML("<b>second</b>")], selected_index=0)
ipywidgets.jslink((slider, "value"), (stack, "selected_index"))
unseen = ipywidgets.Text("no output shows this")
ipywidgets.VBox([slider, stack])"""

TRAP = """\
import json
json.loads("{")"""


def code(source: str, **more: Any) -> dict[str, Any]:
    empty = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    return empty | {"source": source} | more


def prose(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def write_notebook(root: Path, name: str, *cells: dict[str, Any]) -> Path:
    """A notebook as an old editor might leave it: format 4.4, no ids, a kernel of another name, notes of its own."""
    metadata = {"kernelspec": {"name": "elsewhere", "display_name": "x"}, "vscode": {"theme": "dark"}}
    notebook = {
        "cells": [prose(f"# {name}"), *cells],
        "metadata": metadata,
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    path = root / "chapters" / f"{name}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def make_book(root: Path) -> Path:
    (root / "chapters").mkdir(parents=True)
    (root / "rnnlib").mkdir()
    (root / "rnnlib" / "cells.py").write_text("STEPS = 3\n")
    shutil.copy(ROOT / "_config.yml", root)
    config = (root / "_config.yml").read_text(encoding="utf-8")
    (root / "_config.yml").write_text(set_value(config, "repository", "url", '""'), encoding="utf-8")
    return root


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return make_book(tmp_path / "book")


# One run of several notebooks, some good and some bad


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Five notebooks executed in one call, and the two good ones once more, with a rogue kernel called python3."""
    root = make_book(tmp_path_factory.mktemp("run") / "book")
    rogue = root / "rogue" / "kernels" / "python3"
    rogue.mkdir(parents=True)
    spec = {"argv": ["/bin/false", "{connection_file}"], "display_name": "Rogue", "language": "python"}
    (rogue / "kernel.json").write_text(json.dumps(spec))

    write_notebook(
        root, "pictures", code(FIGURE), code(SLIDER), code("print('a', flush=True)\nprint('b')\n6 * 7")
    )
    write_notebook(
        root,
        "kernel",
        code("import sys, pathlib\nprint(sys.executable)\nprint(pathlib.Path('kernel.ipynb').exists())"),
        code(TRAP, metadata={"tags": ["raises-exception"], "collapsed": True}),
        code("import time\nprint(time.time_ns())", metadata={"tags": ["nbval-ignore-output"]}),
        code(""),
    )
    write_notebook(
        root, "failing", code("x = 1"), code("def divide(y):\n    return x / y\n\ndivide(0)", id="divide")
    )
    write_notebook(root, "warning", code("import warnings\nwarnings.warn('old')", id="warn"))
    write_notebook(root, "progress", code("print('10%\\r20%')", id="bar"))
    write_notebook(root, "tame", code("1 + 1", id="nothing", metadata={"tags": ["raises-exception"]}))

    def read_all() -> dict[str, bytes]:
        return {path.stem: path.read_bytes() for path in (root / "chapters").glob("*.ipynb")}

    before = read_all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(root / "rogue"))
        patch.setenv("RNNLIB_DEVICE", "cpu")
        command = [
            sys.executable,
            "-c",
            "import sys, notebooks, pathlib as p; sys.exit(notebooks.main([], p.Path('.')))",
        ]
        patch.setenv("PYTHONPATH", str(ROOT / "tools"))
        first = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        after = read_all()
        good = [str(root / "chapters" / f"{name}.ipynb") for name in ("pictures", "kernel")]
        second = run_notebooks(good, root)
    return {
        "root": root,
        "before": before,
        "after": after,
        "again": read_all(),
        "first": first,
        "second": second,
    }


def stored(run: dict[str, Any], name: str) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(run["after"][name])
    return notebook


def test_a_second_run_changes_no_byte(run: dict[str, Any]) -> None:
    assert run["second"] == 0
    for name in ("pictures", "kernel"):
        assert run["after"][name] != run["before"][name]
        assert run["again"][name] == run["after"][name]


def test_a_notebook_that_fails_stays_as_it_was_and_stops_no_other(run: dict[str, Any]) -> None:
    assert run["first"].returncode == 1
    for name in ("failing", "warning", "progress", "tame"):
        assert run["after"][name] == run["before"][name]


def test_a_failure_is_reported_with_chapter_cell_source_and_plain_traceback(run: dict[str, Any]) -> None:
    report = run["first"].stderr
    assert "failing.ipynb: cell 4 of 4 (id divide):\n    def divide(y):\n        return x / y" in report
    assert "ZeroDivisionError: division by zero" in report
    assert "\x1b[" not in report
    assert "failing.ipynb stays as it was." in report


@pytest.mark.parametrize(
    ("name", "identity", "reason"),
    [
        ("warning", "warn", "wrote to stderr"),
        ("progress", "bar", "progress bar"),
        ("tame", "nothing", "tagged raises-exception and raised nothing"),
    ],
)
def test_outputs_that_may_not_be_stored_are_refused(
    run: dict[str, Any], name: str, identity: str, reason: str
) -> None:
    paragraph = run["first"].stderr.split(f"{name}.ipynb: ")[1].split(f"{name}.ipynb stays")[0]
    assert f"(id {identity})" in paragraph
    assert reason in paragraph


def test_progress_names_each_notebook(run: dict[str, Any]) -> None:
    lines = run["first"].stdout.splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(run["before"])
    assert sum("outputs stored" in line for line in lines) == 2
    assert sum("failed" in line for line in lines) == 4


def test_the_kernel_is_this_interpreter_in_the_notebooks_folder(run: dict[str, Any]) -> None:
    cell = stored(run, "kernel")["cells"][2]
    executable, found = "".join(cell["outputs"][0]["text"]).split()
    assert Path(executable).parent == Path(sys.executable).parent
    assert found == "True"


def test_execution_counts_are_consecutive_and_notes_of_editors_gone(run: dict[str, Any]) -> None:
    notebook = stored(run, "kernel")
    assert [cell.get("execution_count") for cell in notebook["cells"]] == [None, 1, 2, 3, 4, None]
    assert sorted(notebook["metadata"]) == ["kernelspec", "language_info", "rnns_unrolled"]
    assert "version" not in notebook["metadata"]["language_info"]
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert notebook["cells"][3]["metadata"] == {"tags": ["raises-exception"]}
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)


def test_a_meant_error_is_stored_without_paths_or_colours(run: dict[str, Any]) -> None:
    (output,) = stored(run, "kernel")["cells"][3]["outputs"]
    traceback = "\n".join(output["traceback"])
    assert "json.loads" in traceback
    assert "JSONDecodeError: Expecting property name" in traceback
    assert "\x1b" not in traceback
    assert "decoder.py" not in traceback


def test_widgets_keep_what_is_shown_and_the_link_between_slider_and_stack(run: dict[str, Any]) -> None:
    notebook = stored(run, "pictures")
    models = widget_models(notebook)
    (view,) = [
        output["data"][VIEW]["model_id"]
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if VIEW in output.get("data", {})
    ]
    assert set(shown_models(view, models)) == set(models)
    names = [model["model_name"] for model in models.values()]
    assert names.count("LinkModel") == 1
    assert names.count("HTMLModel") == 2
    assert "TextModel" not in names
    for model in models.values():
        for reference in re.findall(r"IPY_MODEL_(\w+)", json.dumps(model)):
            assert reference in models


def test_the_file_is_written_as_jupyter_writes_it(run: dict[str, Any]) -> None:
    text = run["after"]["pictures"].decode()
    assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def test_a_stream_that_came_in_pieces_is_stored_in_one(run: dict[str, Any]) -> None:
    printed, result = stored(run, "pictures")["cells"][4]["outputs"]
    assert "".join(printed["text"]) == "a\nb\n"
    assert result["data"]["text/plain"] == ["42"]


def test_a_file_saved_during_the_run_is_left_alone(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_notebook(book, "edited", code("with open('edited.ipynb', 'a') as file: print(file=file)"))
    before = path.read_bytes()
    assert run_notebooks([str(path)], book) == 1
    assert path.read_bytes() == before + b"\n"
    assert "run it again" in capsys.readouterr().err


def heed_interrupts() -> None:
    """A shell's background jobs ignore them, and so would the tests' own processes there."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_an_interrupt_leaves_the_file_whole_and_no_kernel_behind(book: Path) -> None:
    marker = book / "started"
    source = f"import os, pathlib, time\npathlib.Path({str(marker)!r}).write_text(str(os.getpid()))\ntime.sleep(60)"
    path = write_notebook(book, "slow", code(source))
    before = path.read_bytes()
    command = [sys.executable, str(ROOT / "tools" / "notebooks.py"), str(path)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    )
    wait_for(marker.exists)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Interrupted" in errors
    assert "Traceback" not in errors
    assert path.read_bytes() == before
    assert [file.name for file in (book / "chapters").iterdir()] == ["slow.ipynb"]
    kernel = int(marker.read_text())
    wait_for(lambda: not is_running(kernel))


def test_two_notebooks_run_at_a_time_and_no_kernel_outlives_them(book: Path) -> None:
    """Each of two notebooks waits for a sign of the other's, so one after the other would time out."""
    names = ["first", "second"]
    for own, other in zip(names, reversed(names), strict=True):
        source = (
            f"import pathlib, time\npathlib.Path('{own}').touch()\ndeadline = time.monotonic() + 20\n"
            f"while not pathlib.Path('{other}').exists():\n"
            "    assert time.monotonic() < deadline\n    time.sleep(0.02)"
        )
        write_notebook(book, own, code(source))
    others = psutil.Process().children()
    assert run_notebooks([], book) == 0
    assert [
        child for child in psutil.Process().children() if child not in others and child.is_running()
    ] == []


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_wrong_name_is_one_clear_line(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_notebooks([str(book / "chapters" / "none.ipynb")], book) == 2
    assert "there is no notebook" in capsys.readouterr().err
    assert run_notebooks([], book) == 2
    assert "no notebook in chapters/ yet" in capsys.readouterr().err


# Normalising


def test_ids_of_authors_stay_and_others_come_from_the_source() -> None:
    notebook = {"cells": [code("a", id="mine"), code("b", id="mine"), code("b"), code("b")]}
    identify_cells(notebook)
    identities = [cell["id"] for cell in notebook["cells"]]
    assert identities[0] == "mine"
    assert re.fullmatch(r"cell-[0-9a-f]{8}", identities[1])
    assert identities[2:] == [f"{identities[1]}-2", f"{identities[1]}-3"]


def test_neighbouring_streams_of_one_name_become_one() -> None:
    pieces = [("stdout", "a"), ("stdout", "b\n"), ("stderr", "c"), ("stdout", "d")]
    outputs = [{"output_type": "stream", "name": name, "text": text} for name, text in pieces]
    merge_streams(outputs)
    assert [part["text"] for part in outputs] == [text for _, text in pieces]
    assert [(part["name"], part["text"]) for part in merge_streams(outputs)] == [
        ("stdout", "ab\n"),
        ("stderr", "c"),
        ("stdout", "d"),
    ]


def test_a_traceback_keeps_the_cell_and_the_message() -> None:
    parts = [
        "\x1b[31mValueError\x1b[0m  Traceback",
        "Cell In[1], line 1",
        "File /usr/lib/x.py:3, in f",
        "ValueError: no",
    ]
    assert short_traceback(parts) == ["ValueError  Traceback", "Cell In[1], line 1", "ValueError: no"]


def test_widget_state_that_no_output_shows_is_dropped() -> None:
    widgets = {STATE: {"state": {"0" * 32: {"model_name": "HTMLModel", "state": {}}}}}
    notebook = {"cells": [code("1", id="one")], "metadata": {"widgets": widgets}}
    normalise(notebook)
    assert "widgets" not in notebook["metadata"]


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_several_links_get_the_same_names_however_they_were_stored(order: tuple[int, ...]) -> None:
    def link(target: int) -> dict[str, Any]:
        return {
            "model_name": "LinkModel",
            "state": {
                "source": [f"IPY_MODEL_{'1' * 32}", "index"],
                "target": [f"IPY_MODEL_{target:032x}", "index"],
            },
        }

    targets = (0xA, 0xB, 0xC)
    models: dict[str, Any] = {f"{0xD0 + place:032x}": link(targets[place]) for place in order}
    models |= {f"{target:032x}": {"model_name": "StackModel", "state": {}} for target in targets}
    models["1" * 32] = {"model_name": "SelectionSliderModel", "state": {}}
    children = [f"IPY_MODEL_{'1' * 32}", *(f"IPY_MODEL_{target:032x}" for target in targets)]
    models["2" * 32] = {"model_name": "VBoxModel", "state": {"children": children}}
    names = [f"{0xD0 + place:032x}" for place in range(3)]
    assert shown_models("2" * 32, models)[-3:] == names


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    assert replace_file(path, "old")
    assert not replace_file(path, "old")

    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        replace_file(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


# Measurements


@pytest.mark.parametrize("change", ["nothing", "sources", "tag", "cleared", "widget"])
def test_a_measurement_is_kept_while_the_sources_are_the_same(change: str) -> None:
    def measured(text: str) -> dict[str, Any]:
        cell = code("seconds()", id="time", metadata={"tags": ["nbval-ignore-output"]})
        cell["outputs"] = [{"output_type": "display_data", "data": {"text/plain": text}}]
        return {"cells": [prose("# Title") | {"id": "title"}, cell], "metadata": {}}

    earlier, notebook = measured("3 s"), measured("4 s")
    earlier["metadata"] = {"rnns_unrolled": {"sources": "sha256:1"}}
    if change == "tag":
        notebook["cells"][1]["metadata"] = {}
    elif change == "cleared":
        earlier["cells"][1]["outputs"] = []
    elif change == "widget":
        earlier["cells"][1]["outputs"][0]["data"][VIEW] = {"model_id": "x"}
    keep_measurements(notebook, earlier, "sha256:2" if change == "sources" else "sha256:1")
    kept = notebook["cells"][1]["outputs"][0]["data"]["text/plain"]
    assert kept == ("3 s" if change == "nothing" else "4 s")


# Digests


def test_the_digest_follows_the_sources_and_nothing_else(book: Path) -> None:
    path = write_notebook(book, "chapter", code("1 + 1\n2"), code("2 + 2"))
    notebook = read_notebook(path)
    package = book / "rnnlib"
    first = sources_digest(notebook, package)
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", first)

    refresh_install_cell(notebook, "")
    assert sources_digest(notebook, package) == first
    refresh_install_cell(notebook, ADDRESS)
    notebook["cells"][0]["source"] = "# Another title"
    notebook["cells"][2]["source"] = "1 + 1\r\n2"
    (package / "cells.py").write_bytes(b"STEPS = 3\r\n")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "cells.cpython-311.pyc").write_bytes(b"\0")
    assert sources_digest(notebook, package) == first


@pytest.mark.parametrize("change", ["cell", "order", "package", "new module", "renamed module"])
def test_the_digest_changes_with_every_source(book: Path, change: str) -> None:
    notebook = read_notebook(write_notebook(book, "chapter", code("1 + 1"), code("2 + 2")))
    package = book / "rnnlib"
    first = sources_digest(notebook, package)
    if change == "cell":
        notebook["cells"][1]["source"] = "1 + 2"
    elif change == "order":
        notebook["cells"].reverse()
    elif change == "package":
        (package / "cells.py").write_text("STEPS = 4\n")
    elif change == "new module":
        (package / "more.py").write_text("")
    else:
        (package / "cells.py").rename(package / "layers.py")
    assert sources_digest(notebook, package) != first


def test_what_is_stored_is_the_digest_of_what_ran(run: dict[str, Any]) -> None:
    notebook = stored(run, "pictures")
    assert stored_digest(notebook) == sources_digest(notebook, run["root"] / "rnnlib")
    assert stored_digest({"metadata": {}}) == ""


# The install cell and the repository's address


def test_the_install_cell_comes_before_all_other_code(book: Path) -> None:
    notebook = read_notebook(write_notebook(book, "chapter", prose("Why"), code("1 + 1")))
    refresh_install_cell(notebook, "")
    refresh_install_cell(notebook, "")
    assert [is_install_cell(cell) for cell in notebook["cells"]] == [False, False, True, False]
    notebook["cells"].append(notebook["cells"].pop(2))
    refresh_install_cell(notebook, "")
    assert [is_install_cell(cell) for cell in notebook["cells"]] == [False, False, True, False]


def test_without_an_address_the_install_cell_installs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    source = install_source("")
    assert "pip" not in source
    exec(source, {})
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    with pytest.raises(RuntimeError, match="make repository URL="):
        exec(source, {})


def test_with_an_address_the_install_cell_installs_from_there_and_only_in_colab() -> None:
    *_, condition, command = install_source(ADDRESS).splitlines()
    assert condition == 'if "google.colab" in sys.modules:'
    assert command == f'    %pip install -q "rnnlib @ git+{ADDRESS}"'


@pytest.mark.parametrize("ending", ["", "/", ".git", ".git/"])
def test_an_address_is_brought_to_one_form(ending: str) -> None:
    assert clean_url(f" {ADDRESS}{ending} ") == ADDRESS


def test_an_owner_with_an_underscore_is_an_owner() -> None:
    """Accounts that an enterprise manages have names such as jdoe_school."""
    url = f"https://github.com/{'jdoe_school'}/rnns"
    assert clean_url(url) == url


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "say the address"),
        ("http://github.com/org/repo", "https://"),
        ("github.com/org/repo", "https://"),
        ("git@github.com:org/repo.git", "SSH"),
        ("ssh://git@github.com/org/repo", "SSH"),
        ("https://gitlab.com/org/repo", "not github.com"),
        ("https://user:secret@github.com/org/repo", "not github.com"),
        ("https://github.com.example.org/org/repo", "not github.com"),
        ("https://github.com/org", "not of the form"),
        ("https://github.com/org/repo/tree/main", "not of the form"),
        ("https://github.com/org/repo?tab=readme", "after the repository's name"),
        ("https://github.com/org/repo#readme", "after the repository's name"),
        ('https://github.com/org/re"po', "not of the form"),
        ("https://github.com/org/..", "not of the form"),
    ],
)
def test_a_wrong_address_is_refused_and_the_reason_given(
    text: str, reason: str, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (book / "_config.yml").read_bytes()
    assert run_repository([text], book) == 2
    assert reason in capsys.readouterr().err
    assert (book / "_config.yml").read_bytes() == before


def test_the_address_goes_everywhere_and_nothing_is_executed(book: Path) -> None:
    path = write_notebook(book, "chapter", code("1 + 1", id="sum"))
    notebook = read_notebook(path)
    refresh_install_cell(notebook, "")
    normalise(notebook)
    replace_file(path, notebook_text(notebook))
    digest = sources_digest(notebook, book / "rnnlib")

    assert set_repository(ADDRESS, book) == [book / "_config.yml", path]
    assert repository_url(book) == ADDRESS
    after = read_notebook(path)
    assert after["cells"][1]["source"] == install_source(ADDRESS)
    assert sources_digest(after, book / "rnnlib") == digest
    after["cells"][1]["source"] = notebook["cells"][1]["source"]
    assert after == notebook
    assert set_repository(ADDRESS, book) == []


def test_the_configuration_keeps_its_comments_and_gets_its_buttons() -> None:
    before = (ROOT / "_config.yml").read_text(encoding="utf-8")
    for section, key, value in [("repository", "url", '""'), ("launch_buttons", "colab_url", '""')]:
        before = set_value(before, section, key, value)
    for key in ("use_repository_button", "use_issues_button"):
        before = set_value(before, "html", key, "false")
    after = configured(before, ADDRESS)
    changed = [
        new.strip() for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new
    ]
    assert sorted(changed) == [
        'colab_url: "https://colab.research.google.com"',
        f'url: "{ADDRESS}"',
        "use_issues_button: true",
        "use_repository_button: true",
    ]
    assert configured(after, ADDRESS) == after


def test_a_value_is_set_in_its_section_only_and_its_comment_stays() -> None:
    text = "a:\n  url: one # why\nb: # second\n\n  # note\n  url:   'two'   # because\n"
    assert set_value(text, "b", "url", '"three"') == text.replace("url:   'two'", 'url: "three"')
    with pytest.raises(ValueError, match="no line `branch:` under `b:`"):
        set_value(text, "b", "branch", "main")


# Locking


def test_locking_keeps_torch_and_writes_the_same_form(tmp_path: Path) -> None:
    """With a stand-in for uv that hands back the pins that it is given, the files come out as they went in."""
    for name in ("requirements.txt", "requirements-site.txt"):
        shutil.copy(ROOT / name, tmp_path)
    uv = tmp_path / ".venv" / "bin" / "uv"
    uv.parent.mkdir(parents=True)
    uv.write_text(
        '#!/bin/sh\nwhile [ "$1" != --output-file ]; do shift; done\n'
        'grep -v -e "^#" -e "^torch==" "$2" >"$2.new" && mv "$2.new" "$2"\n'
    )
    uv.chmod(0o755)
    subprocess.run(["sh", str(ROOT / "tools" / "lock.sh")], cwd=tmp_path, check=True)
    for name in ("requirements.txt", "requirements-site.txt"):
        assert (tmp_path / name).read_text() == (ROOT / name).read_text()
