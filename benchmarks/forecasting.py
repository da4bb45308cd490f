"""Forecasts of two series by baselines, linear models and recurrent networks, over horizons and ten seeds.

    python benchmarks/forecasting.py --seeds 10        --only NAME: these studies alone, the others' results kept

The split was fixed before anything was measured: sunspots are fitted until 1899 and chosen until 1939, the heartbeat is
fitted on its first 2,000 values and chosen on the next 500; the test is what remains. Forecasts begin at every place in
the test from which all horizons lie in it, and know all that lies before, networks the last L values of it. Networks
have 32 hidden units, add the last value, and train on windows of the part for fitting with Adam and a cosine schedule;
of their validations on the part for choosing the best counts. Ways of training:

    one step      each step's loss is the error of the next value; forecasts are iterated
    noise         the same, with normal noise of 0.1 standard deviations on the inputs
    rolled out    a context, then H steps on the network's own forecasts, and the loss is the error of those
    direct        H outputs, one for each horizon; the loss is the error of all, at every step

Results go to ``rnnlib/data/forecasting.json``, which the chapter reads, and ``forecasting.md``.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rnnlib import forecasting as fc
from rnnlib.forecaster import Forecaster
from rnnlib.losses import squared_error
from rnnlib.tasks.series import heartbeat, sunspots
from rnnlib.training import train

RESULTS = Path(__file__).parent / "results"
DATA = Path(__file__).parent.parent / "rnnlib" / "data"
KINDS = ("RNN", "GRU", "LSTM")
WAYS = ("one step", "noise", "rolled out", "direct")
H_OUT, N, BURN_IN, NOISE = 32, 32, 8, 0.1


@dataclass(frozen=True)
class Study:
    """A series, cut and scaled, and how forecasts of it are made."""

    name: str
    values: Tensor  # in the series' unit
    split: fc.Split
    inputs: int  # L
    horizon: int  # H
    season: int
    orders: tuple[int, ...]
    steps: int
    latent: int  # the order of the autoregression that is seen through noise
    root: bool = False  # whether models see the square root

    @property
    def seen(self) -> Tensor:
        """The values as models see them, before scaling."""
        return self.values.sqrt() if self.root else self.values

    @property
    def scaler(self) -> fc.Scaler:
        return fc.Scaler.fitted(self.seen[self.split.fit.start : self.split.fit.stop])

    @property
    def scaled(self) -> Tensor:
        return self.scaler.scaled(self.seen)

    def back(self, forecasts: Tensor) -> Tensor:
        """Forecasts in the series' unit."""
        seen = self.scaler.restored(forecasts)
        return seen.clamp(min=0).square() if self.root else seen

    def windows(self, part: range) -> fc.Windows:
        return fc.windows(self.scaled, part, self.inputs, self.horizon, warm_up=True)

    def targets(self, part: range) -> Tensor:
        return fc.windows(self.values, part, self.inputs, self.horizon, warm_up=True).targets


def studies() -> dict[str, Study]:
    spots, beat = sunspots().values, heartbeat().values
    years = partial(
        Study,
        values=spots,
        split=fc.split_in_time(len(spots), 200, 40),
        inputs=44,
        horizon=11,
        season=11,
        orders=tuple(range(1, 25)),
        steps=300,
        latent=2,
    )
    found = [
        years("sunspots"),
        years("sunspots, square root", root=True),
        Study(
            "heartbeat",
            beat,
            fc.split_in_time(len(beat), 2000, 500),
            inputs=64,
            horizon=20,
            season=59,  # the lag from 40 to 80 with the greatest autocorrelation in the part for fitting
            orders=(1, 2, 4, 8, 16, 24, 32, 48, 64),
            steps=500,
            latent=2,
        ),
    ]
    return {study.name: study for study in found}


