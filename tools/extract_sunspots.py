"""Take the yearly sunspots out of statsmodels' file, as rnnlib/data/sunspots.json.

    .venv/bin/python tools/extract_sunspots.py sunspots.csv

The file comes with the Python package statsmodels (0.15.0), in statsmodels/datasets/sunspots. The book ships all of it:
309 years, each with one number, to one decimal.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

from book import ROOT

TARGET = ROOT / "rnnlib" / "data" / "sunspots.json"
SOURCE = (
    "Yearly sunspot numbers, 1700 to 2008, of the National Geophysical Data Center "
    "(http://www.ngdc.noaa.gov/stp/solar/solarda3.html), by way of statsmodels 0.15.0."
)
LICENCE = "Public domain, as statsmodels' COPYRIGHT for this data set says."


def extract(path: Path) -> dict[str, Any]:
    """The whole file: where the numbers come from, the first year, and a number for each year.

    Raises:
        ValueError: a year that does not follow on the one before it.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    years = [int(row["YEAR"]) for row in rows]
    if years != list(range(years[0], years[0] + len(years))):
        raise ValueError(f"{path.name}: the years must follow on each other")
    values = [float(row["SUNACTIVITY"]) for row in rows]
    return {"source": SOURCE, "licence": LICENCE, "first": years[0], "values": values}


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = extract(Path(sys.argv[1]))
    TARGET.write_text(json.dumps(found) + "\n", encoding="utf-8", newline="\n")
    print(f"{TARGET.name}: {len(found['values'])} years, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
