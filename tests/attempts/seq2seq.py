"""Readers' answers to the exercises of the chapter on sequence to sequence."""

from exercising import Answers

# Two untrained models and fewer texts: what counts is that some answers are True, some False, and that the two models
# do not agree. The other ``after`` of the chapter is not the one of the exercise, and would train a model.
STAND_INS = {
    "exercise-5": {
        "models": "models = [build(sources, seed, E=32, H=64).eval() for seed in range(2)]",
        "test": "test = draw(800, parts.test, ['en_US'], 5)",
        "after": "after = None",
    },
}
ATTEMPTS = {
    "exercise-1": Answers(
        right={
            "as a float": "parameters = 66048.0",
            "as a tensor": "parameters = torch.tensor(4 * 128 * 129)",
            "counted in linear layers": """
parameters = 0
for _ in ("h of layer 0", "c of layer 0", "h of layer 1", "c of layer 1"):
    parameters += sum(w.numel() for w in nn.Linear(2 * 64, 128).parameters())
""",
        },
        wrong={
            "no bias": "parameters = 2 * 2 * 128 * 128",
            "h only": "parameters = 2 * (128 * 128 + 128)",
            "one matrix for both layers, h and c": "parameters = 128 * 128 + 128",
            "the directions by themselves": "parameters = 2 * 2 * 2 * (64 * 128 + 128)",
            "h and c laid end to end": "parameters = 2 * (256 * 256 + 256)",
            "one direction": "parameters = 2 * 2 * (64 * 128 + 128)",
            "two biases": "parameters = 2 * 2 * (128 * 128 + 2 * 128)",
        },
    ),
    "exercise-2": Answers(
        right={
            "turned, shifted and turned back": """
def shift_in_front(target):
    return shift_right(target.T).T
""",
            "by roll": """
def shift_in_front(target):
    shifted = target.roll(1, dims=-1)
    shifted[:, 0] = BOS
    return shifted
""",
            "by pad": """
def shift_in_front(target):
    return F.pad(target, (1, -1), value=BOS)
""",
            "row by row": """
def shift_in_front(target):
    rows = []
    for row in target.tolist():
        rows.append([BOS, *row[:-1]])
    return torch.tensor(rows)
""",
        },
        wrong={
            "the book's shift as it is": """
def shift_in_front(target):
    return shift_right(target)
""",
            "along the batch": """
def shift_in_front(target):
    first = torch.full_like(target[:1], BOS)
    return torch.cat([first, target[:-1]])
""",
            "not shifted": """
def shift_in_front(target):
    return target
""",
            "only rolled": """
def shift_in_front(target):
    return target.roll(1, dims=1)
""",
            "padding in front": """
def shift_in_front(target):
    return F.pad(target[:, :-1], (1, 0))
""",
            "the first token overwritten": """
def shift_in_front(target):
    target[:, 0] = BOS
    return target
""",
            "shifted the other way": """
def shift_in_front(target):
    return torch.cat([target[:, 1:], torch.full_like(target[:, :1], BOS)], dim=1)
""",
            "nothing dropped": """
def shift_in_front(target):
    return torch.cat([torch.full_like(target[:, :1], BOS), target], dim=1)
""",
            "the layout of the book": """
def shift_in_front(target):
    return shift_right(target.T)
""",
            "floats, which no embedding takes": """
def shift_in_front(target):
    first = BOS * torch.ones(len(target), 1)
    return torch.cat([first, target[:, :-1]], dim=1)
""",
        },
    ),
    "exercise-3": Answers(
        right={
            "every second row": """
def add_directions(h_n):
    return h_n[0::2] + h_n[1::2]
""",
            "a loop": """
def add_directions(h_n):
    layers = []
    for k in range(len(h_n) // 2):
        layers.append(h_n[2 * k] + h_n[2 * k + 1])
    return torch.stack(layers)
""",
            "unflatten": """
def add_directions(h_n):
    forward, backward = h_n.unflatten(0, (-1, 2)).unbind(dim=1)
    return torch.add(forward, backward)
""",
            "with a matrix": """
def add_directions(h_n):
    pairs = torch.eye(len(h_n) // 2).repeat_interleave(2, dim=1)
    return torch.einsum("kd,dnh->knh", pairs, h_n)
""",
        },
        wrong={
            "direction by direction": """
def add_directions(h_n):
    first, second = h_n.chunk(2)
    return first + second
""",
            "the axes exchanged": """
def add_directions(h_n):
    return h_n.view(2, -1, *h_n.shape[1:]).sum(dim=0)
""",
            "the slice that tempts": """
def add_directions(h_n):
    return h_n[: len(h_n) // 2]
""",
            "forwards only": """
def add_directions(h_n):
    return h_n[::2]
""",
            "the mean": """
def add_directions(h_n):
    return h_n.unflatten(0, (-1, 2)).mean(dim=1)
""",
            "end to end, and the halves added": """
def add_directions(h_n):
    layers, N, H = len(h_n) // 2, *h_n.shape[1:]
    joined = h_n.reshape(layers, N, 2 * H)
    return joined[..., :H] + joined[..., H:]
""",
            "three layers written out": """
def add_directions(h_n):
    return torch.stack([h_n[0] + h_n[1], h_n[2] + h_n[3], h_n[4] + h_n[5]])
""",
        },
    ),
    "exercise-4": Answers(
        right={
            "shifted by one": """
def clean(tokens):
    ended = (tokens == EOS).cummax(dim=0).values
    behind = torch.cat([torch.zeros_like(ended[:1]), ended[:-1]])
    return torch.where(behind, PAD, tokens)
""",
            "by the lengths": """
def clean(tokens):
    T = len(tokens)
    steps = torch.arange(T).unsqueeze(1)
    first = torch.where(tokens == EOS, steps, T).amin(dim=0)
    return tokens.masked_fill(steps > first, PAD)
""",
            "by a product": """
def clean(tokens):
    before = F.pad(tokens[:-1] != EOS, (0, 0, 1, 0), value=True)
    return tokens * before.long().cumprod(dim=0)
""",
            "in place": """
def clean(tokens):
    ends = (tokens == EOS).int()
    tokens[ends.cumsum(0) - ends > 0] = PAD
    return tokens
""",
        },
        wrong={
            "left as it is": """
def clean(tokens):
    return tokens
""",
            "the mark itself, too": """
def clean(tokens):
    return tokens.masked_fill((tokens == EOS).cumsum(dim=0) > 0, PAD)
""",
            "a row that never stops is wiped out": """
def clean(tokens):
    first = (tokens == EOS).int().argmax(dim=0)
    return tokens.masked_fill(torch.arange(len(tokens)).unsqueeze(1) > first, PAD)
""",
            "behind the last mark": """
def clean(tokens):
    steps = torch.arange(len(tokens)).unsqueeze(1)
    last = torch.where((tokens == EOS).any(dim=0), ((tokens == EOS) * steps).amax(dim=0), len(tokens))
    return tokens.masked_fill(steps > last, PAD)
""",
            "the next token only": """
def clean(tokens):
    behind = torch.cat([torch.zeros(1, tokens.shape[1]).bool(), tokens[:-1] == EOS])
    return tokens.masked_fill(behind, PAD)
""",
            "along the batch": """
def clean(tokens):
    ends = (tokens == EOS).long()
    return tokens.masked_fill(ends.cumsum(dim=1) - ends > 0, PAD)
""",
            "the marks behind the first only": """
def clean(tokens):
    ends = (tokens == EOS).long()
    return tokens.masked_fill((ends.cumsum(dim=0) > 1) & (ends > 0), PAD)
""",
            "filled with the mark": """
def clean(tokens):
    ends = (tokens == EOS).long()
    return tokens.masked_fill(ends.cumsum(dim=0) - ends > 0, EOS)
""",
            "floats": """
def clean(tokens):
    ends = (tokens == EOS).float()
    return tokens * (1.0 - (ends.cumsum(dim=0) - ends).clamp(max=1.0))
""",
            "a loop over the steps": """
def clean(tokens):
    stopped = torch.zeros_like(tokens[0], dtype=torch.bool)
    for t in range(len(tokens)):
        tokens[t] = tokens[t].masked_fill(stopped, PAD)
        stopped = stopped | (tokens[t] == EOS)
    return tokens
""",
        },
    ),
    "exercise-5": Answers(
        right={
            "one text after the other, as a list of bools": """
def prefers_second(model, first, second):
    answers = []
    for a, b in zip(first, second):
        before = log_probability(model, sources, [a]).item()
        answers.append(log_probability(model, sources, [b]).item() > before)
    return answers
""",
            "in one batch": """
def prefers_second(model, first, second):
    both = log_probability(model, sources, [*first, *second])
    return both.view(2, -1).diff(dim=0)[0] > 0
""",
            "by the probabilities, in double precision": """
def prefers_second(model, first, second):
    before, after = (log_probability(model, sources, some).double().exp() for some in (first, second))
    return torch.lt(before, after)
""",
            "by argmax": """
def prefers_second(model, first, second):
    pairs = torch.stack([log_probability(model, sources, some) for some in (first, second)])
    return pairs.argmax(dim=0).bool()
""",
        },
        wrong={
            "the other way round": """
def prefers_second(model, first, second):
    return log_probability(model, sources, first) > log_probability(model, sources, second)
""",
            "one bool for all": """
def prefers_second(model, first, second):
    before = log_probability(model, sources, first)
    return (log_probability(model, sources, second) > before).all()
""",
            "the difference": """
def prefers_second(model, first, second):
    before = log_probability(model, sources, first)
    return log_probability(model, sources, second) - before
""",
            "more probable than not, the first never looked at": """
def prefers_second(model, first, second):
    return log_probability(model, sources, second).exp() > 0.5
""",
            "what it answers": """
def prefers_second(model, first, second):
    written = answer(model, sources, first)
    return torch.tensor([a == e.iso for a, e in zip(written, second)])
""",
            "the chapter's lists, whatever is asked": """
def prefers_second(model, first, second):
    before = log_probability(model, sources, both_readings)
    return log_probability(model, sources, other_way) > before
""",
            "the chapter's first model, whichever is asked": """
def prefers_second(model, first, second):
    before = log_probability(models[0], sources, first)
    return log_probability(models[0], sources, second) > before
""",
            "the first character only": """
def prefers_second(model, first, second):
    def at_first(some):
        batch = dates.collate(some, sources, targets)
        scores = model(batch.source, batch.source_lengths, batch.target)
        return scores.log_softmax(dim=-1).gather(2, batch.target.unsqueeze(2))[0, :, 0]

    return at_first(second) > at_first(first)
""",
            "against the mean": """
def prefers_second(model, first, second):
    before = log_probability(model, sources, first).mean()
    return log_probability(model, sources, second) > before
""",
        },
    ),
    "exercise-6": Answers(
        right={
            "a class, and F's cross-entropy": """
class scheduled:
    def __init__(self, steps, end):
        self.ratios = torch.linspace(1, end, steps).tolist()
        self.calls, self.source = 0, torch.Generator().manual_seed(7)

    def __call__(self, model, batch):
        ratio = self.ratios[min(self.calls, len(self.ratios) - 1)]
        self.calls += 1
        scores = model(batch.source, batch.source_lengths, batch.target, forcing=ratio, generator=self.source)
        return F.cross_entropy(scores.flatten(0, 1), batch.target.flatten(), ignore_index=PAD)
""",
            "ratios from an iterator, the step's losses added up": """
def scheduled(steps, end):
    source = torch.Generator().manual_seed(0)
    ratios = iter([1 - (1 - end) * k / (steps - 1) for k in range(steps - 1)])

    def loss(model, batch):
        scores = model(
            batch.source, batch.source_lengths, batch.target, forcing=next(ratios, end), generator=source
        )
        total = 0.0
        for n, length in enumerate(batch.target_lengths.tolist()):
            chances = scores[:length, n].log_softmax(dim=-1)
            total = total - chances[range(length), batch.target[:length, n]].sum()
        return total / batch.target_lengths.sum()

    return loss
""",
            "a list as the counter, PyTorch's own generator": """
def scheduled(steps, end):
    calls = []

    def loss(model, batch):
        forcing = max(end, 1 - len(calls) * (1 - end) / (steps - 1))
        calls.append(forcing)
        scores = model(
            batch.source,
            batch.source_lengths,
            batch.target,
            forcing=forcing,
            per="step",
            generator=torch.default_generator,
        )
        valid = batch.target != PAD
        return F.nll_loss(scores[valid].log_softmax(dim=-1), batch.target[valid])

    return loss
""",
        },
        wrong={},
    ),
}

