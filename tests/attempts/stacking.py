"""Readers' answers to the exercises of the chapter on stacking."""

from exercising import Answers

ATTEMPTS = {
    "exercise-1": Answers(
        right={
            "as a float": "parameters = 2320.0",
            "as a tensor": "parameters = torch.tensor([20 * (10 + 20 + 2)] + 2 * [20 * (20 + 20 + 2)]).sum()",
            "by a loop": """
parameters, width = 0, 10
for _ in range(3):
    parameters += 20 * (width + 20 + 2)
    width = 20
""",
        },
        wrong={
            "three times the first layer": "parameters = 3 * 20 * (10 + 20 + 2)",
            "one bias a layer": "parameters = 20 * (10 + 20 + 1) + 2 * 20 * (20 + 20 + 1)",
            "no bias": "parameters = 20 * (10 + 20) + 2 * 20 * (20 + 20)",
            "two layers": "parameters = 20 * (10 + 20 + 2) + 20 * (20 + 20 + 2)",
            "four layers": "parameters = 20 * (10 + 20 + 2) + 3 * 20 * (20 + 20 + 2)",
            "every layer reads states only": "parameters = 3 * 20 * (20 + 20 + 2)",
            "the layers above read the input, too": "parameters = 20 * (10 + 20 + 2) + 2 * 20 * (30 + 20 + 2)",
            "one cell for all": "parameters = 20 * (10 + 20 + 2)",
        },
    ),
    "exercise-2": Answers(
        right={
            "as floats": "by_diagonal, one_by_one = 103.0, 4e2",
            "a tensor taken apart": "by_diagonal, one_by_one = torch.tensor([103, 400])",
            "counted": """
cells_of = [(k, t) for k in range(4) for t in range(100)]
by_diagonal = len({k + t for k, t in cells_of})
one_by_one = len(cells_of)
""",
        },
        wrong={
            "one too many": "by_diagonal, one_by_one = 100 + 4, 100 * 4",
            "one too few": "by_diagonal, one_by_one = 100 + 4 - 2, 100 * 4",
            "a moment for each step": "by_diagonal, one_by_one = 100, 400",
            "four at once from the start": "by_diagonal, one_by_one = 400 / 4, 400",
            "a moment for each layer": "by_diagonal, one_by_one = 4, 400",
            "the two mixed up": "by_diagonal, one_by_one = 400, 103",
            "the wave of the picture": "by_diagonal, one_by_one = 6, 12",
            "steps and layers added": "by_diagonal, one_by_one = 103, 104",
        },
    ),
    "exercise-3": Answers(
        right={
            "by a cell, as a list": """
def ground_floor(deep, x):
    cell = nn.RNNCell(10, 20)
    cell.load_state_dict({name: getattr(deep, f"{name}_l0") for name in cell.state_dict()})
    h, outputs = torch.zeros(5, 20), []
    for x_t in x:
        h = cell(x_t, h)
        outputs.append(h)
    return outputs
""",
            "the first four weights, copied in place": """
def ground_floor(deep, x):
    bottom = nn.RNN(10, 20)
    with torch.no_grad():
        for mine, theirs in zip(bottom.parameters(), deep.parameters()):
            mine.copy_(theirs)
    output, _ = bottom(x)
    return output
""",
            "not strict": """
def ground_floor(deep, x):
    bottom = nn.RNN(10, 20)
    bottom.load_state_dict(deep.state_dict(), strict=False)
    return bottom(x, torch.zeros(1, 5, 20))[0].detach()
""",
            "read off h_n, after each beginning of the sequence": """
def ground_floor(deep, x):
    return torch.stack([deep(x[: t + 1])[1][0] for t in range(len(x))])
""",
            "by hand": """
def ground_floor(deep, x):
    h, outputs = torch.zeros(5, 20), torch.empty(7, 5, 20)
    for t in range(7):
        from_input = x[t] @ deep.weight_ih_l0.T + deep.bias_ih_l0
        h = torch.tanh(from_input + h @ deep.weight_hh_l0.T + deep.bias_hh_l0)
        outputs[t] = h
    return outputs
""",
        },
        wrong={
            "the top layer": """
def ground_floor(deep, x):
    return deep(x)[0]
""",
            "only the final state": """
def ground_floor(deep, x):
    return deep(x)[1][0]
""",
            "the final states of all layers": """
def ground_floor(deep, x):
    return deep(x)[1]
""",
            "new weights": """
def ground_floor(deep, x):
    return nn.RNN(10, 20)(x)[0]
""",
            "both results": """
def ground_floor(deep, x):
    bottom = nn.RNN(10, 20)
    bottom.load_state_dict({name: getattr(deep, name) for name in bottom.state_dict()})
    return bottom(x)
""",
            "the state of one layer": """
def ground_floor(deep, x):
    bottom = nn.RNN(10, 20)
    bottom.load_state_dict({name: getattr(deep, name) for name in bottom.state_dict()})
    return bottom(x)[1]
""",
            "the matrices without the biases": """
def ground_floor(deep, x):
    bottom = nn.RNN(10, 20, bias=False)
    bottom.load_state_dict({name: getattr(deep, name) for name in bottom.state_dict()})
    return bottom(x)[0]
""",
            "the state's matrix of another layer": """
def ground_floor(deep, x):
    bottom = nn.RNN(10, 20)
    bottom.load_state_dict({name: getattr(deep, name) for name in bottom.state_dict()})
    bottom.weight_hh_l0.data = deep.weight_hh_l1.data
    return bottom(x)[0]
""",
            "every step from zeros": """
def ground_floor(deep, x):
    bottom = nn.RNN(10, 20)
    bottom.load_state_dict({name: getattr(deep, name) for name in bottom.state_dict()})
    return torch.cat([bottom(x_t.unsqueeze(0))[0] for x_t in x])
""",
            "batch_first": """
def ground_floor(deep, x):
    bottom = nn.RNN(10, 20, batch_first=True)
    bottom.load_state_dict({name: getattr(deep, name) for name in bottom.state_dict()})
    return bottom(x)[0]
""",
            "one state, changed in place": """
@torch.no_grad()
def ground_floor(deep, x):
    cell = nn.RNNCell(10, 20)
    cell.load_state_dict({name: getattr(deep, f"{name}_l0") for name in cell.state_dict()})
    h, outputs = torch.zeros(5, 20), []
    for x_t in x:
        h.copy_(cell(x_t, h))
        outputs.append(h)
    return torch.stack(outputs)
""",
            "the final state at every step": """
def ground_floor(deep, x):
    return deep(x)[1][:1].expand(len(x), -1, -1)
""",
            "the top layer but for the final state": """
def ground_floor(deep, x):
    output, h_n = deep(x)
    return torch.cat([output[:-1], h_n[:1]])
""",
        },
    ),
    "exercise-4": Answers(
        right={
            "pieces of one step": """
def streamed(deep, x):
    outputs, h = [], torch.zeros(3, x.shape[1], 20)
    for piece in x.split(1):
        output, h = deep(piece, h.detach())
        outputs.append(output)
    return torch.cat(outputs)
""",
            "a list of the top states": """
def streamed(deep, x):
    outputs, h_n = [], None
    for t in range(len(x)):
        _, h_n = deep(x[t : t + 1], h_n)
        outputs.append(h_n[-1])
    return outputs
""",
            "a generator": """
def streamed(deep, x):
    def outputs():
        h_n = None
        for x_t in x:
            output, h_n = deep(x_t[None], h_n)
            yield output.squeeze(0)

    return torch.stack(tuple(outputs()))
""",
            "a tensor, filled": """
def streamed(deep, x):
    joined, h_n = x.new_empty(len(x), 5, 20), x.new_zeros(3, 5, 20)
    for t, x_t in enumerate(x):
        joined[t : t + 1], h_n = deep(x_t.view(1, 5, 10), h_n)
    return joined
""",
        },
        wrong={
            "the whole at once": """
def streamed(deep, x):
    return deep(x)[0]
""",
            "every step from zeros": """
def streamed(deep, x):
    return torch.cat([deep(x_t.unsqueeze(0))[0] for x_t in x])
""",
            "the top state for all layers": """
def streamed(deep, x):
    outputs, h_n = [], torch.zeros(3, 5, 20)
    for x_t in x:
        output, h_n = deep(x_t.unsqueeze(0), h_n)
        outputs.append(output[0])
        h_n = h_n[-1:].repeat(3, 1, 1)
    return torch.stack(outputs)
""",
            "the states in the wrong order": """
def streamed(deep, x):
    outputs, h_n = [], torch.zeros(3, 5, 20)
    for x_t in x:
        output, h_n = deep(x_t.unsqueeze(0), h_n.flip(0))
        outputs.append(output[0])
    return torch.stack(outputs)
""",
            "without an axis for time": """
def streamed(deep, x):
    return torch.stack([deep(x_t)[0] for x_t in x])
""",
            "without an axis for time, the states handed on": """
def streamed(deep, x):
    outputs, h_n = [], None
    for x_t in x:
        output, h_n = deep(x_t, h_n)
        outputs.append(output)
    return torch.stack(outputs)
""",
            "the batch taken for time": """
def streamed(deep, x):
    outputs, h_n = [], None
    for x_t in x:
        output, h_n = deep(x_t.unsqueeze(1), h_n)
        outputs.append(output.squeeze(1))
    return torch.stack(outputs)
""",
            "the axis of time left in": """
def streamed(deep, x):
    outputs, h_n = [], None
    for x_t in x:
        output, h_n = deep(x_t.unsqueeze(0), h_n)
        outputs.append(output)
    return torch.stack(outputs)
""",
            "joined along the batch": """
def streamed(deep, x):
    outputs, h_n = [], None
    for x_t in x:
        output, h_n = deep(x_t.unsqueeze(0), h_n)
        outputs.append(output[0])
    return torch.cat(outputs)
""",
            "the last output only": """
def streamed(deep, x):
    h_n = None
    for x_t in x:
        output, h_n = deep(x_t.unsqueeze(0), h_n)
    return output
""",
            "the lowest layer's states": """
def streamed(deep, x):
    outputs, h_n = [], None
    for x_t in x:
        _, h_n = deep(x_t.unsqueeze(0), h_n)
        outputs.append(h_n[0])
    return torch.stack(outputs)
""",
            "one state, changed in place": """
@torch.no_grad()
def streamed(deep, x):
    outputs, h_n = [], torch.zeros(3, 5, 20)
    for x_t in x:
        h_n.copy_(deep(x_t.unsqueeze(0), h_n)[1])
        outputs.append(h_n[-1])
    return torch.stack(outputs)
""",
        },
    ),
    "exercise-5": Answers(
        right={
            "a sum of all that came before": """
def residual_stack(modules, x):
    states = [modules[0](x)[0]]
    for module in list(modules)[1:]:
        states.append(module(sum(states))[0])
    return torch.stack(states).sum(dim=0)
""",
            "by the number of the layer": """
def residual_stack(modules, x):
    for k, module in enumerate(modules):
        states = module(x)[0]
        x = states if k == 0 else x + states
    return x
""",
            "time first": """
def residual_stack(modules, x):
    states, outputs = [None] * len(modules), []
    for x_t in x:
        y = None
        for k, module in enumerate(modules):
            output, states[k] = module((x_t if y is None else y).unsqueeze(0), states[k])
            y = output[0] if y is None else y + output[0]
        outputs.append(y)
    return torch.stack(outputs)
""",
        },
        wrong={
            "changed in place, so that it cannot be trained": """
def residual_stack(modules, x):
    y = modules[0](x)[0]
    for k in (1, 2):
        y += modules[k](y, torch.zeros(1, 5, 3))[0]
    return y
""",
            "without gradients": """
@torch.no_grad()
def residual_stack(modules, x):
    y = modules[0](x)[0]
    for module in modules[1:]:
        y = y + module(y)[0]
    return y
""",
            "the pair, as a module returns it": """
def residual_stack(modules, x):
    y, h_n = modules[0](x)
    for module in modules[1:]:
        output, h_n = module(y)
        y = y + output
    return y, h_n
""",
            "a plain stack": """
def residual_stack(modules, x):
    for module in modules:
        x, _ = module(x)
    return x
""",
            "the states added, but not read": """
def residual_stack(modules, x):
    total = 0
    for module in modules:
        x, _ = module(x)
        total = total + x
    return total
""",
            "the addition read, but not by the readout": """
def residual_stack(modules, x):
    y, _ = modules[0](x)
    for module in modules[1:]:
        output, _ = module(y)
        y = y + output
    return output
""",
            "around the whole stack": """
def residual_stack(modules, x):
    first, _ = modules[0](x)
    y = first
    for module in modules[1:]:
        y, _ = module(y)
    return first + y
""",
            "each adds what the first has made": """
def residual_stack(modules, x):
    first, _ = modules[0](x)
    y = first
    for module in modules[1:]:
        y = first + module(y)[0]
    return y
""",
            "without the last addition": """
def residual_stack(modules, x):
    y, _ = modules[0](x)
    y = y + modules[1](y)[0]
    return modules[2](y)[0]
""",
            "the input's first numbers added to the first layer": """
def residual_stack(modules, x):
    y = x[..., :3] + modules[0](x)[0]
    for module in modules[1:]:
        y = y + module(y)[0]
    return y
""",
            "its own states added to themselves": """
def residual_stack(modules, x):
    y, _ = modules[0](x)
    for module in modules[1:]:
        output, _ = module(y)
        y = output + output
    return y
""",
            "the final states added": """
def residual_stack(modules, x):
    y, _ = modules[0](x)
    for module in modules[1:]:
        _, h_n = module(y)
        y = y + h_n
    return y
""",
            "a tanh on top": """
def residual_stack(modules, x):
    y, _ = modules[0](x)
    for module in modules[1:]:
        y = torch.tanh(y + module(y)[0])
    return y
""",
            "the states handed up": """
def residual_stack(modules, x):
    y, h = modules[0](x)
    for module in modules[1:]:
        output, h = module(y, h)
        y = y + output
    return y
""",
        },
    ),
}
