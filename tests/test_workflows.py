"""What CI does can be done by hand, and a stranger's pull request can do no harm with it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from book import ROOT, chapters, read_notebook, repository_files
from install_cell import is_install_cell

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PINNED_ACTION = re.compile(r"uses: actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
WRITES = {("publish", "deploy"): {"pages", "id-token"}, ("weekly", "report"): {"issues"}}
every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def read(path: Path) -> dict[str, Any]:
    # BaseLoader: `on` is a word here and not the truth, and 3.10 a version and not a number.
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return loaded


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


def dry_run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What a make would do that knows nothing of the make, the variables and the environment of this test."""
    inherited = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "TORCH", "VENV", "SITE_URL")
    environment = {name: value for name, value in os.environ.items() if name not in inherited}
    return subprocess.run(
        ["make", "--dry-run", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_there_is_a_workflow_for_each_purpose() -> None:
    assert [path.stem for path in WORKFLOWS] == ["gpu", "publish", "test", "weekly"]


@every_workflow
def test_every_step_that_runs_something_is_a_target_that_make_has(path: Path) -> None:
    commands = [step["run"] for step in steps(read(path)) if "run" in step]
    assert commands
    for command in commands:
        found = re.fullmatch(r"make ([a-z-]+)( [A-Z_]+=\S+)*", command)
        assert found, command
        assert re.search(rf"^{found[1]}:", MAKEFILE, re.MULTILINE), command


@every_workflow
def test_nothing_that_a_stranger_can_choose_stands_in_a_command(path: Path) -> None:
    for step in steps(read(path)):
        assert "${{" not in step.get("run", "") + step.get("with", {}).get("script", "")


@every_workflow
def test_every_action_is_pinned_by_commit_and_says_its_version(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    actions = [line for line in lines if "uses: ./" not in line]
    assert actions
    assert [line for line in actions if not PINNED_ACTION.search(line)] == []


def test_an_action_has_one_version_in_all_workflows() -> None:
    used = {
        name
        for path in WORKFLOWS
        for name in re.findall(r"uses: (actions/\S+ # \S+)", path.read_text("utf-8"))
    }
    assert len({name.partition("@")[0] for name in used}) == len(used)


@every_workflow
def test_a_job_may_read_and_only_the_named_ones_write_what_they_must(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        writes = {scope for scope, level in job.get("permissions", {}).items() if level != "read"}
        assert writes == WRITES.get((path.stem, name), set()), name


@every_workflow
def test_no_secret_and_no_privileged_trigger_is_within_a_forks_reach(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "pull_request_target" not in text
    assert "workflow_run" not in text
    assert "secrets." not in text
    assert "inherit" not in text
    checkouts = [step for step in steps(read(path)) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)


@every_workflow
def test_runs_do_not_pile_up_and_end(path: Path) -> None:
    workflow = read(path)
    assert workflow["concurrency"]["group"]
    jobs = [job for job in workflow["jobs"].values() if "steps" in job]
    assert all(0 < int(job["timeout-minutes"]) <= 120 for job in jobs)


def test_the_graphics_card_is_gated_by_the_variable_and_closed_to_forks() -> None:
    (job,) = read(ROOT / ".github/workflows/gpu.yml")["jobs"].values()
    assert job["runs-on"] == "${{ vars.GPU_RUNNER }}"
    own = "github.event.pull_request.head.repo.full_name == github.repository"
    assert job["if"] == f"vars.GPU_RUNNER != '' && (github.event_name != 'pull_request' || {own})"
    assert [step["run"] for step in job["steps"] if "run" in step] == ["make gpu"]
    assert "RNNLIB_DEVICE=cuda" in dry_run("gpu").stdout


def test_the_versions_are_those_that_the_package_supports() -> None:
    matrix = read(ROOT / ".github/workflows/test.yml")["jobs"]["versions"]["strategy"]["matrix"]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert matrix["python"] == re.findall(r'"Programming Language :: Python :: (3\.\d+)"', project)
    (oldest,) = re.findall(r'"torch>=([\d.]+)"', project)
    assert matrix["torch"] == [oldest, "newest"]


def test_the_weekly_report_waits_for_every_job_and_speaks_of_all_that_did_not_succeed() -> None:
    """A job that runs out of time is cancelled, which `failure()` does not count."""
    jobs = read(ROOT / ".github/workflows/weekly.yml")["jobs"]
    report = jobs.pop("report")
    assert sorted(report["needs"]) == sorted(jobs)
    assert report["if"] == "${{ !success() && github.event_name == 'schedule' }}"
    assert 'job.result !== "success"' in report["steps"][0]["with"]["script"]


def test_nothing_is_published_that_the_tests_have_not_passed() -> None:
    jobs = read(ROOT / ".github/workflows/publish.yml")["jobs"]
    assert jobs["test"]["uses"] == "./.github/workflows/test.yml"
    assert (jobs["build"]["needs"], jobs["deploy"]["needs"]) == ("test", "build")


def test_a_fork_publishes_its_own_addresses() -> None:
    text = (ROOT / ".github/workflows/publish.yml").read_text(encoding="utf-8")
    assert 'make repository URL="$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"' in text
    assert "SITE_URL: ${{ steps.pages.outputs.base_url }}" in text


def test_another_torch_has_an_environment_of_its_own() -> None:
    for torch, folder in (("", ".venv"), ("2.6", ".venv-torch-2.6"), ("newest", ".venv-torch-newest")):
        assert f" {folder}/bin/python -m pytest" in dry_run("units", f"TORCH={torch}").stdout


@pytest.mark.parametrize("torch", ["old", "2", "latest"])
def test_a_torch_that_is_no_version_is_refused_before_anything_is_made(torch: str) -> None:
    environment = os.environ | {"TORCH": torch, "VENV": ".venv-torch-wrong"}
    command = ["sh", "tools/environment.sh", "site"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == f"make: TORCH={torch} is neither a version such as 2.6 nor the word newest.\n"
    assert not (ROOT / ".venv-torch-wrong").exists()


def test_windows_finds_its_programs() -> None:
    assert " .venv/Scripts/python -m pytest" in dry_run("package", "OS=Windows_NT").stdout


def test_the_package_is_tested_alone_by_all_tests_that_use_no_tool_of_the_book() -> None:
    modules = "|".join(path.stem for path in (ROOT / "tools").glob("*.py"))
    uses_tools = re.compile(rf"^(?:from|import) (?:{modules})\b|\bROOT\b|\btools\b", re.MULTILINE)
    without = {
        f"tests/{path.name}"
        for path in (ROOT / "tests").glob("test_*.py")
        if not uses_tools.search(path.read_text(encoding="utf-8"))
    }
    assert set(re.findall(r"tests/test_\w+\.py", dry_run("package").stdout)) == without
    assert len(without) > 20


# One address in one place


def test_the_repositorys_address_stands_in_the_configuration_and_in_install_cells_only() -> None:
    """So a fork has nothing to edit but what `make repository` writes."""
    address = (yaml.safe_load((ROOT / "_config.yml").read_text("utf-8")).get("repository") or {}).get("url")
    wanted = re.compile(re.escape(address) if address else r"https://(?!org\.)[\w-]+\.github\.io")
    found = [
        path.relative_to(ROOT).as_posix()
        for path in repository_files(ROOT)
        if path.suffix not in (".png", ".npz", ".ipynb") and wanted.search(path.read_text(encoding="utf-8"))
    ]
    assert found == (["_config.yml"] if address else [])
    for path in chapters():
        others = [cell for cell in read_notebook(path)["cells"] if not is_install_cell(cell)]
        assert not any(wanted.search("".join(cell["source"])) for cell in others), path.name


def test_code_and_settings_name_no_repository_but_examples() -> None:
    """Pages may cite other projects; what works for one repository alone would work for no fork."""
    examples = {"org", "some-school", "a", "user"}
    for path in repository_files(ROOT):
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in (".png", ".npz", ".ipynb", ".md") or name in ("_config.yml", "package-lock.json"):
            continue
        owners = re.findall(r"https?://github\.com/([\w.-]+)/[\w.-]+", path.read_text(encoding="utf-8"))
        assert set(owners) <= examples, name
