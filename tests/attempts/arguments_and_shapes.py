"""Readers' answers to the exercises of the chapter on arguments and shapes."""

from exercising import Answers

ATTEMPTS = {
    "exercise-1": Answers(
        right={
            "lists": "output_shape, h_n_shape, c_n_shape = [20, 50, 32], [4, 20, 16], [4, 20, 16]",
            "tensors": """
output_shape = torch.tensor([20, 50, 2 * 16])
h_n_shape = c_n_shape = torch.tensor([2 * 2, 20, 16])
""",
            "sizes": """
output_shape = torch.Size([20, 50, 32])
h_n_shape = torch.Size([4, 20, 16])
c_n_shape = h_n_shape
""",
            "by the chapter's formula": """
output_shape, h_n_shape, c_n_shape = predicted_shapes(
    nn.LSTM(8, 16, num_layers=2, bidirectional=True, batch_first=True), 50, 20
)
""",
        },
        wrong={
            "time in front of output": """
output_shape, h_n_shape, c_n_shape = (50, 20, 32), (4, 20, 16), (4, 20, 16)
""",
            "the batch in front in the states, too": """
output_shape, h_n_shape, c_n_shape = (20, 50, 32), (20, 4, 16), (20, 4, 16)
""",
            "the features of output not doubled": """
output_shape, h_n_shape, c_n_shape = (20, 50, 16), (4, 20, 16), (4, 20, 16)
""",
            "one state for each layer": """
output_shape, h_n_shape, c_n_shape = (20, 50, 32), (2, 20, 16), (2, 20, 16)
""",
            "the directions side by side in the states": """
output_shape, h_n_shape, c_n_shape = (20, 50, 32), (2, 20, 32), (2, 20, 32)
""",
            "h_n of the top layer only": """
output_shape, h_n_shape, c_n_shape = (20, 50, 32), (1, 20, 16), (4, 20, 16)
""",
            "the steps for the samples": """
output_shape, h_n_shape, c_n_shape = (20, 50, 32), (4, 50, 16), (4, 50, 16)
""",
            "every layer in output": """
output_shape, h_n_shape, c_n_shape = (20, 50, 64), (4, 20, 16), (4, 20, 16)
""",
            "c_n as wide as the input": """
output_shape, h_n_shape, c_n_shape = (20, 50, 32), (4, 20, 16), (4, 20, 8)
""",
        },
    ),
    "exercise-2": Answers(
        right={
            "the axes swapped, then flattened": """
def scores(h_n):
    return classifier.readout(h_n[-2:].transpose(0, 1).flatten(1))


features = torch.tensor(12)
""",
            "by a view with an axis for each": """
def scores(h_n):
    top = h_n.view(2, 2, N, H_out)[-1]
    return classifier.readout(top.permute(1, 0, 2).reshape(N, -1))


features = 12.0
""",
            "half of the readout for each direction": """
def scores(h_n):
    of_forward, of_backward = classifier.readout.weight.chunk(2, dim=1)
    return h_n[2] @ of_forward.T + h_n[3] @ of_backward.T + classifier.readout.bias


features = 2 * H_out
""",
            "a list, one sample after the other": """
def scores(h_n):
    return [classifier.readout(torch.cat([h_n[2, n], h_n[3, n]])) for n in range(h_n.shape[1])]


features = H_out + H_out
""",
        },
        wrong={
            "backward first": """
def scores(h_n):
    return classifier.readout(torch.cat([h_n[-1], h_n[-2]], dim=-1))


features = 12
""",
            "the bottom layer": """
def scores(h_n):
    return classifier.readout(torch.cat([h_n[0], h_n[1]], dim=-1))


features = 12
""",
            "one direction of both layers": """
def scores(h_n):
    return classifier.readout(torch.cat([h_n[1], h_n[3]], dim=-1))


features = 12
""",
            "layers and directions in the wrong order": """
def scores(h_n):
    by_direction = h_n.view(2, 2, N, H_out)  # taken for (D, num_layers, N, H_out)
    return classifier.readout(torch.cat([by_direction[0, -1], by_direction[1, -1]], dim=-1))


features = 12
""",
            "reshaped, so that samples are mixed": """
def scores(h_n):
    return classifier.readout(h_n[-2:].reshape(N, -1))


features = 12
""",
            "the backward direction twice": """
def scores(h_n):
    return classifier.readout(torch.cat([h_n[-1], h_n[-1]], dim=-1))


features = 12
""",
            "the model itself, asked about the first batch": """
def scores(h_n):
    return classifier(x)


features = 12
""",
            "the vectors without the readout": """
def scores(h_n):
    return torch.cat([h_n[-2], h_n[-1]], dim=-1)


features = 12
""",
            "one direction counted": """
def scores(h_n):
    return classifier.readout(torch.cat([h_n[-2], h_n[-1]], dim=-1))


features = 6
""",
            "the features of all layers counted": """
def scores(h_n):
    return classifier.readout(torch.cat([h_n[-2], h_n[-1]], dim=-1))


features = 24
""",
            "the inputs counted": """
def scores(h_n):
    return classifier.readout(torch.cat([h_n[-2], h_n[-1]], dim=-1))


features = 7
""",
        },
    ),
    "exercise-3": Answers(
        right={
            "as a float": "saved = 884_736.0",
            "as a tensor": "saved = torch.tensor(4 * 512 * 448 - 64 * 512)",
            "by the chapter's function": """
saved = predicted_count(nn.LSTM, 128, 512) - predicted_count(nn.LSTM, 128, 512, proj_size=64)
""",
            "by the matrices themselves": """
saved = sum(w.numel() for w in nn.LSTM(128, 512, device="meta").parameters())
saved -= sum(w.numel() for w in nn.LSTM(128, 512, proj_size=64, device="meta").parameters())
""",
        },
        wrong={
            "the projection itself forgotten": "saved = 4 * 512 * (512 - 64)",
            "the projection added": "saved = 4 * 512 * (512 - 64) + 64 * 512",
            "a single block of rows": "saved = 512 * (512 - 64) - 64 * 512",
            "three blocks of rows": "saved = 3 * 512 * (512 - 64) - 64 * 512",
            "a projection in each block": "saved = 4 * 512 * (512 - 64) - 4 * 64 * 512",
            "a layer of 64 instead": "saved = 4 * 512 * (128 + 512 + 2) - 4 * 64 * (128 + 64 + 2)",
            "what is left instead of what is saved": "saved = 4 * 512 * (128 + 64 + 2) + 64 * 512",
            "the sign turned round": "saved = 64 * 512 - 4 * 512 * (512 - 64)",
        },
    ),
    "exercise-4": Answers(
        right={
            "a loop over pairs": """
def mixes_samples(model, samples):
    for i, row in enumerate(influence(model, samples)):
        for j, depends in enumerate(row):
            if depends and i != j:
                return True
    return False
""",
            "a single truth in a tensor": """
def mixes_samples(model, samples):
    table = torch.tensor(influence(model, samples))
    return (table * (1 - torch.eye(len(samples), dtype=torch.long))).any()
""",
            "by any and a generator": """
def mixes_samples(model, samples):
    return any(row[:i].count(1) + row[i + 1 :].count(1) for i, row in enumerate(influence(model, samples)))
""",
            "against the diagonal, of any size": """
def mixes_samples(model, samples):
    return influence(model, samples) != torch.eye(len(samples)).int().tolist()
""",
            "more than the diagonal": """
def mixes_samples(model, samples):
    table = torch.tensor(influence(model, samples))
    return table.sum().item() > table.trace().item()
""",
            "with numpy": """
def mixes_samples(model, samples):
    import numpy as np

    table = np.array(influence(model, samples))
    return (table[~np.eye(len(samples), dtype=bool)] != 0).any()
""",
        },
        wrong={
            "the diagonal counts, too": """
def mixes_samples(model, samples):
    return bool(torch.tensor(influence(model, samples)).any())
""",
            "the other way round": """
def mixes_samples(model, samples):
    return influence(model, samples) == torch.eye(len(samples)).int().tolist()
""",
            "only later samples": """
def mixes_samples(model, samples):
    return bool(torch.tensor(influence(model, samples)).triu(1).any())
""",
            "only the first sample": """
def mixes_samples(model, samples):
    return sum(influence(model, samples)[0]) > 1
""",
            "a table of ones": """
def mixes_samples(model, samples):
    return all(all(row) for row in influence(model, samples))
""",
            "the steps instead of the samples": """
def mixes_samples(model, samples):
    return len(model(samples)) != samples.shape[0]
""",
            "three samples only": """
def mixes_samples(model, samples):
    return influence(model, samples) != [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
""",
            "only earlier samples": """
def mixes_samples(model, samples):
    return bool(torch.tensor(influence(model, samples)).tril(-1).any())
""",
            "only the last sample": """
def mixes_samples(model, samples):
    return sum(influence(model, samples)[-1]) > 1
""",
            "one for each sample, wherever it stands": """
def mixes_samples(model, samples):
    return sum(map(sum, influence(model, samples))) != len(samples)
""",
        },
    ),
    "exercise-5": Answers(
        right={
            "joined along the features": """
def all_states(h_n):
    return torch.cat(list(h_n), dim=-1)
""",
            "hstack": """
def all_states(h_n):
    return torch.hstack(h_n.unbind())
""",
            "permuted and reshaped": """
def all_states(h_n):
    return h_n.permute(1, 0, 2).reshape(h_n.shape[1], -1)
""",
            "a list of rows, in a loop": """
def all_states(h_n):
    return [h_n[:, n].flatten() for n in range(h_n.shape[1])]
""",
            "a list of numbers for each sample": """
def all_states(h_n):
    return [[number for state in h_n for number in state[n].tolist()] for n in range(h_n.shape[1])]
""",
        },
        wrong={
            "reshape alone": """
def all_states(h_n):
    return h_n.reshape(h_n.shape[1], -1)
""",
            "view alone": """
def all_states(h_n):
    return h_n.view(h_n.shape[1], -1)
""",
            "the features in front of the states": """
def all_states(h_n):
    return h_n.permute(1, 2, 0).flatten(1)
""",
            "the answer of the first batch, written in": """
def all_states(h_n):
    return torch.cat(list(two_layers), dim=-1)
""",
            "the top layer only": """
def all_states(h_n):
    return torch.cat([h_n[-2], h_n[-1]], dim=-1)
""",
            "from the top down": """
def all_states(h_n):
    return h_n.flip(0).transpose(0, 1).flatten(1)
""",
            "both layers forward, then both backward": """
def all_states(h_n):
    return torch.cat([h_n[0::2], h_n[1::2]]).transpose(0, 1).flatten(1)
""",
            "a row for each state": """
def all_states(h_n):
    return h_n.flatten(1)
""",
            "joined along the samples": """
def all_states(h_n):
    return torch.cat(list(h_n), dim=0)
""",
            "not flattened": """
def all_states(h_n):
    return h_n.transpose(0, 1)
""",
            "transposed altogether": """
def all_states(h_n):
    return h_n.flatten(1).T.reshape(h_n.shape[1], -1)
""",
        },
    ),
}