def batches(study: Study, seed: int) -> Iterator[Tensor]:
    """Windows of the part for fitting, (L + H, N), drawn at random."""
    generator = torch.Generator().manual_seed(seed)
    whole = fc.windows(study.scaled, study.split.fit, study.inputs, study.horizon).values
    for _ in range(study.steps):
        chosen = torch.randint(whole.shape[1], (N,), generator=generator)
        yield whole[:, chosen]


def one_step(model: nn.Module, values: Tensor, noise: float = 0.0) -> Tensor:
    x = values[:-1]
    seen = x + noise * torch.randn(x.shape) if noise else x
    return squared_error(model(seen)[0][BURN_IN:], values[1:][BURN_IN:])


def rolled_out(model: Forecaster, values: Tensor, study: Study) -> Tensor:
    context, following = values[: study.inputs], values[study.inputs :]
    return squared_error(model.roll_out(context, study.horizon), following)


def direct(model: nn.Module, values: Tensor, study: Study) -> Tensor:
    forecasts, _ = model(values[: study.inputs])  # (L, N, H)
    targets = values[1:].unfold(0, study.horizon, 1)  # (L, N, H): what follows each step
    return squared_error(forecasts[BURN_IN:], targets[BURN_IN:])


def forecasts_of(model: Forecaster, study: Study, part: range) -> Tensor:
    """In scaled numbers, (H, origins)."""
    known = study.windows(part).inputs
    with torch.no_grad():
        return model.direct(known) if model.horizons > 1 else model.roll_out(known, study.horizon)


def fit_network(study: Study, kind: str, way: str, seed: int, steps: int | None = None) -> Forecaster:
    torch.manual_seed(seed)
    model = Forecaster(kind, H_OUT, horizons=study.horizon if way == "direct" else 1)
    wanted = study.windows(study.split.choose)
    losses: dict[str, Callable[[Any, Tensor], Tensor]] = {
        "one step": one_step,
        "noise": partial(one_step, noise=NOISE),
        "rolled out": partial(rolled_out, study=study),
        "direct": partial(direct, study=study),
    }

    def validate(judged: nn.Module) -> float:
        assert isinstance(judged, Forecaster)
        if way in ("one step", "noise"):
            found = judged(wanted.inputs)[0][-1:]
            return float(squared_error(found, wanted.targets[:1]))
        return float(squared_error(forecasts_of(judged, study, study.split.choose), wanted.targets))

    train(
        model,
        batches(study, seed),
        losses[way],
        learning_rate=5e-3,
        max_norm=1.0,
        schedule=lambda by: torch.optim.lr_scheduler.CosineAnnealingLR(by, study.steps),
        validate=validate,
        every=50,
    )
    return model.eval()


HORIZONS = {11: (1, 2, 3, 5, 8, 11), 20: (1, 2, 3, 5, 10, 20)}
CONTEXTS = (1, 2, 4, 8, 16, 32, 64, 128)
LEVEL = 0.9
Forecast = Callable[[range], Tensor]  # forecasts of a part, in the series' unit, (H, origins)


def scores(study: Study, forecast: Forecast) -> dict[str, Any]:
    """Errors on the test by horizon, and the coverage of intervals made of residuals on the part for choosing."""
    shown = torch.tensor(HORIZONS[study.horizon]) - 1
    history = study.values[study.split.fit.start : study.split.fit.stop]
    targets, found = study.targets(study.split.test), forecast(study.split.test)
    residuals = study.targets(study.split.choose) - forecast(study.split.choose)
    scored = {"rmse": fc.rmse(found, targets), "mase": fc.mase(found, targets, history)}
    for name, interval in (("gaussian", fc.gaussian_interval), ("quantile", fc.quantile_interval)):
        low, high = interval(found, residuals, LEVEL)
        scored[f"covered, {name}"] = fc.coverage(low, high, targets)
        scored[f"width, {name}"] = (high - low).mean(dim=1)
    return {name: [float(f"{value:.4g}") for value in by[shown].tolist()] for name, by in scored.items()}


