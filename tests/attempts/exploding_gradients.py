"""Readers' answers to the exercises of the chapter on exploding and vanishing gradients."""

from exercising import Answers

ATTEMPTS = {
    "exercise-1": Answers(
        right={
            "tuples of integers": """
by_norm = 3, -4
by_value = 5, -5
""",
            "tensors": """
by_norm = torch.tensor([6.0, -8.0]) / 2
by_value = torch.tensor([6.0, -8.0]).clamp(-5, 5)
""",
            "computed, as a list of tensors": """
norm = torch.linalg.vector_norm(torch.tensor([6.0, -8.0]))
by_norm = [g * 5 / norm for g in (6, -8)]
by_value = [min(6, 5), max(-8, -5)]
""",
        },
        wrong={
            "each by value in both": """
by_norm = [5.0, -5.0]
by_value = [5.0, -5.0]
""",
            "the norm as the sum of the sizes": """
by_norm = [6 * 5 / 14, -8 * 5 / 14]
by_value = [5.0, -5.0]
""",
            "the norm as the greatest entry": """
by_norm = [3.75, -5.0]
by_value = [5.0, -5.0]
""",
            "the signs lost": """
by_norm = [3.0, 4.0]
by_value = [5.0, 5.0]
""",
            "divided by 5": """
by_norm = [1.2, -1.6]
by_value = [5.0, -5.0]
""",
            "each parameter has a norm of its own": """
by_norm = [5.0, -5.0]
by_value = [6.0, -8.0]
""",
            "by value, only from above": """
by_norm = [3.0, -4.0]
by_value = [5.0, -8.0]
""",
            "the two ways exchanged": """
by_norm = [5.0, -5.0]
by_value = [3.0, -4.0]
""",
        },
    ),
    "exercise-2": Answers(
        right={
            "rounded": """
times_for_radius = 1.7
times_for_relu = 2.45
""",
            "as tensors": """
times_for_radius = torch.tensor(3.0).sqrt()
times_for_relu = torch.tensor(6.0).sqrt()
""",
            "from the deviation of a fresh weight": """
deviation = fresh(512).std() * 512**0.5
times_for_radius = 1 / deviation
times_for_relu = 2**0.5 / deviation.item()
""",
        },
        wrong={
            "not at all": """
times_for_radius = 1
times_for_relu = 1
""",
            "the variance in place of the deviation": """
times_for_radius = 3
times_for_relu = 6
""",
            "the inverse": """
times_for_radius = 3**-0.5
times_for_relu = 6**-0.5
""",
            "relu as tanh": """
times_for_radius = 3**0.5
times_for_relu = 3**0.5
""",
            "half of the slopes: twice as much": """
times_for_radius = 3**0.5
times_for_relu = 2 * 3**0.5
""",
            "relu's scale by itself": """
times_for_radius = 3**0.5
times_for_relu = 2**0.5
""",
            "the greatest singular value, which is twice the radius": """
times_for_radius = 3**0.5 / 2
times_for_relu = 6**0.5
""",
        },
    ),
    "exercise-3": Answers(
        right={
            "by autograd": """
def all_gradients(output, W_hh, weigh_all):
    direct, found = weigh_all.unbind(0), []
    gradient = torch.zeros(5, 8)
    for t in range(9, -1, -1):
        h = output[t].clone().requires_grad_()
        gradient = gradient + direct[t]
        found.append(gradient)
        (gradient,) = torch.autograd.grad(h, h, gradient)
        gradient = gradient * (1 - output[t] ** 2) @ W_hh
    return torch.stack([*found, gradient]).flip(0)
""",
            "written into a tensor of zeros, in double precision": """
def all_gradients(output, W_hh, weigh_all):
    L, N, H = output.shape
    gradients = torch.zeros(L + 1, N, H, dtype=torch.float64)
    gradients[1:] = weigh_all
    for t in range(L, 0, -1):
        slope = (1 - output[t - 1] * output[t - 1]).double()
        gradients[t - 1] += (gradients[t] * slope) @ W_hh.double()
    return gradients
""",
            "with the matrices of Jacobi": """
def all_gradients(output, W_hh, weigh_all):
    gradient, found = torch.zeros_like(output[0]), []
    for t in reversed(range(len(output))):
        gradient = gradient + weigh_all[t]
        found.append(gradient)
        J = (1 - output[t] ** 2).unsqueeze(-1) * W_hh  # (N, H, H)
        gradient = torch.einsum("ni,nij->nj", gradient, J)
    found.append(gradient)
    return torch.stack(found[::-1])
""",
            "with the book's tool": """
def all_gradients(output, W_hh, weigh_all):
    return state_gradients(rnn_3, x_3, lambda y: (weigh_all * y).sum())
""",
        },
        wrong={
            "only through the next step, and the loss at the end": """
def all_gradients(output, W_hh, weigh_all):
    gradient, found = weigh_all[-1], [weigh_all[-1]]
    for h in output.flip(0):
        gradient = (gradient * (1 - h**2)) @ W_hh
        found.insert(0, gradient)
    return torch.stack(found)
""",
            "only directly": """
def all_gradients(output, W_hh, weigh_all):
    return torch.cat([torch.zeros_like(weigh_all[:1]), weigh_all])
""",
            "the matrix turned round": """
def all_gradients(output, W_hh, weigh_all):
    gradient, found = torch.zeros_like(output[0]), []
    for h, direct in zip(output.flip(0), weigh_all.flip(0)):
        gradient = gradient + direct
        found.insert(0, gradient)
        gradient = (gradient * (1 - h**2)) @ W_hh.T
    return torch.stack([gradient, *found])
""",
            "without the slope of tanh": """
def all_gradients(output, W_hh, weigh_all):
    gradient, found = torch.zeros_like(output[0]), []
    for direct in weigh_all.flip(0):
        gradient = gradient + direct
        found.insert(0, gradient)
        gradient = gradient @ W_hh
    return torch.stack([gradient, *found])
""",
            "the slope taken after the matrix": """
def all_gradients(output, W_hh, weigh_all):
    gradient, found = torch.zeros_like(output[0]), []
    for h, direct in zip(output.flip(0), weigh_all.flip(0)):
        gradient = gradient + direct
        found.insert(0, gradient)
        gradient = (gradient @ W_hh) * (1 - h**2)
    return torch.stack([gradient, *found])
""",
            "the direct part added a step too late": """
def all_gradients(output, W_hh, weigh_all):
    gradient, found = torch.zeros_like(output[0]), []
    for h, direct in zip(output.flip(0), weigh_all.flip(0)):
        found.insert(0, gradient)
        gradient = (gradient * (1 - h**2)) @ W_hh + direct
    return torch.stack([gradient, *found])
""",
            "h_0 weighed as h_1 is": """
def all_gradients(output, W_hh, weigh_all):
    gradient, found = torch.zeros_like(output[0]), []
    for h, direct in zip(output.flip(0), weigh_all.flip(0)):
        gradient = gradient + direct
        found.insert(0, gradient)
        gradient = (gradient * (1 - h**2)) @ W_hh
    return torch.stack([gradient + weigh_all[0], *found])
""",
            "in the order of the backward pass": """
def all_gradients(output, W_hh, weigh_all):
    gradient, found = torch.zeros_like(output[0]), []
    for h, direct in zip(output.flip(0), weigh_all.flip(0)):
        gradient = gradient + direct
        found.append(gradient)
        gradient = (gradient * (1 - h**2)) @ W_hh
    return torch.stack([*found, gradient])
""",
            "without h_0": """
def all_gradients(output, W_hh, weigh_all):
    gradient, found = torch.zeros_like(output[0]), []
    for h, direct in zip(output.flip(0), weigh_all.flip(0)):
        gradient = gradient + direct
        found.insert(0, gradient)
        gradient = (gradient * (1 - h**2)) @ W_hh
    return torch.stack(found)
""",
        },
    ),
    "exercise-4": Answers(
        right={
            "a list": "factors = [1e-3, 1]",
            "a tensor": "factors = torch.tensor([0.001, 1.0])",
            "as fractions": """
from fractions import Fraction
factors = Fraction(1, 1000), Fraction(1)
""",
        },
        wrong={
            "both alike": "factors = 1 / 1000, 1 / 1000",
            "neither": "factors = 1, 1",
            "the other way round": "factors = 1000, 1",
            "exchanged": "factors = 1, 1 / 1000",
            "Adam by the root": "factors = 1 / 1000, 1000**-0.5",
            "a gradient of norm 1 moves by 1": "factors = 1, 0.1",
            "nearly a thousandth": "factors = 0.00109, 1.0",
        },
    ),
    "exercise-5": Answers(
        right={
            "h and c by name": """
def truncated(network, x, k):
    N, H = x.shape[1], network.hidden_size
    h, c, parts = torch.zeros(1, N, H), torch.zeros(1, N, H), []
    for start in range(0, len(x), k):
        output, (h, c) = network(x[start : start + k], (h.detach(), c.detach()))
        parts += [output]
    return torch.vstack(parts)
""",
            "step by step": """
def truncated(network, x, k):
    state, outputs = None, []
    for t, x_t in enumerate(x):
        if t > 0 and t % k == 0:
            state = state[0].detach(), state[1].detach()
        output, state = network(x_t.unsqueeze(0), state)
        outputs.append(output[0])
    return torch.stack(outputs)
""",
            "the state without a graph from the start": """
def truncated(network, x, k):
    output, state = network(x[:k])
    parts = [output]
    for chunk in x[k:].split(k):
        with torch.no_grad():
            state = [part.clone().detach_() for part in state]
        output, state = network(chunk, state)
        parts.append(output)
    return torch.concat(parts, dim=0)
""",
            "each state computed once more, without gradients": """
def truncated(network, x, k):
    parts = []
    for start in range(0, len(x), k):
        with torch.no_grad():
            state = network(x[:start])[1] if start else None
        parts.append(network(x[start : start + k], state)[0])
    return torch.cat(parts)
""",
        },
        wrong={
            "not cut off": """
def truncated(network, x, k):
    state, outputs = None, []
    for chunk in x.split(k):
        output, state = network(chunk, state)
        outputs.append(output)
    return torch.cat(outputs)
""",
            "in one call": """
def truncated(network, x, k):
    return network(x)[0]
""",
            "only h cut off": """
def truncated(network, x, k):
    state, outputs = None, []
    for chunk in x.split(k):
        output, (h, c) = network(chunk, state)
        state = h.detach(), c
        outputs.append(output)
    return torch.cat(outputs)
""",
            "only c cut off": """
def truncated(network, x, k):
    state, outputs = None, []
    for chunk in x.split(k):
        output, (h, c) = network(chunk, state)
        state = h, c.detach()
        outputs.append(output)
    return torch.cat(outputs)
""",
            "each chunk begins with zeros": """
def truncated(network, x, k):
    return torch.cat([network(chunk)[0] for chunk in x.split(k)])
""",
            "k chunks": """
def truncated(network, x, k):
    state, outputs = None, []
    for chunk in x.chunk(k):
        output, state = network(chunk, state)
        state = tuple(part.detach() for part in state)
        outputs.append(output)
    return torch.cat(outputs)
""",
            "cut a step too late": """
def truncated(network, x, k):
    state, outputs = None, []
    for t, x_t in enumerate(x.split(1)):
        output, state = network(x_t, state)
        if t > 0 and t % k == 0:
            state = tuple(part.detach() for part in state)
        outputs.append(output)
    return torch.cat(outputs)
""",
            "cut at every step": """
def truncated(network, x, k):
    state, outputs = None, []
    for x_t in x.split(1):
        output, state = network(x_t, state)
        state = tuple(part.detach() for part in state)
        outputs.append(output)
    return torch.cat(outputs)
""",
            "the rest left out": """
def truncated(network, x, k):
    state, outputs = None, []
    for n in range(len(x) // k):
        output, state = network(x[n * k : (n + 1) * k], state)
        state = tuple(part.detach() for part in state)
        outputs.append(output)
    return torch.cat(outputs)
""",
            "cut along the batch": """
def truncated(network, x, k):
    state, outputs = None, []
    for chunk in x.split(k, dim=1):
        output, state = network(chunk)
        state = tuple(part.detach() for part in state)
        outputs.append(output)
    return torch.cat(outputs, dim=1)
""",
            "four steps, whatever k is": """
def truncated(network, x, k):
    state, outputs = None, []
    for chunk in x.split(4):
        output, state = network(chunk, state)
        state = tuple(part.detach() for part in state)
        outputs.append(output)
    return torch.cat(outputs)
""",
        },
    ),
    "exercise-6": Answers(
        right={
            "in one run, as a tensor": """
def first_break(network, x):
    bad = (~network(x)[0].isfinite()).flatten(1).any(dim=1)
    return bad.nonzero()[0, 0] if bad.any() else None
""",
            "by argmax": """
def first_break(network, x):
    bad = ~torch.isfinite(network(x)[0]).all(dim=2).all(dim=1)
    return int(bad.int().argmax()) if bad.any() else None
""",
            "next, over the steps": """
def first_break(network, x):
    with torch.no_grad():
        output, _ = network(x)
    return next((t for t, y in enumerate(output) if not y.isfinite().all()), None)
""",
            "longer and longer beginnings": """
def first_break(network, x):
    for length in range(1, len(x) + 1):
        if not bool(network(x[:length])[0].isfinite().all()):
            return length - 1
""",
        },
        wrong={
            "sequence 0 only": """
def first_break(network, x):
    for t, y in enumerate(network(x)[0]):
        if not y[0].isfinite().all():
            return t
    return None
""",
            "the last sequence only": """
def first_break(network, x):
    for t, y in enumerate(network(x)[0][:, -1]):
        if not y.isfinite().all():
            return t
    return None
""",
            "unit 0 only": """
def first_break(network, x):
    for t, y in enumerate(network(x)[0]):
        if not y[:, 0].isfinite().all():
            return t
    return None
""",
            "all sequences broken": """
def first_break(network, x):
    for t, y in enumerate(network(x)[0]):
        if not y.isfinite().any():
            return t
    return None
""",
            "NaN only": """
def first_break(network, x):
    for t, y in enumerate(network(x)[0]):
        if y.isnan().any():
            return t
    return None
""",
            "infinity only": """
def first_break(network, x):
    for t, y in enumerate(network(x)[0]):
        if y.isinf().any():
            return t
    return None
""",
            "counted from 1": """
def first_break(network, x):
    for t, y in enumerate(network(x)[0], start=1):
        if not y.isfinite().all():
            return t
    return None
""",
            "-1 if there is none": """
def first_break(network, x):
    for t, y in enumerate(network(x)[0]):
        if not y.isfinite().all():
            return t
    return -1
""",
            "0 if there is none": """
def first_break(network, x):
    return int((~network(x)[0].isfinite()).flatten(1).any(dim=1).int().argmax())
""",
            "its length if there is none": """
def first_break(network, x):
    return int(network(x)[0].isfinite().all(-1).all(-1).sum())
""",
            "the batch in front": """
def first_break(network, x):
    for t in range(x.shape[1]):
        if not network(x)[0][:, t].isfinite().all():
            return t
    return None
""",
            "large, but finite yet": """
def first_break(network, x):
    for t, y in enumerate(network(x)[0]):
        if not y.abs().max() < 1e30:
            return t
    return None
""",
            "each step by itself, without the state": """
def first_break(network, x):
    for t, x_t in enumerate(x.split(1)):
        if not network(x_t)[0].isfinite().all():
            return t
    return None
""",
        },
    ),
}
