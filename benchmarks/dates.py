"""Dates to ISO 8601 by an encoder and a decoder: what training costs on one CPU, and which choices matter.

    python benchmarks/dates.py --seeds 5 --others 2

One recipe is trained from several seeds; then one thing is changed at a time. The score is exact match on texts with a
single reading, of dates never trained on, in the locales trained on, decoded greedily. Results go to ``dates.json`` and
``dates.md`` in the folder ``--out``, after every row, so that a run that is cut off leaves what it has and goes on with
``--resume``. The scores go to ``dates_recipes.json`` in the folder ``--data``, too, from where the chapter on sequence
to sequence draws them.

Then one training step of the recipe is timed, its encoder run by ``rnnlib.lengths.run_packed``, or packed. The two are
timed in turn, and the figures are medians.
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import torch
from timing import medians
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnlib.gates import set_forget_bias
from rnnlib.lengths import Lengths
from rnnlib.losses import sequence_loss
from rnnlib.seq2seq import Bridge, Decoder, Encoder, Seq2Seq, greedy
from rnnlib.seq2seq.parts import State
from rnnlib.tasks import dates
from rnnlib.training import train
from rnnlib.vocabulary import PAD, Vocabulary

POOL = 8  # batches that are drawn and sorted by length together
EVERY = 100  # steps between two points of a learning curve
LONGEST = 14  # tokens that are decoded at most; a right answer has 11


@dataclass(frozen=True)
class Recipe:
    """What is trained, and how."""

    kind: str = "LSTM"
    num_layers: int = 1
    bidirectional: bool = True
    encoder_size: int = 64
    decoder_size: int = 128
    embedding_size: int = 32
    forget_bias: float | None = 1.0
    steps: int = 1000
    batch_size: int = 64
    peak: float = 0.015
    one_cycle: bool = True
    max_norm: float | None = 1.0
    forcing: float = 1.0
    per: str = "step"
    bucketed: bool = True
    sliced: bool = False


CHANGES: dict[str, dict[str, Any]] = {
    "constant learning rate 0.015": {"one_cycle": False},
    "constant learning rate 0.004": {"one_cycle": False, "peak": 0.004},
    "peak 0.005": {"peak": 0.005},
    "peak 0.01": {"peak": 0.01},
    "peak 0.03": {"peak": 0.03},
    "twice the steps, 2000": {"steps": 2000},
    "batches of 32, 2000 steps": {"batch_size": 32, "steps": 2000},
    "batches of 128, 500 steps": {"batch_size": 128, "steps": 500},
    "batches not bucketed": {"bucketed": False},
    "no clipping": {"max_norm": None},
    "forget bias as torch draws it": {"forget_bias": None},
    "forcing 0.5 per step": {"forcing": 0.5},
    "forcing 0.5 per sequence": {"forcing": 0.5, "per": "sequence"},
    "forcing 0": {"forcing": 0.0},
    "encoder of one direction": {"bidirectional": False},
    "wrong slice h[:num_layers]": {"sliced": True},
    "two layers": {"num_layers": 2},
    "two layers, wrong slice": {"num_layers": 2, "sliced": True},
    "half of the units, 32 and 64": {"encoder_size": 32, "decoder_size": 64},
    "GRU": {"kind": "GRU", "forget_bias": None},
    "GRU, peak 0.005": {"kind": "GRU", "forget_bias": None, "peak": 0.005},
}


@dataclass(frozen=True)
class Task:
    """The data: dates in three parts, vocabularies, and texts that have several readings."""

    parts: dates.Split
    source: Vocabulary
    target: Vocabulary
    ambiguous: frozenset[str]

    def draw(
        self, count: int, of: tuple[date, ...], locales: tuple[str, ...], seed: int
    ) -> list[dates.Example]:
        return dates.sample(count, of, locales, generator=torch.Generator().manual_seed(seed))


class Sliced(Bridge):
    """The tempting wrong bridge: h_n[:num_layers], as if the forward states came first."""

    def __init__(self, encoder_size: int, decoder_size: int, num_layers: int, *, kind: str) -> None:
        super().__init__(encoder_size, decoder_size, num_layers, kind=kind, bidirectional=False)
        self.bidirectional = True  # so that the model takes it

    def forward(self, state: State) -> State:
        if isinstance(state, Tensor):
            return super().forward(state[: self.num_layers])
        return super().forward((state[0][: self.num_layers], state[1][: self.num_layers]))


class Packing(Encoder):
    """The encoder as most code writes it."""

    def forward(self, source: Tensor, lengths: Lengths) -> tuple[Tensor, State]:
        packed = pack_padded_sequence(self.embed(source), torch.as_tensor(lengths), enforce_sorted=False)
        outputs, state = self.rnn(packed)
        return pad_packed_sequence(outputs, total_length=len(source))[0], state


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5, help="runs of the recipe (default: %(default)s)")
    parser.add_argument("--others", type=int, default=2, help="runs of each change (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="of torch (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no row after this many minutes")
    parser.add_argument("--resume", action="store_true", help="keep what dates.json has, add what is missing")
    here = Path(__file__).parent
    parser.add_argument("--out", type=Path, default=here / "results")
    parser.add_argument("--data", type=Path, default=here.parent / "rnnlib" / "data")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    started = time.monotonic()
    task = make_task()
    report: dict[str, Any] = {
        "torch": torch.__version__,
        "date": datetime.now(UTC).date().isoformat(),
        "threads": options.threads,
        "recipe": asdict(Recipe()),
        "rows": [],
    }
    changes = {"the recipe": {}, **CHANGES}
    rows = kept(options.out / "dates.json", report) if options.resume else {}
    for name, change in changes.items():
        if time.monotonic() - started > 60 * options.minutes:
            break
        recipe = replace(Recipe(), **change)
        runs = rows[name]["runs"] if name in rows else []
        known = {run["seed"] for run in runs}
        missing = [k for k in range(options.others if change else options.seeds) if k not in known]
        rows[name] = {
            "name": name,
            "change": change,
            "runs": runs + [study(recipe, task, seed, follow=not change) for seed in missing],
        }
        report["rows"] = [rows[key] for key in changes if key in rows]
        write(report, options.out, options.data)
        print(table([rows[name]]).splitlines()[-1], flush=True)
    report["steps"] = [step_times(task, bucketed) for bucketed in (True, False)]
    write(report, options.out, options.data)


def kept(file: Path, report: dict[str, Any]) -> dict[str, Any]:
    """The rows of an earlier report by name, which must have been measured in the same way."""
    earlier = json.loads(file.read_text())
    for key in ("torch", "threads", "recipe"):
        if earlier[key] != report[key]:
            raise ValueError(f"{file} has another {key}: {earlier[key]}, now {report[key]}")
    return {row["name"]: row for row in earlier["rows"]}


def write(report: dict[str, Any], out: Path, data: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "dates.json").write_text(json.dumps(report, indent=1) + "\n")
    (out / "dates.md").write_text(page(report))
    data.mkdir(parents=True, exist_ok=True)
    (data / "dates_recipes.json").write_text(json.dumps(scores_of(report), indent=1) + "\n")


def scores_of(report: dict[str, Any]) -> dict[str, Any]:
    """The part of the report that the chapter draws."""
    rows = [
        {
            "name": row["name"],
            **{key: [run[key] for run in row["runs"]] for key in ("exact", "held_out", "cpu")},
        }
        for row in report["rows"]
    ]
    return {key: value for key, value in report.items() if key != "steps"} | {"rows": rows}


def make_task() -> Task:
    parts = dates.split(generator=torch.Generator().manual_seed(0))
    texts = dates.sample(20_000, parts.train, parts.locales, generator=torch.Generator().manual_seed(1))
    return Task(
        parts,
        Vocabulary.from_texts(example.text for example in texts),
        Vocabulary("-0123456789"),
        frozenset(dates.ceiling().ambiguous),
    )


def study(recipe: Recipe, task: Task, seed: int, follow: bool) -> dict[str, Any]:
    """Train one model: its scores, what it cost in seconds, scoring left out, and its learning curve if wanted."""
    torch.manual_seed(seed)
    model = make_model(recipe, task)
    parts = task.parts
    chosen = single(task, task.draw(1000, parts.validation, parts.locales, seed=2))
    curve: list[list[float]] = []
    losses: list[float] = []
    scoring = [0.0, 0.0]  # seconds of wall and of processor that are no training

    def loss(model: nn.Module, batch: dates.Batch) -> Tensor:
        logits = model(
            batch.source, batch.source_lengths, batch.target, forcing=recipe.forcing, per=recipe.per
        )
        found = sequence_loss(logits, batch.target, batch.target_lengths)
        losses.append(found.item())
        return found

    def watch(_: nn.Module) -> float:
        begun = clocks()
        free, free_tokens = scores(model, task, chosen)
        forced, forced_tokens = scores(model, task, chosen, forced=True)
        recent = round(statistics.mean(losses[-EVERY:]), 4)
        curve.append([len(losses), share(free), share(forced), free_tokens, forced_tokens, recent])
        for k, (now, then) in enumerate(zip(clocks(), begun, strict=True)):
            scoring[k] += now - then
        return -len(curve)  # the last weights are kept, not those with the best score

    def one_cycle(optimizer: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
        # One step more than are taken: the schedule is stepped after the last one, too.
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, recipe.peak, total_steps=recipe.steps + 1, pct_start=0.2, cycle_momentum=False
        )

    begun = clocks()
    train(
        model,
        batches(recipe, task, seed),
        loss,
        learning_rate=recipe.peak,
        max_norm=recipe.max_norm,
        schedule=one_cycle if recipe.one_cycle else None,
        validate=watch if follow else None,
        every=EVERY,
    )
    wall, cpu = (now - then - other for now, then, other in zip(clocks(), begun, scoring, strict=True))

    tested = task.draw(4000, parts.test, parts.locales, seed=3)
    correct, _ = scores(model, task, tested)
    unseen = task.draw(1000, parts.test, parts.held_out, seed=4)
    per_locale = {
        locale: share([c for c, e in zip(correct, tested, strict=True) if e.locale == locale])
        for locale in parts.locales
    }
    return {
        "seed": seed,
        "exact": share([c for c, e in zip(correct, tested, strict=True) if e.text not in task.ambiguous]),
        "all": share(correct),
        "held_out": share(scores(model, task, unseen)[0]),
        "wall": round(wall, 1),
        "cpu": round(cpu, 1),
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "per_locale": per_locale,
        "curve": curve,
    }


def step_times(task: Task, bucketed: bool) -> dict[str, Any]:
    """Milliseconds of one training step with run_packed and with packing, on the same batches and weights."""
    recipe = Recipe(bucketed=bucketed, steps=2 * POOL)
    drawn = list(batches(recipe, task, seed=0))
    torch.manual_seed(0)
    by_run_packed = make_model(recipe, task)
    by_packing = copy.deepcopy(by_run_packed)
    by_packing.encoder.__class__ = Packing
    times = medians(
        {
            "run_packed": partial(steps, by_run_packed, drawn),
            "packing": partial(steps, by_packing, drawn),
        },
        torch.device("cpu"),
        repeats=15,
    )
    return {"bucketed": bucketed, **{way: round(time / len(drawn), 2) for way, time in times.items()}}


def steps(model: Seq2Seq, drawn: list[dates.Batch]) -> None:
    """Everything that one step of the training does, for each batch, with a rate that changes no weight."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.0)
    for batch in drawn:
        optimizer.zero_grad()
        logits = model(batch.source, batch.source_lengths, batch.target)
        sequence_loss(logits, batch.target, batch.target_lengths).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


def clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def make_model(recipe: Recipe, task: Task) -> Seq2Seq:
    shape: dict[str, Any] = {"kind": recipe.kind, "num_layers": recipe.num_layers}
    encoder = Encoder(
        len(task.source),
        recipe.embedding_size,
        recipe.encoder_size,
        bidirectional=recipe.bidirectional,
        **shape,
    )
    if recipe.sliced:
        bridge: Bridge = Sliced(recipe.encoder_size, recipe.decoder_size, **shape)
    else:
        bridge = Bridge(recipe.encoder_size, recipe.decoder_size, bidirectional=recipe.bidirectional, **shape)
    decoder = Decoder(len(task.target), recipe.embedding_size, recipe.decoder_size, **shape)
    if recipe.forget_bias is not None:
        set_forget_bias(encoder.rnn, recipe.forget_bias)
        set_forget_bias(decoder.rnn, recipe.forget_bias)
    return Seq2Seq(encoder, bridge, decoder)


def batches(recipe: Recipe, task: Task, seed: int) -> Iterator[dates.Batch]:
    """Fresh examples without end to them; if bucketed, those of similar length together."""
    generator = torch.Generator().manual_seed(1000 + seed)
    size, left = recipe.batch_size, recipe.steps
    while left > 0:
        pool = dates.sample(POOL * size, task.parts.train, task.parts.locales, generator=generator)
        if recipe.bucketed:
            pool.sort(key=lambda example: len(example.text))
        for place in torch.randperm(POOL, generator=generator).tolist()[:left]:
            yield dates.collate(pool[place * size : (place + 1) * size], task.source, task.target)
        left -= POOL