def baselines(study: Study) -> Iterator[dict[str, Any]]:
    x, H, split = study.scaled, study.horizon, study.split
    fit = x[split.fit.start : split.fit.stop]

    def origins(part: range) -> Tensor:
        return study.windows(part).origins

    ar = fc.choose_order(x, split, study.orders)
    latent = fc.fit_ar_plus_noise(fit, study.latent)
    chosen = study.windows(split.choose)
    by_horizon = min(
        (fc.fit_direct_ar(fit, order, H) for order in study.orders),
        key=lambda one: float((one.forecast(x, chosen.origins) - chosen.targets).square().mean()),
    )
    ways: dict[str, Forecast] = {
        "persistence": lambda part: fc.persistence(x, origins(part), H),
        "seasonal naive": lambda part: fc.seasonal_naive(x, origins(part), H, study.season),
        "mean": lambda part: fc.mean(x, origins(part), H, split.fit),
        f"AR({ar.order})": lambda part: ar.forecast(x, origins(part), H),
        f"direct AR({by_horizon.order})": lambda part: by_horizon.forecast(x, origins(part)),
        f"AR({study.latent})": lambda part: fc.fit_ar(fit, study.latent).forecast(x, origins(part), H),
        f"AR({study.latent}) + noise": lambda part: latent.forecast(x, origins(part), H)[0],
    }
    for method, way in ways.items():
        row = {"series": study.name, "method": method, "kind": None, "seed": None}
        yield row | scores(study, lambda part, way=way: study.back(way(part)))  # type: ignore[misc]


def networks(study: Study, way: str, kind: str, seeds: int) -> Iterator[dict[str, Any]]:
    """A row for each seed, and one for the mean of all seeds' forecasts."""
    every: dict[range, list[Tensor]] = {study.split.choose: [], study.split.test: []}
    row = {"series": study.name, "method": way, "kind": kind}
    for seed in range(seeds):
        model = fit_network(study, kind, way, seed)
        mine = {part: study.back(forecasts_of(model, study, part)) for part in every}
        for part, found in mine.items():
            every[part].append(found)
        warm = {"warm up": warm_up(study, model)} if way in ("one step", "direct") else {}
        yield row | {"seed": seed} | scores(study, mine.__getitem__) | warm
    means = {part: torch.stack(found).mean(dim=0) for part, found in every.items()}
    yield row | {"seed": "mean"} | scores(study, means.__getitem__)


def warm_up(study: Study, model: Forecaster) -> list[float]:
    """The RMSE one step ahead on the test after each length of context, from a state of zeros."""
    origins = study.windows(study.split.test).origins
    found = []
    for length in CONTEXTS:
        known = study.scaled[origins + torch.arange(-length, 0).unsqueeze(1)]  # (length, origins)
        with torch.no_grad():
            forecasts = study.back(model.direct(known)[:1])
        error = fc.rmse(forecasts, study.values[origins].unsqueeze(0))
        found.append(float(f"{error.item():.4g}"))
    return found


