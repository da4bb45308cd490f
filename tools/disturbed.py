"""Every notebook's stored outputs with other kernels, libraries' modes and threads: `make disturbed` runs this.

    python tools/disturbed.py [chapters/x.ipynb …]        SETTING="a name below" runs that one alone

Each setting is tried by itself, since one can hide what another would find: MKL's compatible mode takes the same
kernels on every processor. A setting under which small trainings end in the same bits as under an earlier one is named
and not run, because the notebooks would compute the same as well.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from book import ROOT, chapters

FLUSHED = "numbers near zero flushed to zero"
# What other processors take: kernels of torch itself (ATen), of oneDNN, and of MKL, by conditional numerical
# reproducibility (CBWR) and without it.
SETTINGS: dict[str, dict[str, str]] = {
    "as it is": {},
    "torch's kernels without AVX": {"ATEN_CPU_CAPABILITY": "default"},
    "torch's kernels with AVX2": {"ATEN_CPU_CAPABILITY": "avx2"},
    "torch's kernels with AVX-512": {"ATEN_CPU_CAPABILITY": "avx512"},
    "oneDNN with SSE4.1": {"ONEDNN_MAX_CPU_ISA": "SSE41"},
    "oneDNN with AVX2": {"ONEDNN_MAX_CPU_ISA": "AVX2"},
    "oneDNN with AVX-512": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"},
    "MKL, compatible": {"MKL_CBWR": "COMPATIBLE"},
    "MKL, SSE4.2": {"MKL_CBWR": "SSE4_2"},
    "MKL, AVX": {"MKL_CBWR": "AVX"},
    "MKL, AVX2": {"MKL_CBWR": "AVX2"},
    "MKL, AVX2, strict": {"MKL_CBWR": "AVX2,STRICT"},
    "MKL, AVX-512": {"MKL_CBWR": "AVX512"},
    "MKL, AVX-512, strict": {"MKL_CBWR": "AVX512,STRICT"},
    "MKL, dispatched as on an AVX2 processor": {"MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    "MKL, dispatched as on an SSE4.2 processor": {"MKL_ENABLE_INSTRUCTIONS": "SSE4_2"},
    "two threads": {"OMP_NUM_THREADS": "2"},
    FLUSHED: {},
    "no AVX anywhere, two threads, flushed": {
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_CBWR": "COMPATIBLE",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "OMP_NUM_THREADS": "2",
    },
}
OWN = {name for setting in SETTINGS.values() for name in setting}  # not to be inherited
HERE = Path(__file__).parent


@dataclass
class Outcome:
    """What a setting came to: the last line of the tests, and the cells that failed."""

    setting: str
    line: str
    failed: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.failed and "passed" in self.line


def environment(name: str, folder: Path) -> dict[str, str]:
    """This process's environment with the setting's variables and no other of their kind."""
    clean = {key: value for key, value in os.environ.items() if key not in OWN}
    found = clean | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"} | SETTINGS[name]
    if "flushed" in name:
        startup = folder / "profile_default" / "startup"
        startup.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "flush_to_zero.py", startup)
        found["IPYTHONDIR"] = str(folder)
    return found


def rounding(name: str, folder: Path) -> str:
    """The digest of a few trainings under a setting."""
    command = [sys.executable, str(HERE / "rounding.py"), *(["flush"] if "flushed" in name else [])]
    done = subprocess.run(command, env=environment(name, folder), capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]


def run(name: str, paths: list[Path], folder: Path, nbval: list[str]) -> Outcome:
    command = [sys.executable, "-m", "pytest", "--quiet", *nbval, *map(str, paths)]
    done = subprocess.run(
        command, env=environment(name, folder), capture_output=True, text=True, check=False, cwd=ROOT
    )
    failed = re.findall(r"^(?:FAILED|ERROR) (.*)$", done.stdout, re.MULTILINE)
    line = (done.stdout.strip().splitlines() or [done.stderr[-300:]])[-1]
    if done.returncode and not failed:
        failed = [done.stdout[-1000:] + done.stderr[-1000:]]
        print(failed[0], file=sys.stderr)
    elif failed:
        print(done.stdout[-6000:])
    return Outcome(name, line, failed)


def main(arguments: list[str]) -> int:
    """The chapters' paths, and after `--` what pytest is told to compare notebooks."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    paths = [Path(argument).resolve() for argument in arguments[:split]] or chapters()
    wanted = os.environ.get("SETTING")
    if wanted and wanted not in SETTINGS:
        print(f"make disturbed: SETTING must be one of {', '.join(SETTINGS)}; got {wanted}", file=sys.stderr)
        return 2
    seen: dict[str, str] = {}
    outcomes = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in [wanted] if wanted else SETTINGS:
            digest = rounding(name, folder)
            if digest in seen:
                print(f"{name}: rounds as '{seen[digest]}' does on this machine", flush=True)
                continue
            seen[digest] = name
            outcomes.append(run(name, paths, folder, arguments[split + 1 :]))
            print(f"{name}: {outcomes[-1].line}", *outcomes[-1].failed, sep="\n    ", flush=True)
    good = sum(outcome.sound for outcome in outcomes)
    print(f"{good} passed, {len(outcomes) - good} failed")
    return 0 if good == len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