def single(task: Task, examples: list[dates.Example]) -> list[dates.Example]:
    return [example for example in examples if example.text not in task.ambiguous]


@torch.no_grad()
def scores(
    model: Seq2Seq, task: Task, examples: list[dates.Example], forced: bool = False
) -> tuple[list[bool], float]:
    """Which examples are right to the last character, and the share of right characters.

    Decoded greedily, or fed the true tokens.
    """
    model.eval()
    order = sorted(range(len(examples)), key=lambda index: len(examples[index].text))
    correct, right_tokens, tokens_in_all = [False] * len(examples), 0, 0
    for start in range(0, len(order), 500):
        places = order[start : start + 500]
        batch = dates.collate([examples[place] for place in places], task.source, task.target)
        if forced:
            tokens = model(batch.source, batch.source_lengths, batch.target).argmax(dim=-1)  # (T, N)
        else:
            tokens = greedy(model, batch.source, batch.source_lengths, LONGEST).tokens
            missing = max(0, len(batch.target) - len(tokens))
            tokens = nn.functional.pad(tokens, (0, 0, 0, missing), value=PAD)
        right_tokens += int((tokens[: len(batch.target)] == batch.target).sum())
        tokens_in_all += batch.target.numel()
        for place, ids in zip(places, tokens.T, strict=True):
            correct[place] = task.target.decode(ids) == examples[place].iso
    return correct, round(right_tokens / tokens_in_all, 5)