def page(report: dict[str, Any]) -> str:
    lines = [
        "# Forecasts of two series",
        "",
        f"Written by `benchmarks/forecasting.py` on {report['date']}, torch {report['torch']}. Errors on the test by "
        "horizon; of networks the median over ten seeds, with the least and the greatest at the first horizon and at "
        "the last. What the ways of training are is said in that file.",
    ]
    for name in studies():
        rows = [row for row in report["rows"] if row["series"] == name]
        horizons = report["horizons"][name]
        lines += ["", f"## {name}", "", "RMSE in the series' unit:", ""]
        lines += _table(rows, "rmse", horizons)
        lines += ["", "MASE, against the errors of persistence where the models are fitted:", ""]
        lines += _table(rows, "mase", horizons)
        for shape in ("gaussian", "quantile"):
            lines += [
                "",
                f"Share of the test within intervals of {LEVEL:.0%}, {shape}, from the residuals where one ",
            ]
            lines[-1] += "chooses:"
            lines += ["", *_table(rows, f"covered, {shape}", horizons)]
        lines += ["", "RMSE one step ahead after a context of so many values, median over the seeds:", ""]
        lines += [f"| network | {' | '.join(map(str, report['contexts']))} |"]
        lines += [f"|---|{'--:|' * len(report['contexts'])}"]
        for way in ("one step", "direct"):
            for kind in KINDS:
                here = [
                    r["warm up"] for r in rows if (r["method"], r["kind"]) == (way, kind) and "warm up" in r
                ]
                if here:
                    middle = [f"{statistics.median(column):.3g}" for column in zip(*here, strict=True)]
                    lines.append(f"| {kind}, {way} | {' | '.join(middle)} |")
    return "\n".join(lines) + "\n"


def _table(rows: list[dict[str, Any]], score: str, horizons: list[int]) -> list[str]:
    lines = [
        f"| | {' | '.join(f'h = {h}' for h in horizons)} | spread |",
        f"|---|{'--:|' * len(horizons)}---|",
    ]
    for row in rows:
        if row["kind"] is None:
            lines.append(f"| {row['method']} | {' | '.join(f'{v:.3g}' for v in row[score])} | |")
    for way in WAYS:
        for kind in KINDS:
            seeds = [
                r[score] for r in rows if (r["method"], r["kind"]) == (way, kind) and r["seed"] != "mean"
            ]
            if not seeds:
                continue
            columns = list(zip(*seeds, strict=True))
            middle = " | ".join(f"{statistics.median(column):.3g}" for column in columns)
            first, last = (f"{min(c):.3g} to {max(c):.3g}" for c in (columns[0], columns[-1]))
            lines.append(f"| {kind}, {way} | {middle} | {first}; {last} |")
            both = [r[score] for r in rows if (r["method"], r["kind"], r["seed"]) == (way, kind, "mean")]
            if both:
                lines.append(f"| mean of those forecasts | {' | '.join(f'{v:.3g}' for v in both[0])} | |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=10, help="networks for each way (default: %(default)s)")
    parser.add_argument(
        "--only", nargs="+", metavar="SERIES/WAY", help="measure these and keep the others' results"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)  # the networks are so small that a second thread only costs
    known = studies()
    everything = [f"{name}/{way}" for name in known for way in ("baselines", *WAYS)]
    wanted = options.only or everything
    if not set(wanted) <= set(everything):
        parser.error(f"--only takes {', '.join(everything)}")
    rows: list[dict[str, Any]] = []
    if options.only and (DATA / "forecasting.json").exists():
        before = json.loads((DATA / "forecasting.json").read_text(encoding="utf-8"))
        rows = [row for row in before["rows"] if _place(row) not in wanted]
    for place in wanted:
        name, _, way = place.partition("/")
        if way == "baselines":
            rows += baselines(known[name])
        else:
            for kind in KINDS:
                rows += networks(known[name], way, kind, options.seeds)
        print(place, flush=True)
    rows.sort(key=lambda row: everything.index(_place(row)))
    report = {
        "torch": torch.__version__,
        "date": datetime.now(UTC).date().isoformat(),
        "seeds": options.seeds,
        "level": LEVEL,
        "contexts": CONTEXTS,
        "horizons": {name: HORIZONS[study.horizon] for name, study in known.items()},
        "rows": rows,
    }
    (DATA / "forecasting.json").write_text(json.dumps(report, separators=(",", ":")) + "\n", encoding="utf-8")
    (RESULTS / "forecasting.md").write_text(page(report), encoding="utf-8")


def _place(row: dict[str, Any]) -> str:
    return f"{row['series']}/{'baselines' if row['kind'] is None else row['method']}"


if __name__ == "__main__":
    main()