SCHEDULED = """
def scheduled(steps, end):
    source, calls = torch.Generator().manual_seed(0), 0

    def loss(model, batch):
        nonlocal calls
        done = min(calls / (steps - 1), 1.0)
        calls += 1
        target = batch.target
        scores = model(
            batch.source, batch.source_lengths, target, forcing=1 + done * (end - 1), generator=source
        )
        return tag_loss(scores, batch.target, batch.target != PAD)

    return loss
"""


def _but(old: str, new: str) -> str:
    assert SCHEDULED.count(old) == 1, old
    return SCHEDULED.replace(old, new)


ATTEMPTS["exercise-6"].wrong.update(
    {
        "the padding counted": _but(", batch.target != PAD)", ")"),
        "the mark at the end not counted": _but("batch.target != PAD)", "batch.target > EOS)"),
        "against the shifted target": _but(
            "tag_loss(scores, batch.target,", "tag_loss(scores, shift_right(batch.target),"
        ),
        "the target given to the model is shifted": _but(
            "target = batch.target\n", "target = shift_right(batch.target)\n"
        ),
        "the sum": _but(
            "return tag_loss(scores, batch.target, batch.target != PAD)",
            "return tag_loss(scores, batch.target, batch.target != PAD) * (batch.target != PAD).sum()",
        ),
        "the scores not read": _but(
            "return tag_loss(scores, batch.target, batch.target != PAD)",
            "return scores.sum() * 0 + torch.log(torch.tensor(15.0))",
        ),
        "no generator": _but(", generator=source", ""),
        "the same throws at each call": _but(
            "generator=source", "generator=torch.Generator().manual_seed(0)"
        ),
        "the lengths of the targets": _but("batch.source_lengths", "batch.target_lengths"),
        "a call too late at its end": _but("calls / (steps - 1)", "calls / steps"),
        "lower already at the first call": _but(
            "min(calls / (steps - 1), 1.0)", "min((calls + 1) / steps, 1.0)"
        ),
        "it goes on falling": _but("min(calls / (steps - 1), 1.0)", "calls / (steps - 1)"),
        "down to 0, and never below the end": _but(
            "forcing=1 + done * (end - 1)", "forcing=max(end, 1 - calls / steps)"
        ),
        "by a factor at each call": _but("1 + done * (end - 1)", "max(end, 1e-9) ** done"),
        "in one jump": _but("min(calls / (steps - 1), 1.0)", "float(calls >= steps - 1)"),
        "the end from the beginning": _but("1 + done * (end - 1)", "end"),
        "rising": _but("1 + done * (end - 1)", "end + done * (1 - end)"),
        "one counter for all trainings": _but("nonlocal calls", "global calls").replace(
            "\ndef scheduled(steps, end):\n    source, calls = torch.Generator().manual_seed(0), 0",
            "\ncalls = 0\n\n\ndef scheduled(steps, end):\n    source = torch.Generator().manual_seed(0)",
        ),
    }
)
