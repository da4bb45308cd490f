"""Readers' answers to the exercises of the chapter on the recurrent cell."""

from exercising import Answers

ATTEMPTS = {
    "exercise-1": Answers(
        right={
            "as a float": "parameters = 98816.0",
            "as a tensor": "parameters = torch.tensor(256 * (128 + 256 + 2))",
        },
        wrong={
            "one bias": "parameters = 256 * 128 + 256 * 256 + 256",
            "no bias": "parameters = 256 * 128 + 256 * 256",
            "the state is as wide as the input": "parameters = 128 * 128 + 128 * 256 + 2 * 256",
        },
    ),
    "exercise-2": Answers(
        right={
            "with linear": """
def relu_step(X, H):
    from_input = nn.functional.linear(X, cell.weight_ih, cell.bias_ih)
    return nn.functional.relu(from_input + nn.functional.linear(H, cell.weight_hh, cell.bias_hh))
""",
            "one sample after the other": """
def relu_step(X, H):
    rows = [cell.weight_ih @ x + cell.weight_hh @ h + cell.bias_ih + cell.bias_hh for x, h in zip(X, H)]
    return torch.stack(rows).clamp(min=0)
""",
        },
        wrong={
            "tanh": """
def relu_step(X, H):
    return torch.tanh(X @ cell.weight_ih.T + cell.bias_ih + H @ cell.weight_hh.T + cell.bias_hh)
""",
            "without the state": """
def relu_step(X, H):
    return torch.relu(X @ cell.weight_ih.T + cell.bias_ih)
""",
            "the matrix of the state turned round": """
def relu_step(X, H):
    return torch.relu(X @ cell.weight_ih.T + cell.bias_ih + H @ cell.weight_hh + cell.bias_hh)
""",
            "clipped above as well": """
def relu_step(X, H):
    return (X @ cell.weight_ih.T + cell.bias_ih + H @ cell.weight_hh.T + cell.bias_hh).clamp(0, 2)
""",
            "each part rectified by itself": """
def relu_step(X, H):
    from_input = torch.relu(X @ cell.weight_ih.T + cell.bias_ih)
    return from_input + torch.relu(H @ cell.weight_hh.T + cell.bias_hh)
""",
        },
    ),
    "exercise-3": Answers(
        right={
            "transposed, and a list": """
my_output = torch.stack(steps).transpose(0, 1)
my_shape = [1, 5, 3]
""",
            "a new axis, then joined; the shape read off": """
my_output = torch.cat([H.unsqueeze(1) for H in steps], dim=1)
my_shape = batch_first(swapped)[1].shape
""",
            "a list of the samples, and a tensor": """
my_output = [torch.stack([H[n] for H in steps]) for n in range(5)]
my_shape = torch.tensor([1, 5, 3])
""",
        },
        wrong={
            "time in front": """
my_output = torch.stack(steps)
my_shape = (1, 5, 3)
""",
            "joined along an axis that is there": """
my_output = torch.cat(steps, 0).unsqueeze(1)
my_shape = (1, 5, 3)
""",
            "reshaped instead of transposed": """
my_output = torch.stack(steps).reshape(5, 4, 3)
my_shape = (1, 5, 3)
""",
            "joined, then cut anew": """
my_output = torch.cat(steps, 0).view(5, 4, 3)
my_shape = (1, 5, 3)
""",
            "stacked as the last axis": """
my_output = torch.stack(steps, -1)
my_shape = (1, 5, 3)
""",
            "the batch in front in h_n, too": """
my_output = torch.stack(steps, 1)
my_shape = (5, 1, 3)
""",
            "h_n without its axis of layers": """
my_output = torch.stack(steps, 1)
my_shape = (5, 3)
""",
            "h_n with the steps for samples": """
my_output = torch.stack(steps, 1)
my_shape = (1, 4, 3)
""",
        },
    ),
    "exercise-4": Answers(
        right={
            "the last output is the state": """
def in_two_pieces(first, second):
    output_1, _ = rnn(first)
    return torch.cat([output_1, rnn(second, output_1[-1:])[0]])
""",
            "a loop over the pieces, cut off from the gradients": """
def in_two_pieces(first, second):
    joined, h = [], torch.zeros(1, first.shape[1], 3)
    for piece in (first, second):
        output, h = rnn(piece, h.detach())
        joined += list(output)
    return torch.stack(joined)
""",
            "a list of the steps": """
def in_two_pieces(first, second):
    output_1, h_n = rnn(first)
    return [*output_1, *rnn(second, h_n)[0]]
""",
            "by hand, step by step": """
def in_two_pieces(first, second):
    H, outputs = torch.zeros(5, 3), []
    for piece in (first, second):
        for X in piece:
            H = batch_step(X, H)
            outputs.append(H)
    return torch.stack(outputs)
""",
        },
        wrong={
            "the pieces put together first": """
def in_two_pieces(first, second):
    return rnn(torch.cat([first, second]))[0]
""",
            "the second piece from zeros": """
def in_two_pieces(first, second):
    return torch.cat([rnn(first)[0], rnn(second)[0]])
""",
            "the same start for both": """
def in_two_pieces(first, second):
    _, h_n = rnn(first)
    return torch.cat([rnn(first, h_n)[0], rnn(second, h_n)[0]])
""",
            "the first state instead of the last": """
def in_two_pieces(first, second):
    output_1, _ = rnn(first)
    return torch.cat([output_1, rnn(second, output_1[:1].contiguous())[0]])
""",
            "joined along the batch": """
def in_two_pieces(first, second):
    output_1, h_n = rnn(first)
    return torch.cat([output_1, rnn(second, h_n)[0]], dim=1)
""",
            "stacked instead of joined": """
def in_two_pieces(first, second):
    output_1, h_n = rnn(first)
    return torch.stack([output_1, rnn(second, h_n)[0]])
""",
            "the second piece alone": """
def in_two_pieces(first, second):
    _, h_n = rnn(first)
    return rnn(second, h_n)[0]
""",
            "only the final states": """
def in_two_pieces(first, second):
    _, h_1 = rnn(first)
    _, h_2 = rnn(second, h_1)
    return torch.cat([h_1, h_2])
""",
        },
    ),
    "exercise-5": Answers(
        right={
            "a tuple of integers": "numbers = (1, 1, 0, 0)",
            "a tensor": "numbers = torch.tensor([1.0, 1.0, 0.0, 0.0])",
            "biases that cancel": "numbers = [1.0, 1.0, 0.5, -0.5]",
        },
        wrong={
            "no memory": "numbers = [1.0, 0.0, 0.0, 0.0]",
            "counts the steps": "numbers = [0.0, 1.0, 1.0, 0.0]",
            "counts twice": "numbers = [2.0, 1.0, 0.0, 0.0]",
            "counts each step once more": "numbers = [1.0, 1.0, 1.0, 0.0]",
            "an average of input and state": "numbers = [0.5, 0.5, 0.0, 0.0]",
            "all ones": "numbers = [1.0, 1.0, 1.0, 1.0]",
            "the state taken off": "numbers = [1.0, -1.0, 0.0, 0.0]",
            "the biases left out": "numbers = [1.0, 1.0]",
            "a fifth number": "numbers = [1.0, 1.0, 0.0, 0.0, 9.0]",
        },
    ),
    "exercise-6": Answers(
        right={
            "without the first step, by the pseudoinverse": """
def steal(inputs, outputs):
    x, h = inputs[:, 0], outputs[:, 0]
    known = torch.cat([x[1:], h[:-1], torch.ones(59, 1).double()], dim=1)
    solution = torch.linalg.pinv(known) @ torch.atanh(h[1:])
    return [solution[:9].T, solution[9]]
""",
            "by the normal equations, the bias in front": """
def steal(inputs, outputs):
    x, h = inputs.squeeze(1), outputs.squeeze(1)
    before = nn.functional.pad(h[:-1], (0, 0, 1, 0))
    known = torch.hstack([torch.ones(60, 1, dtype=torch.float64), x, before])
    solution = torch.linalg.solve(known.T @ known, known.T @ torch.atanh(h))
    return solution[1:].T, solution[0]
""",
            "a row at a time, and an output at a time": """
def steal(inputs, outputs):
    h, rows = torch.zeros(3).double(), []
    for x, after in zip(inputs[:, 0], outputs[:, 0]):
        rows.append(torch.cat([x, h, torch.ones(1)]))
        h = after
    known = torch.stack(rows)
    undone = (torch.log1p(outputs) - torch.log1p(-outputs)) / 2
    found = [torch.linalg.lstsq(known, undone[:, :, k]).solution for k in range(3)]
    return torch.stack([one[:9, 0] for one in found]), [one[9, 0] for one in found]
""",
        },
        wrong={
            "the tanh not undone": """
def steal(inputs, outputs):
    x, h = inputs[:, 0], outputs[:, 0]
    before = torch.cat([torch.zeros_like(h[:1]), h[:-1]])
    known = torch.cat([x, before, torch.ones_like(h[:, :1])], dim=1)
    solution = torch.linalg.lstsq(known, h).solution.T
    return solution[:, :9], solution[:, 9]
""",
            "each state beside itself": """
def steal(inputs, outputs):
    x, h = inputs[:, 0], outputs[:, 0]
    known = torch.cat([x, h, torch.ones_like(h[:, :1])], dim=1)
    solution = torch.linalg.lstsq(known, torch.atanh(h)).solution.T
    return solution[:, :9], solution[:, 9]
""",
            "the last state rolled to the front": """
def steal(inputs, outputs):
    x, h = inputs[:, 0], outputs[:, 0]
    known = torch.cat([x, h.roll(1, 0), torch.ones_like(h[:, :1])], dim=1)
    solution = torch.linalg.lstsq(known, torch.atanh(h)).solution.T
    return solution[:, :9], solution[:, 9]
""",
            "without a column for the bias": """
def steal(inputs, outputs):
    x, h = inputs[:, 0], outputs[:, 0]
    before = torch.cat([torch.zeros_like(h[:1]), h[:-1]])
    known = torch.cat([x, before], dim=1)
    solution = torch.linalg.lstsq(known, torch.atanh(h)).solution.T
    return solution, torch.zeros(3)
""",
            "the state in front of the input": """
def steal(inputs, outputs):
    x, h = inputs[:, 0], outputs[:, 0]
    before = torch.cat([torch.zeros_like(h[:1]), h[:-1]])
    known = torch.cat([before, x, torch.ones_like(h[:, :1])], dim=1)
    solution = torch.linalg.lstsq(known, torch.atanh(h)).solution.T
    return solution[:, :9], solution[:, 9]
""",
            "not transposed": """
def steal(inputs, outputs):
    x, h = inputs[:, 0], outputs[:, 0]
    before = torch.cat([torch.zeros_like(h[:1]), h[:-1]])
    known = torch.cat([x, before, torch.ones_like(h[:, :1])], dim=1)
    solution = torch.linalg.lstsq(known, torch.atanh(h)).solution
    return solution[:9], solution[9]
""",
            "the bias twice": """
def steal(inputs, outputs):
    x, h = inputs[:, 0], outputs[:, 0]
    before = torch.cat([torch.zeros_like(h[:1]), h[:-1]])
    known = torch.cat([x, before, 2 * torch.ones_like(h[:, :1])], dim=1)
    solution = torch.linalg.lstsq(known, torch.atanh(h)).solution.T
    return solution[:, :9], solution[:, 9]
""",
        },
    ),
}