def share(correct: list[bool]) -> float:
    return round(sum(correct) / len(correct), 4)


def table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| changed | exact match, percent, seed by seed | mean | held-out locale | parameters | CPU s | wall s |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        runs = row["runs"]
        cells = [
            row["name"],
            ", ".join(f"{100 * run['exact']:.1f}" for run in runs),
            f"{100 * statistics.mean(run['exact'] for run in runs):.1f}",
            f"{100 * statistics.mean(run['held_out'] for run in runs):.1f}",
            f"{runs[0]['parameters']:,}",
            *(f"{statistics.median(run[clock] for run in runs):.1f}" for clock in ("cpu", "wall")),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def step_table(found: list[dict[str, Any]]) -> str:
    lines = ["| batches | run_packed, ms | packing, ms | packing over run_packed |", "|---|--:|--:|--:|"]
    for times in found:
        name = "of similar length" if times["bucketed"] else "not bucketed"
        ratio = times["packing"] / times["run_packed"]
        lines.append(f"| {name} | {times['run_packed']:.1f} | {times['packing']:.1f} | {ratio:.2f} |")
    return "\n".join(lines)


def curves(runs: list[dict[str, Any]]) -> str:
    """The learning curves of a recipe, as means over the seeds."""
    lines = [
        "| step | exact, free-running | exact, forced | tokens, free-running | tokens, forced | training loss, nats |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    for points in zip(*(run["curve"] for run in runs), strict=True):
        step, *means = (statistics.mean(values) for values in zip(*points, strict=True))
        cells = [f"{step:.0f}", *(f"{100 * mean:.2f}" for mean in means[:-1]), f"{means[-1]:.4f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def page(report: dict[str, Any]) -> str:
    """The report as Markdown."""
    recipe, first = report["recipe"], report["rows"][0]["runs"]
    worst = sorted(
        (statistics.mean(run["per_locale"][locale] for run in first), locale)
        for locale in first[0]["per_locale"]
    )
    paragraphs = [
        "# Dates to ISO 8601",
        f"Written by `benchmarks/dates.py` on {report['date']}, torch {report['torch']}, {report['threads']} "
        "thread(s). Other work ran beside it, so seconds are upper bounds.",
        f"The recipe: {recipe['kind']}, an encoder of two directions of {recipe['encoder_size']} units, a decoder of "
        f"{recipe['decoder_size']}, embeddings of {recipe['embedding_size']}, forget bias {recipe['forget_bias']}, "
        f"{recipe['steps']} batches of {recipe['batch_size']} fresh examples of similar length, Adam, one-cycle "
        f"schedule up to {recipe['peak']}, gradients clipped to {recipe['max_norm']}, forcing {recipe['forcing']}. "
        "Each row below changes what it is named for. Exact match: 4000 random texts of test dates, without those with "
        "several readings, decoded greedily. The held-out locale: 1000 texts in a language never trained on.",
        table(report["rows"]),
        f"On all test texts, ambiguous ones included, the recipe scores "
        f"{100 * statistics.mean(run['all'] for run in first):.1f} percent. Its worst locales: "
        + ", ".join(f"{locale} {100 * score:.1f}" for score, locale in worst[:5])
        + ".",
        f"Learning curve of the recipe, mean of {len(first)} seeds: percent of 1000 validation texts (ambiguous ones "
        "left out) that are exactly right, and of their tokens. Exact match cannot tell forced from free-running: "
        "while all is right, the decoder reads the same tokens.",
        curves(first),
    ]
    if "steps" in report:
        paragraphs += [
            f"One training step of the recipe, the encoder by run_packed or packed: medians of passes over {2 * POOL} "
            "batches, timed in turn.",
            step_table(report["steps"]),
        ]
    return "\n\n".join(paragraphs) + "\n"


if __name__ == "__main__":
    main()
