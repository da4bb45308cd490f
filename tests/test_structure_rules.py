"""Each rule for chapters and for the repository accepts what is right and complains of what is wrong."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import install_cell
import pytest
from book import Notebook, repository_files
from digests import KEY, sources_digest
from rules_cells import (
    cells_short,
    executed_and_fresh,
    exercises_complete,
    ignored_outputs_checked,
    install_cell_first,
    tags_known,
)
from rules_outputs import errors_meant, figures_have_alt, flipbooks_sound, no_leaks, no_stderr
from rules_repository import (
    no_empty_files,
    no_mention,
    requirements_pinned,
    targets_agree,
    toc_matches_chapters,
)
from rules_text import has_callouts, headings_in_order, links_alive, no_myst, pictures_have_alt
from widget_state import STATE, VIEW

CALLOUTS = [
    "> **Predict.** A number?",
    "> **Trap: wrong axis.** It runs.",
    "> **Claim.** True.",
    "> **Recap.**",
]
FRAMES = [f'<img src="data:image/png;base64,AAAA" alt="The network at step {step} of 2">' for step in (1, 2)]


def prose(source: str, identity: str = "text") -> dict[str, Any]:
    return {"cell_type": "markdown", "id": identity, "metadata": {}, "source": source}


def code(
    source: str, identity: str, *outputs: dict[str, Any], tags: list[str] | None = None, alt: str = ""
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"tags": tags} if tags else {}
    if alt:
        metadata["mystnb"] = {"image": {"alt": alt}}
    return {
        "cell_type": "code",
        "id": identity,
        "metadata": metadata,
        "source": source,
        "outputs": list(outputs),
        "execution_count": 0,
    }


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def shown(**data: str) -> dict[str, Any]:
    """An output; the keywords are its kinds, `image_png` for image/png."""
    kinds = {kind.replace("_", "/"): value for kind, value in data.items()}
    return {"output_type": "display_data", "data": kinds, "metadata": {}}


def model(name: str, **state: Any) -> dict[str, Any]:
    return {"model_name": name, "state": state}


def flipbook_output(view: str = "box") -> dict[str, Any]:
    output = shown(image_png="AAAA", text_plain="The network at step 1 of 2")
    output["data"][VIEW] = {"model_id": view}
    return output


def flipbook_models() -> dict[str, Any]:
    frames = {f"frame{number}": model("HTMLModel", value=frame) for number, frame in enumerate(FRAMES)}
    return frames | {
        "box": model("VBoxModel", children=["IPY_MODEL_slider", "IPY_MODEL_stack"]),
        "slider": model("SelectionSliderModel"),
        "stack": model("StackModel", children=[f"IPY_MODEL_{name}" for name in frames]),
        "link": model("LinkModel", source=["IPY_MODEL_slider", "index"], target=["IPY_MODEL_stack", "x"]),
    }


def exercise(number: int) -> list[dict[str, Any]]:
    return [
        prose(f"### Exercise {number}: try it", f"task-{number}"),
        code("answer = ...\ngrade(answer, 3)", f"exercise-{number}", stream("○ not answered yet\n")),
        code("grade(3, 3)", f"solution-{number}", stream("✓ right\n"), tags=["hide-cell"]),
    ]


def chapter() -> Notebook:
    """A small chapter that keeps every rule."""
    cells = [
        prose("# A chapter\n\nWith $h_t$ and `{code}` and [a part](#a-part-of-it).", "title"),
        code(install_cell.install_source(""), install_cell.ID, tags=list(install_cell.TAGS)),
        prose("## A part of it\n\n" + "\n\n".join(CALLOUTS), "part"),
        code("curve()", "curve", shown(image_png="AAAA"), alt="A curve that falls from 1 to 0"),
        code("flipbook()", "pages", flipbook_output()),
        code("timing()", "timing", stream("cpu\n3 ms\n"), tags=["nbval-ignore-output"]),
        code('check("it is fast", True)', "fast", stream("✓ it is fast\n")),
        prose("## Exercises", "exercises"),
        *(cell for number in (1, 2, 3, 4) for cell in exercise(number)),
    ]
    widgets = {STATE: {"state": flipbook_models()}}
    notebook: Notebook = {"cells": cells, "metadata": {"widgets": widgets}}
    number_cells(notebook)
    return notebook


def number_cells(notebook: Notebook) -> None:
    count = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count


def cell(notebook: Notebook, identity: str) -> dict[str, Any]:
    found: dict[str, Any] = next(cell for cell in notebook["cells"] if cell["id"] == identity)
    return found


def links(notebook: Notebook) -> list[str]:
    return links_alive(notebook, Path(__file__).parent / "chapter.ipynb")


def install(notebook: Notebook) -> list[str]:
    return install_cell_first(notebook, "")


RULES: list[Callable[[Notebook], list[str]]] = [
    headings_in_order,
    no_myst,
    links,
    pictures_have_alt,
    has_callouts,
    install,
    cells_short,
    tags_known,
    ignored_outputs_checked,
    exercises_complete,
    no_stderr,
    errors_meant,
    figures_have_alt,
    flipbooks_sound,
    no_leaks,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_good_chapter_draws_no_complaint(rule: Callable[[Notebook], list[str]]) -> None:
    assert rule(chapter()) == []


def complaint(rule: Callable[[Notebook], list[str]], notebook: Notebook) -> str:
    """The one complaint of a rule."""
    complaints = rule(notebook)
    assert len(complaints) == 1, complaints
    return complaints[0]


# The prose


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("# Another title", "a second title"),
        ("##### Too deep", "of level 5, directly under"),
    ],
)
def test_headings_out_of_order(text: str, reason: str) -> None:
    notebook = chapter()
    notebook["cells"].append(prose(text, "wrong"))
    found = complaint(headings_in_order, notebook)
    assert reason in found
    assert "(wrong)" in found


def test_a_chapter_without_title_in_its_first_cell() -> None:
    notebook = chapter()
    notebook["cells"].insert(0, prose("Some words before."))
    assert "must begin with" in complaint(headings_in_order, notebook)
    assert "must begin with" in complaint(headings_in_order, {"cells": []})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("```{note}\nWords.\n```", "a directive"),
        (":::{note}\nWords.\n:::", "a ::: fence"),
        ("See {ref}`there`.", "a role, {ref}`there`"),
        ("(label)=\nWords", "a (target)="),
        ("% hidden", "a % comment"),
        ("+++", "a +++ break"),
        ("It is {{ version }}.", "a {{substitution}}"),
        ("A word[^1].\n\n[^1]: A note.", "a footnote"),
        ("[A picture](x.png){.wide}", "an {#attribute .block}"),
        ("$$\nx = 1\n$$ (equation)", "a label on an equation"),
        ("<div>Words</div>", "raw HTML"),
        ("Some <b>bold</b> words", "raw HTML"),
    ],
)
def test_myst_and_html_in_prose(text: str, reason: str) -> None:
    notebook = chapter()
    notebook["cells"].append(prose(text, "wrong"))
    found = no_myst(notebook)
    assert found
    assert reason in found[0]
    assert "(wrong)" in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "`{ref}` and `:::`",
        "$\\{x\\}$ and $x_{\\text{in}}$",
        "```python\n{note}\n:::\n```",
        "50 % of it",
        "$$\nx\n$$",
        "| | empty cells |\n|---|---|\n| | 1 |",
    ],
)
def test_code_and_mathematics_are_no_myst(text: str) -> None:
    assert no_myst({"cells": [prose(text)]}) == []


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("http://example.org/", "is not https"),
        ("ftp://example.org/", "is not https"),
        ("mailto:someone@example.org", "is not https"),
        ("//example.org/", "is not https"),
        ("https://example/", "not a well-formed address"),
        ("<https://example.org/a b>", "not a well-formed address"),
        ("missing.ipynb", "leads to no file"),
        ("../tests", "leads to no file"),
        ("/tests/conftest.py", "root of the host"),
        ("#no-such-part", "names no heading"),
        ("page.md#no-such-part", "names no heading of page.md"),
        ("data.csv#part", "has no headings"),
        ("", "is empty"),
    ],
)
def test_dead_links(link: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# A page\n")
    (tmp_path / "data.csv").write_text("1,2\n")
    notebook = chapter()
    notebook["cells"].append(prose(f"[words]({link})", "wrong"))
    (found,) = links_alive(notebook, tmp_path / "chapter.ipynb")
    assert reason in found
    assert "(wrong)" in found


def test_a_reference_that_is_not_defined() -> None:
    notebook = chapter()
    notebook["cells"].append(prose("See [the paper][elman]."))
    assert "reference to nothing" in complaint(links, notebook)


@pytest.mark.parametrize(
    "link",
    [
        "https://doi.org/10.1207/s15516709cog1402_1",
        "https://arxiv.org/abs/1412.3555#fn",
        "page.md",
        "page.md#a-page",
        "page.md#again-1",
        "#a-part-of-it",
        "my%20page.md",
    ],
)
def test_links_that_are_alive(link: str, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# A page\n\n## Again\n\n## Again\n")
    (tmp_path / "my page.md").write_text("# Mine\n")
    notebook = chapter()
    notebook["cells"].append(prose(f"[words]({link})"))
    assert links_alive(notebook, tmp_path / "chapter.ipynb") == []


def test_a_picture_in_prose_without_alternative_text() -> None:
    notebook = chapter()
    notebook["cells"].append(prose("![short](picture.png)", "wrong"))
    assert "'picture.png' needs alternative text" in complaint(pictures_have_alt, notebook)


@pytest.mark.parametrize("position", range(4))
def test_a_missing_callout(position: int) -> None:
    notebook = chapter()
    word = CALLOUTS[position].removeprefix("> **").split("*")[0].split(":")[0].rstrip(".")
    cell(notebook, "part")["source"] = "## A part of it\n\n" + "\n\n".join(
        text for text in CALLOUTS if text != CALLOUTS[position]
    )
    assert f"no {word} callout" in complaint(has_callouts, notebook)


def test_a_bold_word_outside_a_quotation_is_no_callout() -> None:
    assert len(has_callouts({"cells": [prose("**Trap.** Words\n\n> Words, then **Recap.**")]})) == 4


# The code cells


def test_the_install_cell_missing_or_not_first_or_twice_or_for_another_address() -> None:
    notebook = chapter()
    assert (
        "not the one for https://github.com/a/b" in install_cell_first(notebook, "https://github.com/a/b")[0]
    )
    cell(notebook, "install")["source"] += "\n"
    assert "not the one for" in complaint(install, notebook)

    notebook = chapter()
    notebook["cells"].append(code('if "google.colab" in sys.modules: ...', "again"))
    assert "(again): a second install cell" in complaint(install, notebook)

    notebook = chapter()
    notebook["cells"].insert(1, code("import torch", "early"))
    assert "not the install cell" in complaint(install, notebook)
    assert "not the install cell" in complaint(install, {"cells": [prose("# Words")]})


def test_outputs_older_than_the_sources(tmp_path: Path) -> None:
    (tmp_path / "cells.py").write_text("STEPS = 3\n")
    notebook = chapter()
    notebook["metadata"][KEY] = {"sources": sources_digest(notebook, tmp_path)}
    assert executed_and_fresh(notebook, tmp_path) == []

    cell(notebook, "curve")["execution_count"] = None
    (found,) = executed_and_fresh(notebook, tmp_path)
    assert "(curve): its stored execution count is None, not 2; run `make notebooks`" in found

    number_cells(notebook)
    (tmp_path / "cells.py").write_text("STEPS = 4\n")
    (found,) = executed_and_fresh(notebook, tmp_path)
    assert "older than its cells or than rnnlib" in found

    cell(notebook, "fast")["source"] = " \n"
    assert "(fast): an empty code cell" in executed_and_fresh(notebook, tmp_path)[0]


def test_a_cell_of_more_than_thirty_lines() -> None:
    notebook = chapter()
    cell(notebook, "curve")["source"] = "x = 1\n\n" * 31
    assert "(curve): 31 lines" in complaint(cells_short, notebook)
    cell(notebook, "curve")["metadata"]["tags"] = ["hide-input"]
    assert cells_short(notebook) == []


def test_a_misspelt_tag_and_one_that_belongs_to_the_install_cell() -> None:
    notebook = chapter()
    cell(notebook, "curve")["metadata"]["tags"] = ["hide-inputs", "remove-cell"]
    assert [text.split(": ")[1] for text in tags_known(notebook)] == [
        "unknown tag 'hide-inputs'",
        "unknown tag 'remove-cell'",
    ]


def test_an_ignored_output_without_a_check_after_it() -> None:
    notebook = chapter()
    cell(notebook, "fast")["source"] = "recheck(1)"
    assert "(timing): tagged nbval-ignore-output" in complaint(ignored_outputs_checked, notebook)
    last = {"cells": [code("1", "last", tags=["nbval-ignore-output"])]}
    assert "(last)" in complaint(ignored_outputs_checked, last)


def test_too_few_and_too_many_and_misnumbered_exercises() -> None:
    notebook = chapter()
    del notebook["cells"][-3:]
    assert complaint(exercises_complete, notebook).startswith("3 exercises; 4 to 6")
    notebook["cells"] += [part for number in (4, 5, 6, 7) for part in exercise(number)]
    assert complaint(exercises_complete, notebook).startswith("7 exercises; 4 to 6")
    notebook = chapter()
    notebook["cells"] += exercise(6)
    assert complaint(exercises_complete, notebook).endswith("numbered [1, 2, 3, 4, 6]")


@pytest.mark.parametrize("identity", ["exercise-2", "solution-2"])
def test_an_exercise_without_attempt_or_solution_or_grade(identity: str) -> None:
    notebook = chapter()
    cell(notebook, identity)["source"] = "upgrade(3)"
    assert f"({identity}): no grade(…)" in complaint(exercises_complete, notebook)
    notebook["cells"].remove(cell(notebook, identity))
    assert "(task-2): Exercise 2 needs the code cells" in complaint(exercises_complete, notebook)


@pytest.mark.parametrize("printed", ["", "✗ not yet: 4 is not the answer\n", "✓ right\n○ not answered yet\n"])
def test_a_solution_that_is_not_right(printed: str) -> None:
    notebook = chapter()
    cell(notebook, "solution-3")["outputs"] = [stream(printed)]
    assert "(solution-3): the stored output does not say" in complaint(exercises_complete, notebook)


def test_a_solution_in_plain_sight() -> None:
    notebook = chapter()
    del cell(notebook, "solution-3")["metadata"]["tags"]
    assert "(solution-3): a solution must be tagged hide-cell" in complaint(exercises_complete, notebook)


# The stored outputs


def test_stored_stderr_and_progress_text() -> None:
    notebook = chapter()
    cell(notebook, "curve")["outputs"].append(stream("a warning", "stderr"))
    cell(notebook, "fast")["outputs"].append(stream("10%\r20%"))
    first, second = no_stderr(notebook)
    assert "(curve): stderr is stored" in first
    assert "(fast): a progress bar's text" in second


def test_errors_without_tag_and_tags_without_error() -> None:
    notebook = chapter()
    error = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}
    cell(notebook, "curve")["outputs"].append(error)
    assert "(curve): a ValueError is stored, and no tag" in complaint(errors_meant, notebook)
    cell(notebook, "curve")["metadata"]["tags"] = ["raises-exception"]
    assert errors_meant(notebook) == []
    cell(notebook, "curve")["outputs"].clear()
    assert "no error is stored" in complaint(errors_meant, notebook)


@pytest.mark.parametrize(("alt", "shown_text"), [("", "''"), ("A short one", "'A short one'")])
def test_a_figure_without_alternative_text(alt: str, shown_text: str) -> None:
    notebook = chapter()
    cell(notebook, "curve")["metadata"] = {"mystnb": {"image": {"alt": alt}}} if alt else {}
    found = complaint(figures_have_alt, notebook)
    assert "(curve): the figure needs alternative text" in found
    assert found.endswith(f"it has {shown_text}")


def test_a_flipbook_without_alternative_text_for_its_still() -> None:
    notebook = chapter()
    cell(notebook, "pages")["outputs"][0]["data"]["text/plain"] = "VBox(...)"
    assert "(pages): the figure needs alternative text" in complaint(figures_have_alt, notebook)


def test_figures_that_share_a_text_or_a_cell_and_texts_without_figure() -> None:
    notebook = chapter()
    alt = cell(notebook, "curve")["metadata"]["mystnb"]["image"]["alt"]
    notebook["cells"].append(code("again()", "again", shown(image_png="BBBB"), alt=alt))
    assert f"several figures have the alternative text '{alt}'" in complaint(figures_have_alt, notebook)

    notebook = chapter()
    cell(notebook, "curve")["outputs"].append(shown(image_png="BBBB"))
    assert "(curve): 2 figures; one a cell" in complaint(figures_have_alt, notebook)

    notebook = chapter()
    cell(notebook, "curve")["outputs"].clear()
    assert "(curve): an alternative text, and no figure" in complaint(figures_have_alt, notebook)


def test_pictures_in_html_and_svg() -> None:
    notebook = chapter()
    cell(notebook, "fast")["outputs"] += [shown(text_html="<p><img src='x.png'></p>")]
    assert "(fast): an <img> in HTML without" in complaint(figures_have_alt, notebook)
    cell(notebook, "fast")["outputs"] = [{"output_type": "display_data", "data": {"image/svg+xml": "<svg/>"}}]
    assert "(fast): an SVG" in complaint(figures_have_alt, notebook)


def test_a_chapter_without_flipbook() -> None:
    notebook = chapter()
    cell(notebook, "pages")["outputs"].clear()
    assert complaint(flipbooks_sound, notebook).startswith("there is no flipbook")


def state(notebook: Notebook) -> dict[str, Any]:
    models: dict[str, Any] = notebook["metadata"]["widgets"][STATE]["state"]
    return models


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (FRAMES[0].replace("alt=", "title="), "frame 2 needs alternative text"),
        (FRAMES[0].replace("The network at step 1 of 2", "Step 2"), "frame 2 needs alternative text"),
        (FRAMES[0], "several frames have the same alternative text"),
        (FRAMES[1].replace("AAAA", "A" * 400_000), "the flipbook has 400 kB"),
    ],
)
def test_a_flipbook_with_a_bad_frame(frame: str, reason: str) -> None:
    notebook = chapter()
    state(notebook)["frame1"]["state"]["value"] = frame
    assert f"(pages): {reason}" in complaint(flipbooks_sound, notebook)


def test_a_flipbook_without_link_or_still_or_frames_or_state() -> None:
    notebook = chapter()
    del state(notebook)["link"]
    assert "(pages): no jslink" in complaint(flipbooks_sound, notebook)

    notebook = chapter()
    del cell(notebook, "pages")["outputs"][0]["data"]["image/png"]
    assert "(pages): a widget without a picture" in complaint(flipbooks_sound, notebook)

    notebook = chapter()
    state(notebook)["stack"]["state"]["children"] = []
    assert "(pages): the flipbook has no frames" in complaint(flipbooks_sound, notebook)

    notebook = chapter()
    state(notebook).clear()
    assert "(pages): the widget's state is not stored" in complaint(flipbooks_sound, notebook)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("saved to /home/someone/model.pt", "an absolute path, '/home/someone'"),
        ("C:\\Users\\someone", "an absolute path"),
        ("~/book/rnnlib/cells.py", "an absolute path"),
        ("<Line2D at 0x7f3a5c01d2e0>", "a memory address"),
        ("tensor(1., device='cuda:0')", "a device"),
        ("device(type='cpu')", "a device"),
        ("NVIDIA H100", "a device"),
        ("mps\n", "a device, 'mps'"),
    ],
)
@pytest.mark.parametrize("kind", ["stream", "text", "html"])
def test_outputs_that_tell_of_the_machine(text: str, reason: str, kind: str) -> None:
    notebook = chapter()
    outputs = {"stream": stream(text), "text": shown(text_plain=text), "html": shown(text_html=text)}
    cell(notebook, "fast")["outputs"] = [outputs[kind]]
    assert f"(fast): the output has {reason}" in complaint(no_leaks, notebook)


@pytest.mark.parametrize(
    "text",
    [
        "torch.Size([5, 3])",
        "✓ lengths on cuda are refused",
        "see https://example.org/home/page",
        "N/A, 3/4",
        "0x1f",
        '<img src="data:image/png;base64,x0xabcdef12/home/x">',
    ],
)
def test_outputs_that_only_look_so(text: str) -> None:
    notebook = chapter()
    cell(notebook, "fast")["outputs"] = [shown(text_html=text)]
    assert no_leaks(notebook) == []


# The repository


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "chapters").mkdir()
    for name in ("intro.md", "chapters/gates.ipynb", "chapters/seq2seq.ipynb"):
        (tmp_path / name).write_text("{}")
    write_toc(tmp_path, "gates", "seq2seq")
    return tmp_path


def write_toc(root: Path, *names: str) -> None:
    entries = "".join(f"      - file: chapters/{name}\n" for name in names)
    (root / "_toc.yml").write_text(f"root: intro\nparts:\n  - caption: Chapters\n    chapters:\n{entries}")


def test_a_toc_that_names_all_chapters_and_no_other(root: Path) -> None:
    assert toc_matches_chapters(root) == []
    write_toc(root, "gates")
    assert toc_matches_chapters(root) == ["chapters/seq2seq.ipynb is not in _toc.yml"]
    write_toc(root, "gates", "seq2seq", "none")
    assert toc_matches_chapters(root) == [
        "_toc.yml names chapters/none, and there is no chapters/none.md or chapters/none.ipynb"
    ]
    write_toc(root, "gates", "seq2seq", "gates")
    assert toc_matches_chapters(root) == ["_toc.yml names chapters/gates twice"]
    (root / "intro.md").unlink()
    write_toc(root, "gates", "seq2seq")
    assert toc_matches_chapters(root) == ["_toc.yml names intro, and there is no intro.md or intro.ipynb"]


@pytest.mark.parametrize("name", ["07-gates", "chapter-7", "gates_2"])
def test_a_chapter_with_a_number_in_its_file_name(root: Path, name: str) -> None:
    (root / "chapters" / f"{name}.ipynb").write_text("{}")
    write_toc(root, "gates", "seq2seq", name)
    (found,) = toc_matches_chapters(root)
    assert "take the number out" in found


@pytest.mark.parametrize(
    "line", ["torch", "torch>=2", "torch==2.*", "torch == 2", "-r other.txt", "torch==2 # x"]
)
def test_a_requirement_that_pins_nothing(line: str) -> None:
    good = "# A comment\ntorch==2.13.0\n\nappnope==1.0.0 ; sys_platform == 'darwin'\n"
    assert requirements_pinned(good) == []
    (found,) = requirements_pinned(good + line)
    assert found.startswith("line 5: ")


def test_targets_that_the_readme_or_the_makefile_lacks() -> None:
    makefile = "PORT := 1\nbook: x ## build\n\t@run\nserve: book ## serve\nhelper:\n\t@run\n"
    readme = "Make sure to make tea. Say `make book` or\n\n```sh\nmake serve PORT=1\n```\n"
    assert targets_agree(makefile, readme) == []
    (found,) = targets_agree(makefile, readme + "\n`make site`")
    assert found == "the README says `make site`, and the Makefile has no such target"
    (found,) = targets_agree(makefile + "lock: ## pin\n", readme)
    assert found == "the README does not say what `make lock` is for"


def test_a_file_that_mentions_what_a_clone_does_not_have(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.md", tmp_path / "bad.md"
    good.write_text("See the appendix.")
    bad.write_text("See ../elsewhere/notes.md.")
    assert no_mention(tmp_path, [good, bad], "../elsewhere") == ["bad.md mentions ../elsewhere"]


@pytest.mark.parametrize(
    "text", ["", "\n \n", "x", "def f(): ...  # TO" + "DO: write it", "More is coming " + "soon"]
)
def test_an_empty_file_or_a_placeholder(text: str, tmp_path: Path) -> None:
    good, marker, bad = tmp_path / "good.py", tmp_path / "py.typed", tmp_path / "bad.py"
    good.write_text('"""A module with something in it."""\n')
    marker.write_text("")
    bad.write_text(text)
    (found,) = no_empty_files(tmp_path, [good, marker, bad])
    assert found.startswith("bad.py holds ")


def test_the_repositorys_files_are_those_that_git_does_not_ignore(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    for name in ("new.md", "tracked.md", "ignored.md", "deleted.md"):
        (tmp_path / name).write_text("Words enough to be a file.")
    (tmp_path / ".gitignore").write_text("ignored.md\n")
    subprocess.run(["git", "add", "tracked.md", "deleted.md"], cwd=tmp_path, check=True)
    (tmp_path / "deleted.md").unlink()
    assert [path.name for path in repository_files(tmp_path)] == [".gitignore", "new.md", "tracked.md"]
