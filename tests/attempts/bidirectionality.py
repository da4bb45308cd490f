"""Readers' answers to the exercises of the chapter on bidirectionality."""

from exercising import Answers

# What is to be found in a model is there before its training.
STAND_INS = {
    "exercise-4": {
        "honest": "honest = [Tagger(1, 8, 2)]",
        "leaky": "leaky = [Tagger(1, 8, 2, bidirectional=True)]",
    },
}
ATTEMPTS = {
    "exercise-1": Answers(
        right={
            "as floats": "parameters, features, h_n_rows = 158_720.0, 128.0, 4.0",
            "a tensor taken apart": """
parameters, features, h_n_rows = torch.tensor([4 * (2 * 64 * 116 + 2 * 64 * 194), 128, 4])
""",
            "by the chapter's formula, one after the other": """
parameters = gates[nn.LSTM] * count(50, 64, num_layers=2, D=2)
features = 64 + 64
h_n_rows = len([(layer, direction) for layer in (0, 1) for direction in ("forward", "backward")])
""",
        },
        wrong={
            "one direction, doubled": """
parameters = 2 * (4 * 64 * (50 + 64 + 2) + 4 * 64 * (64 + 64 + 2))
features, h_n_rows = 128, 4
""",
            "one direction": """
parameters = 4 * 64 * (50 + 64 + 2) + 4 * 64 * (64 + 64 + 2)
features, h_n_rows = 128, 4
""",
            "layer 1 like layer 0": "parameters, features, h_n_rows = 2 * 2 * 4 * 64 * (50 + 64 + 2), 128, 4",
            "a plain RNN": "parameters, features, h_n_rows = count(50, 64, num_layers=2, D=2), 128, 4",
            "a GRU": "parameters, features, h_n_rows = 3 * count(50, 64, num_layers=2, D=2), 128, 4",
            "one bias": """
parameters = 2 * 4 * 64 * (50 + 64 + 1) + 2 * 4 * 64 * (128 + 64 + 1)
features, h_n_rows = 128, 4
""",
            "the old state is as wide as output, too": """
parameters = 2 * 4 * 64 * (50 + 128 + 2) + 2 * 4 * 64 * (128 + 128 + 2)
features, h_n_rows = 128, 4
""",
            "the directions added": "parameters, features, h_n_rows = 158_720, 64, 4",
            "all layers in output": "parameters, features, h_n_rows = 158_720, 256, 4",
            "a row for each layer": "parameters, features, h_n_rows = 158_720, 128, 2",
            "h_n and c_n together": "parameters, features, h_n_rows = 158_720, 128, 8",
        },
    ),
    "exercise-2": Answers(
        right={
            "a tuple of both states": """
def recover(output):
    forward, backward = output.chunk(2, dim=-1)
    return forward[-1], backward[0]
""",
            "by a view with an axis for the directions": """
def recover(output):
    by_direction = output.unflatten(-1, (2, -1))  # (L, N, 2, H_out)
    return torch.cat([by_direction[-1:, :, 0], by_direction[:1, :, 1]])
""",
            "an empty tensor, filled": """
def recover(output):
    half = output.shape[-1] // 2
    found = torch.empty(2, output.shape[1], half)
    found[0], found[1] = output[3, :, :half], output[0, :, half:]
    return found
""",
            "sample by sample, as lists": """
def recover(output):
    half = output.shape[-1] // 2
    forward = [output[-1, n, :half].tolist() for n in range(output.shape[1])]
    return [forward, [row[half:] for row in output[0].tolist()]]
""",
        },
        wrong={
            "the states of the first layer, whatever is asked": """
def recover(output):
    return reference(batch)[1]
""",
            "both from the last step": """
def recover(output):
    half = output.shape[-1] // 2
    return torch.stack([output[-1, :, :half], output[-1, :, half:]])
""",
            "both from the first step": """
def recover(output):
    half = output.shape[-1] // 2
    return torch.stack([output[0, :, :half], output[0, :, half:]])
""",
            "the ends mixed up": """
def recover(output):
    half = output.shape[-1] // 2
    return torch.stack([output[0, :, :half], output[-1, :, half:]])
""",
            "the halves mixed up": """
def recover(output):
    half = output.shape[-1] // 2
    return torch.stack([output[-1, :, half:], output[0, :, :half]])
""",
            "backward first": """
def recover(output):
    half = output.shape[-1] // 2
    return torch.stack([output[0, :, half:], output[-1, :, :half]])
""",
            "the last step reshaped": """
def recover(output):
    half = output.shape[-1] // 2
    return output[-1].reshape(2, output.shape[1], half)
""",
            "joined, not stacked": """
def recover(output):
    half = output.shape[-1] // 2
    return torch.cat([output[-1, :, :half], output[0, :, half:]], dim=-1)
""",
            "the batch in front": """
def recover(output):
    half = output.shape[-1] // 2
    return torch.stack([output[-1, :, :half], output[0, :, half:]], dim=1)
""",
            "the last sample instead of the last step": """
def recover(output):
    half = output.shape[-1] // 2
    return torch.stack([output[:, -1, :half], output[:, 0, half:]])
""",
            "the last step as it is": """
def recover(output):
    return output[-1:]
""",
        },
    ),
    "exercise-3": Answers(
        right={
            "a loop over the sentences, a list of rows": """
def summary(output, lengths):
    half = output.shape[-1] // 2
    return [torch.cat([one[n - 1, :half], one[0, half:]]) for one, n in zip(output, lengths)]
""",
            "gathered": """
def summary(output, lengths):
    forward, backward = output.chunk(2, dim=-1)
    places = (lengths - 1).view(-1, 1, 1).expand(-1, 1, forward.shape[-1])
    return torch.cat([forward.gather(1, places).squeeze(1), backward[:, 0]], dim=1)
""",
            "by a mask": """
def summary(output, lengths):
    half = output.shape[-1] // 2
    is_last = torch.arange(output.shape[1]) == lengths.unsqueeze(1) - 1  # (N, L)
    return torch.cat([output[is_last][:, :half], output[:, 0, half:]], dim=-1)
""",
            "the lengths as a list, the result filled": """
def summary(output, lengths):
    half = output.shape[-1] // 2
    found = output[:, 0].clone()
    for row, length in enumerate(lengths.tolist()):
        found[row, :half] = output[row, length - 1, :half]
    return found
""",
        },
        wrong={
            "lengths guessed from zeros in the output": """
def summary(output, lengths):
    half = output.shape[-1] // 2
    guessed = (output != 0).any(dim=-1).sum(dim=1)
    forward = output[torch.arange(len(output)), guessed - 1, :half]
    return torch.cat([forward, output[:, 0, half:]], dim=-1)
""",
            "the last step of the tensor": """
def summary(output, lengths):
    return output[:, -1]
""",
            "the last step of the tensor, forward": """
def summary(output, lengths):
    half = output.shape[-1] // 2
    return torch.cat([output[:, -1, :half], output[:, 0, half:]], dim=-1)
""",
            "both halves from the last valid step": """
def summary(output, lengths):
    return output[torch.arange(len(lengths)), lengths - 1]
""",
            "a step too early": """
def summary(output, lengths):
    half = output.shape[-1] // 2
    forward = output[torch.arange(len(lengths)), lengths - 2, :half]
    return torch.cat([forward, output[:, 0, half:]], dim=-1)
""",
            "a step too late, stopped at the end": """
def summary(output, lengths):
    half = output.shape[-1] // 2
    forward = output[torch.arange(len(lengths)), lengths.clamp(max=output.shape[1] - 1), :half]
    return torch.cat([forward, output[:, 0, half:]], dim=-1)
""",
            "every length for every sentence": """
def summary(output, lengths):
    half = output.shape[-1] // 2
    forward = output[:, lengths - 1, :half]
    return torch.cat([forward, output[:, :1, half:].expand(-1, len(lengths), -1)], dim=-1)
""",
            "backward first": """
def summary(output, lengths):
    half = output.shape[-1] // 2
    forward = output[torch.arange(len(lengths)), lengths - 1, :half]
    return torch.cat([output[:, 0, half:], forward], dim=-1)
""",
            "one length for all": """
def summary(output, lengths):
    half = output.shape[-1] // 2
    return torch.cat([output[:, lengths[0] - 1, :half], output[:, 0, half:]], dim=-1)
""",
            "an average over the valid steps": """
def summary(output, lengths):
    return output.sum(dim=1) / lengths.unsqueeze(1)
""",
            "time taken for the first axis": """
def summary(output, lengths):
    half = output.shape[-1] // 2
    return torch.cat([output[-1, :, :half], output[0, :, half:]], dim=-1)
""",
            "the lengths sorted": """
def summary(output, lengths):
    half = output.shape[-1] // 2
    forward = output[torch.arange(len(lengths)), lengths.sort(descending=True).values - 1, :half]
    return torch.cat([forward, output[:, 0, half:]], dim=-1)
""",
        },
    ),
    "exercise-4": Answers(
        right={
            "zeros, a generator": """
def moved_by_the_future(model, x):
    def moves(t):
        future = torch.zeros_like(x[t + 1 :])
        return not torch.allclose(model(torch.cat([x[: t + 1], future]))[t], model(x)[t], atol=1e-6)

    return any(moves(t) for t in range(len(x)))
""",
            "the signs turned round, a truth in a tensor": """
def moved_by_the_future(model, x):
    found = torch.tensor(False)
    for t in range(1, len(x)):
        other = torch.cat([x[:t], -x[t:]])
        found |= ((model(x) - model(other)).abs()[:t] > 1e-5).any()
    return found
""",
            "later steps one at a time": """
def moved_by_the_future(model, x):
    before = model(x).detach()
    for changed in range(1, len(x)):
        other = x.clone()
        other[changed] += 10
        if not torch.equal(model(other)[:changed], before[:changed]):
            return True
    return False
""",
            "in eval mode, by the greatest differences": """
def moved_by_the_future(model, x):
    model.eval()
    moved = []
    with torch.no_grad():
        for t in range(x.shape[0] - 1):
            other = x.clone()
            other[t + 1 :] = 5 * torch.randn(x[t + 1 :].shape)
            moved.append((model(other)[t] - model(x)[t]).abs().max().item())
    return max(moved) > 1e-6
""",
            "with numpy": """
def moved_by_the_future(model, x):
    import numpy as np

    before, moved = model(x).detach().numpy(), []
    for t in range(len(x) - 1):
        other = x.clone()
        other[t + 1 :] = -other[t + 1 :]
        moved.append(np.abs(model(other).detach().numpy()[t] - before[t]).max() > 1e-6)
    return np.any(moved)
""",
        },
        wrong={
            "the step itself changes": """
def moved_by_the_future(model, x):
    for t in range(len(x)):
        other = x.clone()
        other[t:] = torch.randn_like(other[t:])
        if (model(other)[t] - model(x)[t]).abs().max() > 1e-6:
            return True
    return False
""",
            "all outputs are compared": """
def moved_by_the_future(model, x):
    for t in range(len(x) - 1):
        other = x.clone()
        other[t + 1 :] = torch.randn_like(other[t + 1 :])
        if (model(other) - model(x)).abs().max() > 1e-6:
            return True
    return False
""",
            "the past changes": """
def moved_by_the_future(model, x):
    for t in range(1, len(x)):
        other = x.clone()
        other[:t] = torch.randn_like(other[:t])
        if (model(other)[t:] - model(x)[t:]).abs().max() > 1e-6:
            return True
    return False
""",
            "without a copy": """
def moved_by_the_future(model, x):
    before = model(x)
    for t in range(len(x) - 1):
        x[t + 1 :] = torch.randn_like(x[t + 1 :])
        if (model(x)[: t + 1] - before[: t + 1]).abs().max() > 1e-6:
            return True
    return False
""",
            "without a copy, so that nothing differs": """
def moved_by_the_future(model, x):
    for t in range(len(x) - 1):
        other = x
        other[t + 1 :] = torch.randn_like(other[t + 1 :])
        if (model(other)[: t + 1] - model(x)[: t + 1]).abs().max() > 1e-6:
            return True
    return False
""",
            "the gradient test again": """
def moved_by_the_future(model, x):
    return looks_ahead(model, x)
""",
            "the signs stay": """
def moved_by_the_future(model, x):
    for t in range(len(x) - 1):
        other = x.clone()
        other[t + 1 :] *= 2
        if (model(other)[: t + 1] - model(x)[: t + 1]).abs().max() > 1e-6:
            return True
    return False
""",
            "whether it stays": """
def moved_by_the_future(model, x):
    for t in range(len(x) - 1):
        other = torch.cat([x[: t + 1], torch.zeros_like(x[t + 1 :])])
        if (model(other)[: t + 1] - model(x)[: t + 1]).abs().max() > 1e-6:
            return False
    return True
""",
            "another batch of samples instead of the future": """
def moved_by_the_future(model, x):
    other = x.clone()
    other[:, 1:] = torch.randn_like(other[:, 1:])
    return bool((model(other)[:, 0] - model(x)[:, 0]).abs().max() > 1e-6)
""",
            "returned after the first step": """
def moved_by_the_future(model, x):
    for t in range(len(x) - 1):
        other = torch.cat([x[: t + 1], -x[t + 1 :]])
        return bool((model(other)[t] - model(x)[t]).abs().max() > 1e-6)
""",
            "only the step in the middle": """
def moved_by_the_future(model, x):
    t = len(x) // 2
    other = torch.cat([x[:t], -x[t:]])
    return bool((model(other)[t - 1] - model(x)[t - 1]).abs().max() > 1e-6)
""",
            "only the last step but one": """
def moved_by_the_future(model, x):
    other = torch.cat([x[:-1], -x[-1:]])
    return bool((model(other)[-2] - model(x)[-2]).abs().max() > 1e-6)
""",
        },
    ),
    "exercise-5": Answers(
        right={
            "the insight, without counting": """
def parity_ceiling(window, lookahead):
    return 1.0 if lookahead >= window else 0.5
""",
            "an integer and a half": """
def parity_ceiling(window, lookahead):
    return 1 if lookahead == window else 1 / 2
""",
            "a tensor, by binary numbers": """
def parity_ceiling(window, lookahead):
    bits = torch.arange(2**window).unsqueeze(1) >> torch.arange(window) & 1  # (2 ** window, window)
    odd = (bits.sum(dim=1) % 2).view(2 ** (window - lookahead), -1).float().mean(dim=0)
    return torch.maximum(odd, 1 - odd).mean()
""",
            "by a recursion": """
def parity_ceiling(window, lookahead):
    if lookahead == 0:
        return 0.5 if window > 0 else 1.0
    return parity_ceiling(window - 1, lookahead - 1)
""",
        },
        wrong={
            "that of the majority": """
def parity_ceiling(window, lookahead):
    return ceiling(window, lookahead)
""",
            "every bit helps": """
def parity_ceiling(window, lookahead):
    return 0.5 + 0.5 * lookahead / window
""",
            "always a coin": """
def parity_ceiling(window, lookahead):
    return 0.5
""",
            "as if all were seen": """
def parity_ceiling(window, lookahead):
    groups = Counter()
    for future in product((0, 1), repeat=window):
        groups[future, sum(future) % 2] += 1
    return sum(groups.values()) / 2**window
""",
            "the share of each group instead of the better one": """
def parity_ceiling(window, lookahead):
    groups = Counter()
    for future in product((0, 1), repeat=window):
        groups[future[:lookahead], sum(future) % 2] += 1
    return max(groups.values()) / 2**window
""",
            "the parity of what is seen": """
def parity_ceiling(window, lookahead):
    groups = Counter()
    for future in product((0, 1), repeat=window):
        groups[future[:lookahead], sum(future[:lookahead]) % 2] += 1
    seen = {key for key, _ in groups}
    return sum(max(groups[key, 0], groups[key, 1]) for key in seen) / 2**window
""",
            "the count of ones for the tag": """
def parity_ceiling(window, lookahead):
    groups = Counter()
    for future in product((0, 1), repeat=window):
        groups[future[:lookahead], sum(future)] += 1
    seen = {key for key, _ in groups}
    return sum(max(groups[key, tag] for tag in range(window + 1)) for key in seen) / 2**window
""",
            "in percent": """
def parity_ceiling(window, lookahead):
    return 100 if lookahead == window else 50
""",
            "a window of 3 only": """
def parity_ceiling(window, lookahead):
    return 1.0 if lookahead == 3 else 0.5
""",
        },
    ),
    "exercise-6": Answers(
        right={
            "the names changed, in place": """
def join(left_to_right, right_to_left):
    both = nn.RNN(7, 3, bidirectional=True)
    with torch.no_grad():
        for name, weight in both.named_parameters():
            source = right_to_left if name.endswith("_reverse") else left_to_right
            weight.copy_(getattr(source, name.removesuffix("_reverse")))
    return both
""",
            "a dict in one expression": """
def join(left_to_right, right_to_left):
    backward = {f"{name}_reverse": weight for name, weight in right_to_left.named_parameters()}
    both = nn.RNN(7, 3, bidirectional=True)
    both.load_state_dict(left_to_right.state_dict() | backward)
    return both
""",
            "all weights in their order": """
def join(left_to_right, right_to_left):
    both = nn.RNN(7, 3, 1, bidirectional=True)
    weights = [*left_to_right.parameters(), *right_to_left.parameters()]
    both.load_state_dict(dict(zip(both.state_dict(), weights)))
    return both
""",
            "the book's own layer": """
def join(left_to_right, right_to_left):
    both = layers.RNN(7, 3, bidirectional=True)
    backward = {f"{name}_reverse": weight for name, weight in right_to_left.state_dict().items()}
    both.load_state_dict({**left_to_right.state_dict(), **backward})
    return both
""",
        },
        wrong={
            "the two mixed up": """
def join(left_to_right, right_to_left):
    weights = dict(right_to_left.state_dict())
    for name, weight in left_to_right.state_dict().items():
        weights[f"{name}_reverse"] = weight
    both = nn.RNN(7, 3, bidirectional=True)
    both.load_state_dict(weights)
    return both
""",
            "the forward weights only": """
def join(left_to_right, right_to_left):
    both = nn.RNN(7, 3, bidirectional=True)
    both.load_state_dict(left_to_right.state_dict(), strict=False)
    return both
""",
            "a stack of both": """
def join(left_to_right, right_to_left):
    both = nn.RNN(7, 3, bidirectional=True)
    both.load_state_dict(left_to_right.state_dict(), strict=False)
    both.load_state_dict(right_to_left.state_dict(), strict=False)
    return both
""",
            "the forward weights twice": """
def join(left_to_right, right_to_left):
    weights = dict(left_to_right.state_dict())
    weights |= {f"{name}_reverse": weight for name, weight in left_to_right.state_dict().items()}
    both = nn.RNN(7, 3, bidirectional=True)
    both.load_state_dict(weights)
    return both
""",
            "no network": """
def join(left_to_right, right_to_left):
    def both(x):
        first, second = left_to_right(x), right_to_left(x.flip(0))
        return torch.cat([first[0], second[0].flip(0)], dim=-1), torch.cat([first[1], second[1]])
    return both
""",
            "an answer for one sentence": """
def join(left_to_right, right_to_left):
    return lambda x: (beside, torch.cat([left_to_right(robbed)[1], right_to_left(robbed.flip(0))[1]]))
""",
            "untouched": """
def join(left_to_right, right_to_left):
    return nn.RNN(7, 3, bidirectional=True)
""",
            "two layers instead of two directions": """
def join(left_to_right, right_to_left):
    return nn.RNN(7, 3, num_layers=2)
""",
            "the matrices without the biases": """
def join(left_to_right, right_to_left):
    both = nn.RNN(7, 3, bidirectional=True)
    for kind in ("weight_ih_l0", "weight_hh_l0"):
        getattr(both, kind).data = getattr(left_to_right, kind).data
        getattr(both, f"{kind}_reverse").data = getattr(right_to_left, kind).data
    return both
""",
        },
    ),
}
