"""Take 33 seconds of an electrocardiogram out of SciPy's file, as rnnlib/data/heartbeat.json.

    .venv/bin/python tools/extract_heartbeat.py ecg.dat

The file comes with the Python package scipy (1.10.1), in scipy/misc: five minutes of record 208 of the MIT-BIH
Arrhythmia Database, lead MLII, 360 numbers a second. The book ships the first 4,000 means of three successive numbers,
in whole microvolts.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from book import ROOT

TARGET = ROOT / "rnnlib" / "data" / "heartbeat.json"
COUNT, TOGETHER, RATE = 4000, 3, 360
ZERO, PER_MILLIVOLT = 1024, 200  # what the recorder wrote for 0 mV, and its steps for each mV
SOURCE = (
    "MIT-BIH Arrhythmia Database 1.0.0 (https://physionet.org/content/mitdb/1.0.0/), record 208, lead MLII, from "
    "19:35 on, by way of SciPy 1.10.1. G. B. Moody and R. G. Mark, The impact of the MIT-BIH Arrhythmia Database, "
    "IEEE Engineering in Medicine and Biology 20(3), 2001, 45-50, https://doi.org/10.1109/51.932724. "
    "A. L. Goldberger et al., PhysioBank, PhysioToolkit, and PhysioNet, Circulation 101(23), 2000, e215-e220, "
    "https://doi.org/10.1161/01.CIR.101.23.e215. Changed: means of three successive samples, in whole microvolts, the "
    "first 4,000, by tools/extract_heartbeat.py of the book RNNs, Unrolled."
)
LICENCE = "Open Data Commons Attribution License v1.0, https://opendatacommons.org/licenses/by/1-0/"


def extract(path: Path) -> dict[str, Any]:
    """The whole file: where the numbers come from, how many there are a second, and the numbers in microvolts.

    Raises:
        ValueError: a file of fewer samples.
    """
    with np.load(path, allow_pickle=False) as held:
        samples = held["ecg"].astype(np.int64)
    if len(samples) < COUNT * TOGETHER:
        raise ValueError(f"{path.name} must hold {COUNT * TOGETHER} samples, got {len(samples)}")
    means = samples[: COUNT * TOGETHER].reshape(COUNT, TOGETHER).mean(axis=1)
    microvolts = np.rint((means - ZERO) * 1000 / PER_MILLIVOLT).astype(int)
    return {
        "source": SOURCE,
        "licence": LICENCE,
        "rate": RATE // TOGETHER,
        "values": microvolts.tolist(),
    }


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = extract(Path(sys.argv[1]))
    TARGET.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8", newline="\n")
    print(f"{TARGET.name}: {len(found['values'])} values, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
