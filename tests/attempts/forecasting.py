"""Readers' answers to the exercises of the chapter on forecasting a series."""

from exercising import Answers

ATTEMPTS = {
    "exercise-1": Answers(
        right={
            "as a sum of powers": """
def far_ahead(last, c, phi, h):
    return c * (1 - phi**h) / (1 - phi) + phi**h * last
""",
            "powers summed": """
def far_ahead(last, c, phi, h):
    return phi**h * last + c * sum(phi**k for k in range(h))
""",
            "as a tensor": """
def far_ahead(last, c, phi, h):
    mean = torch.tensor(c / (1 - phi))
    return mean + torch.tensor(phi).pow(h) * (last - mean)
""",
            "by a matrix": """
def far_ahead(last, c, phi, h):
    step = torch.tensor([[phi, c], [0.0, 1.0]]).double()
    return (torch.linalg.matrix_power(step, h) @ torch.tensor([last, 1.0]).double())[0].item()
""",
        },
        wrong={
            "without the constant": """
def far_ahead(last, c, phi, h):
    return phi**h * last
""",
            "the constant once": """
def far_ahead(last, c, phi, h):
    return c + phi**h * last
""",
            "the constant h times": """
def far_ahead(last, c, phi, h):
    return h * c + phi**h * last
""",
            "one step too few": """
def far_ahead(last, c, phi, h):
    mean = c / (1 - phi)
    return mean + phi ** (h - 1) * (last - mean)
""",
            "one step too many": """
def far_ahead(last, c, phi, h):
    mean = c / (1 - phi)
    return mean + phi ** (h + 1) * (last - mean)
""",
            "c taken for the mean": """
def far_ahead(last, c, phi, h):
    return c + phi**h * (last - c)
""",
            "the mean": """
def far_ahead(last, c, phi, h):
    return c / (1 - phi)
""",
            "the size of phi only": """
def far_ahead(last, c, phi, h):
    mean = c / (1 - phi)
    return mean + abs(phi) ** h * (last - mean)
""",
        },
    ),
    "exercise-2": Answers(
        right={
            "by asking each index": """
def origins_in(part, inputs, horizon):
    return [o for o in part if o - inputs in part and o + horizon - 1 in part]
""",
            "as a tensor": """
def origins_in(part, inputs, horizon):
    return torch.arange(part.start + inputs, part.stop - horizon + 1)
""",
            "by sliding": """
def origins_in(part, inputs, horizon):
    count = len(part) - inputs - horizon + 1
    return [part[k + inputs] for k in range(count)]
""",
        },
        wrong={
            "the last one left out": """
def origins_in(part, inputs, horizon):
    return list(range(part.start + inputs, part.stop - horizon))
""",
            "one too many": """
def origins_in(part, inputs, horizon):
    return list(range(part.start + inputs, part.stop - horizon + 2))
""",
            "targets beyond the part": """
def origins_in(part, inputs, horizon):
    return list(range(part.start + inputs, part.stop))
""",
            "inputs before the part": """
def origins_in(part, inputs, horizon):
    return list(range(part.start, part.stop - horizon + 1))
""",
            "the first one left out": """
def origins_in(part, inputs, horizon):
    return list(range(part.start + inputs + 1, part.stop - horizon + 1))
""",
            "from zero": """
def origins_in(part, inputs, horizon):
    return list(range(inputs, len(part) - horizon + 1))
""",
            "the places of the windows' first values": """
def origins_in(part, inputs, horizon):
    return list(range(part.start, part.stop - inputs - horizon + 1))
""",
        },
    ),
    "exercise-3": Answers(
        right={
            "by torch's var_mean": """
def scale_windows(window, inputs):
    var, mean = torch.var_mean(window[:inputs], dim=0, correction=0)
    return (window - mean) / var.sqrt()
""",
            "column by column": """
def scale_windows(window, inputs):
    columns = []
    for column in window.T:
        scaler = fc.Scaler.fitted(column[:inputs])
        columns.append(scaler.scaled(column))
    return torch.stack(columns, dim=1)
""",
            "in place": """
def scale_windows(window, inputs):
    mean = window[:inputs].mean(dim=0)
    std = window[:inputs].std(dim=0, correction=0)
    window -= mean
    window /= std
    return window
""",
        },
        wrong={
            "with the targets among them": """
def scale_windows(window, inputs):
    return (window - window.mean(dim=0)) / window.std(dim=0, correction=0)
""",
            "the mean of the known, the deviation of all": """
def scale_windows(window, inputs):
    return (window - window[:inputs].mean(dim=0)) / window.std(dim=0, correction=0)
""",
            "targets by their own numbers": """
def scale_windows(window, inputs):
    def scaled(part):
        return (part - part.mean(dim=0)) / part.std(dim=0, correction=0)
    return torch.cat([scaled(window[:inputs]), scaled(window[inputs:])])
""",
            "the other deviation": """
def scale_windows(window, inputs):
    known = window[:inputs]
    return (window - known.mean(dim=0)) / known.std(dim=0)
""",
            "one scale for all columns": """
def scale_windows(window, inputs):
    known = window[:inputs]
    return (window - known.mean()) / known.std(correction=0)
""",
            "rows instead of columns": """
def scale_windows(window, inputs):
    known = window[:inputs]
    return (window - window.mean(dim=1, keepdim=True)) / window.std(dim=1, keepdim=True, correction=0)
""",
            "the known values alone": """
def scale_windows(window, inputs):
    known = window[:inputs]
    scaled = window.clone()
    scaled[:inputs] = (known - known.mean(dim=0)) / known.std(dim=0, correction=0)
    return scaled
""",
            "not divided": """
def scale_windows(window, inputs):
    return window - window[:inputs].mean(dim=0)
""",
        },
    ),
    "exercise-4": Answers(
        right={
            "with the package": """
def skill(forecasts, targets, last):
    return 1 - fc.rmse(forecasts, targets) / fc.rmse(last.expand_as(targets), targets)
""",
            "horizon by horizon": """
def skill(forecasts, targets, last):
    found = []
    for made, came in zip(forecasts, targets):
        found.append(1 - (made - came).norm() / (last - came).norm())
    return torch.stack(found)
""",
            "sums, one root": """
def skill(forecasts, targets, last):
    error = (forecasts - targets).pow(2).sum(dim=1)
    return 1 - (error / (last - targets).pow(2).sum(dim=1)).sqrt()
""",
        },
        wrong={
            "without the root": """
def skill(forecasts, targets, last):
    error = (forecasts - targets).square().mean(dim=1)
    return 1 - error / (last - targets).square().mean(dim=1)
""",
            "the ratio": """
def skill(forecasts, targets, last):
    error = (forecasts - targets).square().mean(dim=1).sqrt()
    return error / (last - targets).square().mean(dim=1).sqrt()
""",
            "absolute errors": """
def skill(forecasts, targets, last):
    error = (forecasts - targets).abs().mean(dim=1)
    return 1 - error / (last - targets).abs().mean(dim=1)
""",
            "one number for all horizons": """
def skill(forecasts, targets, last):
    error = (forecasts - targets).square().mean().sqrt()
    return 1 - error / (last - targets).square().mean().sqrt()
""",
            "persistence's error at the first horizon": """
def skill(forecasts, targets, last):
    error = (forecasts - targets).square().mean(dim=1).sqrt()
    return 1 - error / (last - targets[0]).square().mean().sqrt()
""",
            "by origin": """
def skill(forecasts, targets, last):
    error = (forecasts - targets).square().mean(dim=0).sqrt()
    return 1 - error / (last - targets).square().mean(dim=0).sqrt()
""",
            "upside down": """
def skill(forecasts, targets, last):
    error = (forecasts - targets).square().mean(dim=1).sqrt()
    return 1 - (last - targets).square().mean(dim=1).sqrt() / error
""",
            "each forecast's target before it as the last value": """
def skill(forecasts, targets, last):
    before = torch.cat([last.unsqueeze(0), targets[:-1]])
    error = (forecasts - targets).square().mean(dim=1).sqrt()
    return 1 - error / (before - targets).square().mean(dim=1).sqrt()
""",
        },
    ),
    "exercise-5": Answers(
        right={
            "that keeps all it has read": """
def read_one(model, value, memory):
    read = [*(memory or []), value]
    with torch.no_grad():
        forecasts, _ = model(torch.tensor(read).unsqueeze(1))
    return forecasts[-1, 0].item(), read
""",
            "by parts": """
def read_one(model, value, memory):
    with torch.no_grad():
        output, memory = model.rnn(torch.tensor([[[value]]]), memory)
        return value + model.readout(output).item(), memory
""",
            "with detached tensors": """
def read_one(model, value, memory):
    said, (h, c) = model(torch.full((1, 1), value), memory)
    return said.detach().item(), (h.detach(), c.detach())
""",
        },
        wrong={
            "that forgets": """
def read_one(model, value, memory):
    with torch.no_grad():
        said, _ = model(torch.tensor([[value]]))
    return said.item(), None
""",
            "that hands back what it was given": """
def read_one(model, value, memory):
    with torch.no_grad():
        said, _ = model(torch.tensor([[value]]), memory)
    return said.item(), memory
""",
            "that keeps its state on the model": """
def read_one(model, value, memory):
    with torch.no_grad():
        said, model.state = model(torch.tensor([[value]]), getattr(model, "state", None))
    return said.item(), None
""",
            "that begins the model anew with each stream": """
def read_one(model, value, memory):
    state = None if memory is None else model.state
    with torch.no_grad():
        said, model.state = model(torch.tensor([[value]]), state)
    return said.item(), "begun"
""",
            "that reads its own forecasts": """
def read_one(model, value, memory):
    said, state = (value, None) if memory is None else memory
    with torch.no_grad():
        following, state = model(torch.tensor([[said]]), state)
    return following.item(), (following.item(), state)
""",
            "that gives the change": """
def read_one(model, value, memory):
    with torch.no_grad():
        said, memory = model(torch.tensor([[value]]), memory)
    return said.item() - value, memory
""",
            "that repeats the value": """
def read_one(model, value, memory):
    return value, memory
""",
            "that keeps h and begins c anew": """
def read_one(model, value, memory):
    state = None if memory is None else (memory, torch.zeros_like(memory))
    with torch.no_grad():
        said, (h, _) = model(torch.tensor([[value]]), state)
    return said.item(), h
""",
            "that keeps the last four values": """
def read_one(model, value, memory):
    read = [*(memory or []), value][-4:]
    with torch.no_grad():
        forecasts, _ = model(torch.tensor(read).unsqueeze(1))
    return forecasts[-1, 0].item(), read
""",
        },
    ),
}
