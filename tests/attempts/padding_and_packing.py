"""Readers' answers to the exercises of the chapter on padding and packing."""

from exercising import Answers

ATTEMPTS = {
    "exercise-1": Answers(
        right={
            "a tuple": "my_sizes = (4, 4, 2, 1, 1, 1)",
            "a tensor": "my_sizes = torch.tensor([4, 4, 2, 1, 1, 1])",
            "counted, as a list of tensors": """
my_sizes = [(torch.tensor([2, 6, 2, 3]) > t).sum() for t in range(6)]
""",
        },
        wrong={
            "the lengths": "my_sizes = [2, 6, 2, 3]",
            "the lengths, sorted": "my_sizes = [6, 3, 2, 2]",
            "shortest column first": "my_sizes = [1, 1, 1, 2, 4, 4]",
            "the last column left out": "my_sizes = [4, 4, 2, 1, 1]",
            "as wide as the batch, padding included": "my_sizes = [4, 4, 4, 4, 4, 4]",
            "how many end at each step": "my_sizes = [0, 2, 1, 0, 0, 1]",
            "compared with at least, not more": """
my_sizes = [sum(length >= t for length in (2, 6, 2, 3)) for t in range(6)]
""",
        },
    ),
    "exercise-2": Answers(
        right={
            "a tuple": "my_lengths = (4, 3, 3, 1, 1)",
            "counted, as a tensor": """
my_lengths = (torch.tensor([5, 3, 3, 1]).unsqueeze(1) > torch.arange(5)).sum(dim=0)
""",
            "by a loop": """
my_lengths = []
for n in range(5):
    my_lengths.append(sum(size > n for size in (5, 3, 3, 1)))
""",
        },
        wrong={
            "the batch sizes": "my_lengths = [5, 3, 3, 1]",
            "shortest first": "my_lengths = [1, 1, 3, 3, 4]",
            "counted from 0": "my_lengths = [3, 2, 2, 0, 0]",
            "one for each column": "my_lengths = [4, 3, 3, 1]",
            "as long as the batch": "my_lengths = [4, 4, 4, 4, 4]",
        },
    ),
    "exercise-3": Answers(
        right={
            "a loop over the sentences": """
def greatest(output, lengths):
    rows = []
    for n, length in enumerate(lengths.tolist()):
        rows.append(output[:length, n].max(dim=0).values)
    return torch.stack(rows)
""",
            "a loop over the steps": """
def greatest(output, lengths):
    best = output[0]
    for t, y in enumerate(output):
        best = torch.where((t < lengths).unsqueeze(1), torch.maximum(best, y), best)
    return best
""",
            "packed, and the least number of the dtype as padding": """
def greatest(output, lengths):
    packed = pack_padded_sequence(output, lengths, enforce_sorted=False)
    least = torch.finfo(output.dtype).min
    return pad_packed_sequence(packed, padding_value=least)[0].amax(0)
""",
            "the first of the sorted steps": """
def greatest(output, lengths):
    steps = torch.arange(len(output)).view(-1, 1, 1)
    valid = torch.where(steps < lengths.view(1, -1, 1), output, -torch.inf)
    return valid.sort(dim=0, descending=True).values[0]
""",
        },
        wrong={
            "a number that is small enough for these": """
def greatest(output, lengths):
    mask = mask_from_lengths(lengths, len(output)).unsqueeze(-1)
    return output.masked_fill(~mask, -5000).amax(dim=0)
""",
            "the padding multiplied away": """
def greatest(output, lengths):
    mask = mask_from_lengths(lengths, len(output)).unsqueeze(-1)
    return (output * mask - 1e9 * ~mask).amax(dim=0)
""",
            "the padding counted": """
def greatest(output, lengths):
    return output.amax(dim=0)
""",
            "the padding made 0": """
def greatest(output, lengths):
    mask = mask_from_lengths(lengths, len(output)).unsqueeze(-1)
    return (output * mask).amax(dim=0)
""",
            "the padding made -1, the least that tanh can give": """
def greatest(output, lengths):
    mask = mask_from_lengths(lengths, len(output)).unsqueeze(-1)
    return output.masked_fill(~mask, -1).amax(dim=0)
""",
            "the padding made -2": """
def greatest(output, lengths):
    mask = mask_from_lengths(lengths, len(output)).unsqueeze(-1)
    return output.masked_fill(~mask, -2).amax(dim=0)
""",
            "the padding guessed from a value": """
def greatest(output, lengths):
    return output.masked_fill(output == -1, -9).amax(dim=0)
""",
            "the padding guessed from zeros": """
def greatest(output, lengths):
    return output.masked_fill(output == 0, -torch.inf).amax(dim=0)
""",
            "one step short": """
def greatest(output, lengths):
    mask = mask_from_lengths((lengths - 1).clamp(min=1), len(output)).unsqueeze(-1)
    return output.masked_fill(~mask, -torch.inf).amax(dim=0)
""",
            "the last valid step": """
def greatest(output, lengths):
    return output[lengths - 1, torch.arange(len(lengths))]
""",
            "the mean": """
def greatest(output, lengths):
    mask = mask_from_lengths(lengths, len(output)).unsqueeze(-1)
    return (output * mask).sum(dim=0) / lengths.unsqueeze(1)
""",
            "over the features": """
def greatest(output, lengths):
    mask = mask_from_lengths(lengths, len(output)).unsqueeze(-1)
    return output.masked_fill(~mask, -torch.inf).amax(dim=2)
""",
            "the greatest by its size": """
def greatest(output, lengths):
    mask = mask_from_lengths(lengths, len(output)).unsqueeze(-1)
    return -(output * mask).abs().amax(dim=0)
""",
        },
    ),
    "exercise-4": Answers(
        right={
            "step by step": """
def packed_loss(packed_output, targets, lengths):
    total, order = 0.0, packed_output.sorted_indices
    columns = packed_output.data.split(packed_output.batch_sizes.tolist())
    for t, scores in enumerate(columns):
        wanted = targets[t, order[: len(scores)]]
        total = total + F.cross_entropy(scores, wanted, reduction="sum")
    return total / lengths.sum()
""",
            "the rows chosen by a mask of the sorted batch": """
def packed_loss(packed_output, targets, lengths):
    order = torch.argsort(lengths, descending=True)
    valid = torch.arange(len(targets)).unsqueeze(1) < lengths[order]
    chances = packed_output.data.log_softmax(dim=-1)
    return F.nll_loss(chances, targets[:, order][valid])
""",
            "unpacked after all, in double precision": """
def packed_loss(packed_output, targets, lengths):
    scores, n = pad_packed_sequence(packed_output)
    marked = targets.masked_fill(~mask_from_lengths(n, len(targets)), -100)
    return F.cross_entropy(scores.double().flatten(0, 1), marked.flatten())
""",
        },
        wrong={
            "the targets in their own order": """
def packed_loss(packed_output, targets, lengths):
    valid = mask_from_lengths(lengths, len(targets))
    return F.cross_entropy(packed_output.data, targets[valid])
""",
            "sentence after sentence": """
def packed_loss(packed_output, targets, lengths):
    wanted = torch.cat([targets[:n, i] for i, n in enumerate(lengths)])
    return F.cross_entropy(packed_output.data, wanted)
""",
            "the order turned round": """
def packed_loss(packed_output, targets, lengths):
    back = packed_output.unsorted_indices
    columns = [targets[t, back][:size] for t, size in enumerate(packed_output.batch_sizes)]
    return F.cross_entropy(packed_output.data, torch.cat(columns))
""",
            "the padding counted": """
def packed_loss(packed_output, targets, lengths):
    scores = pad_packed_sequence(packed_output)[0]
    return F.cross_entropy(scores.flatten(0, 1), targets.flatten())
""",
            "as many targets as there are rows, padding among them": """
def packed_loss(packed_output, targets, lengths):
    return F.cross_entropy(packed_output.data, targets.flatten()[: len(packed_output.data)])
""",
            "the sum": """
def packed_loss(packed_output, targets, lengths):
    packed = pack_padded_sequence(targets, lengths, enforce_sorted=False)
    return F.cross_entropy(packed_output.data, packed.data, reduction="sum")
""",
            "the sum over all places, padding in the count": """
def packed_loss(packed_output, targets, lengths):
    packed = pack_padded_sequence(targets, lengths, enforce_sorted=False)
    return F.cross_entropy(packed_output.data, packed.data, reduction="sum") / targets.numel()
""",
            "the mean of the sentences' means": """
def packed_loss(packed_output, targets, lengths):
    scores = pad_packed_sequence(packed_output)[0]
    each = [F.cross_entropy(scores[:n, i], targets[:n, i]) for i, n in enumerate(lengths)]
    return torch.stack(each).mean()
""",
            "softmax twice": """
def packed_loss(packed_output, targets, lengths):
    packed = pack_padded_sequence(targets, lengths, enforce_sorted=False)
    return F.cross_entropy(packed_output.data.softmax(dim=-1), packed.data)
""",
        },
    ),
    "exercise-5": Answers(
        right={
            "padded by a loop, as a list": """
def collate(samples):
    lengths = torch.LongTensor([len(sequence) for sequence, _ in samples])
    batch = torch.zeros(int(lengths.max()), len(samples), samples[0][0].shape[1])
    for n, (sequence, _) in enumerate(samples):
        batch[: len(sequence), n] = sequence
    return [batch, lengths, torch.LongTensor([label for _, label in samples])]
""",
            "packed and unpacked": """
def collate(samples):
    packed = nn.utils.rnn.pack_sequence([sequence for sequence, _ in samples], enforce_sorted=False)
    batch, lengths = pad_packed_sequence(packed)
    return batch, lengths, torch.stack([torch.as_tensor(label) for _, label in samples])
""",
            "batch first, and turned": """
def collate(samples):
    batch = pad_sequence([s[0] for s in samples], batch_first=True).transpose(0, 1)
    lengths = torch.tensor(list(map(len, [s[0] for s in samples])), dtype=torch.long)
    return batch, lengths, torch.tensor([s[1] for s in samples])
""",
        },
        wrong={
            "batch first": """
def collate(samples):
    sequences, labels = zip(*samples)
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    return pad_sequence(sequences, batch_first=True), lengths, torch.tensor(labels)
""",
            "padded on the left": """
def collate(samples):
    sequences, labels = zip(*samples)
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    return pad_sequence(sequences, padding_side="left"), lengths, torch.tensor(labels)
""",
            "lengths guessed from values": """
def collate(samples):
    sequences, labels = zip(*samples)
    padded = pad_sequence(sequences)
    return padded, (padded != 0).any(dim=-1).sum(dim=0), torch.tensor(labels)
""",
            "lengths guessed from the last step that is not zero": """
def collate(samples):
    sequences, labels = zip(*samples)
    padded = pad_sequence(sequences)
    steps = torch.arange(1, len(padded) + 1).unsqueeze(1)
    return padded, (padded.any(dim=-1) * steps).amax(dim=0), torch.tensor(labels)
""",
            "the lengths of another batch": """
def collate(samples):
    sequences, labels = zip(*samples)
    return pad_sequence(sequences), lengths, torch.tensor(labels)
""",
            "one length for all": """
def collate(samples):
    sequences, labels = zip(*samples)
    padded = pad_sequence(sequences)
    return padded, torch.full((len(samples),), len(padded)), torch.tensor(labels)
""",
            "the lengths in a list": """
def collate(samples):
    sequences, labels = zip(*samples)
    return pad_sequence(sequences), [len(sequence) for sequence in sequences], torch.tensor(labels)
""",
            "float lengths": """
def collate(samples):
    sequences, labels = zip(*samples)
    lengths = torch.Tensor([len(sequence) for sequence in sequences])
    return pad_sequence(sequences), lengths, torch.tensor(labels)
""",
            "int32 lengths": """
def collate(samples):
    sequences, labels = zip(*samples)
    lengths = torch.tensor([len(sequence) for sequence in sequences], dtype=torch.int32)
    return pad_sequence(sequences), lengths, torch.tensor(labels)
""",
            "float labels": """
def collate(samples):
    sequences, labels = zip(*samples)
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    return pad_sequence(sequences), lengths, torch.Tensor(labels)
""",
            "int8 labels": """
def collate(samples):
    sequences, labels = zip(*samples)
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    return pad_sequence(sequences), lengths, torch.tensor(labels, dtype=torch.int8)
""",
            "sorted, but not the labels": """
def collate(samples):
    sequences, labels = zip(*samples)
    sequences = sorted(sequences, key=len, reverse=True)
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    return pad_sequence(sequences), lengths, torch.tensor(labels)
""",
        },
    ),
    "exercise-6": Answers(
        right={
            "as a list, with linear, written in place": """
def read_backward(data, batch_sizes, h, weights):
    W_ih, W_hh, b_ih, b_hh = weights
    h, outputs = h.clone(), torch.empty(len(data), h.shape[1])
    end = len(data)
    for size in batch_sizes.flip(0).tolist():
        from_input = F.linear(data[end - size : end], W_ih, b_ih)
        h[:size] = torch.tanh(from_input + F.linear(h[:size], W_hh, b_hh))
        outputs[end - size : end] = h[:size]
        end -= size
    return [outputs, h]
""",
            "each sequence by itself": """
def read_backward(data, batch_sizes, h, weights):
    W_ih, W_hh, b_ih, b_hh = weights
    x, lengths = pad_packed_sequence(PackedSequence(data, batch_sizes))
    outputs, final = [], []
    for n, length in enumerate(lengths.tolist()):
        state, seen = h[n], []
        for x_t in x[:length, n].flip(0):
            state = torch.tanh(W_ih @ x_t + b_ih + W_hh @ state + b_hh)
            seen.insert(0, state)
        outputs.append(torch.stack(seen))
        final.append(state)
    return pack_padded_sequence(pad_sequence(outputs), lengths).data, torch.stack(final)
""",
            "with a mask over the padding": """
def read_backward(data, batch_sizes, h, weights):
    W_ih, W_hh, b_ih, b_hh = weights
    x, lengths = pad_packed_sequence(PackedSequence(data, batch_sizes))
    outputs = []
    for t in range(len(x) - 1, -1, -1):
        new = torch.tanh(x[t] @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        h = torch.where((t < lengths).unsqueeze(1), new, h)
        outputs = [h[: batch_sizes[t]], *outputs]
    return torch.vstack(outputs), h
""",
            "with PyTorch's cell": """
def read_backward(data, batch_sizes, h, weights):
    cell = nn.RNNCell(data.shape[1], h.shape[1])
    nn.utils.vector_to_parameters(nn.utils.parameters_to_vector(weights), cell.parameters())
    outputs = []
    for x_t in reversed(data.split(batch_sizes.tolist())):
        new = cell(x_t, h[: len(x_t)])
        h = torch.cat([new, h[len(x_t) :]])
        outputs.insert(0, new)
    return torch.cat(outputs), h
""",
        },
        wrong={
            "forwards": """
def read_backward(data, batch_sizes, h, weights):
    return read_packed(data, batch_sizes, h, weights)
""",
            "the outputs in the order of reading": """
def read_backward(data, batch_sizes, h, weights):
    W_ih, W_hh, b_ih, b_hh = weights
    outputs = []
    for x_t in reversed(data.split(batch_sizes.tolist())):
        size = len(x_t)
        new = torch.tanh(x_t @ W_ih.T + b_ih + h[:size] @ W_hh.T + b_hh)
        h = torch.cat([new, h[size:]])
        outputs.append(new)
    return torch.cat(outputs), h
""",
            "the rows turned, and the outputs turned back": """
def read_backward(data, batch_sizes, h, weights):
    W_ih, W_hh, b_ih, b_hh = weights
    outputs = []
    for x_t in data.flip(0).split(batch_sizes.flip(0).tolist()):
        size = len(x_t)
        new = torch.tanh(x_t @ W_ih.T + b_ih + h[:size] @ W_hh.T + b_hh)
        h = torch.cat([new, h[size:]])
        outputs.append(new)
    return torch.cat(outputs).flip(0), h
""",
            "fresh states of zeros for those who join": """
def read_backward(data, batch_sizes, h, weights):
    W_ih, W_hh, b_ih, b_hh = weights
    outputs, h = [], h[:0]
    for x_t in reversed(data.split(batch_sizes.tolist())):
        h = torch.cat([h, h.new_zeros(len(x_t) - len(h), W_hh.shape[0])])
        h = torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        outputs.append(h)
    return torch.cat(outputs[::-1]), h
""",
            "those who join begin with the first row": """
def read_backward(data, batch_sizes, h, weights):
    W_ih, W_hh, b_ih, b_hh = weights
    outputs, start, h = [], h, h[:0]
    for x_t in reversed(data.split(batch_sizes.tolist())):
        h = torch.cat([h, start[: len(x_t) - len(h)]])
        h = torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        outputs.append(h)
    return torch.cat(outputs[::-1]), h
""",
            "the lower rows of the state": """
def read_backward(data, batch_sizes, h, weights):
    W_ih, W_hh, b_ih, b_hh = weights
    outputs = []
    for x_t in reversed(data.split(batch_sizes.tolist())):
        rest = len(h) - len(x_t)
        new = torch.tanh(x_t @ W_ih.T + b_ih + h[rest:] @ W_hh.T + b_hh)
        h = torch.cat([h[:rest], new])
        outputs.append(new)
    return torch.cat(outputs[::-1]), h
""",
            "the padding read": """
def read_backward(data, batch_sizes, h, weights):
    W_ih, W_hh, b_ih, b_hh = weights
    x, lengths = pad_packed_sequence(PackedSequence(data, batch_sizes))
    outputs = []
    for x_t in x.flip(0):
        h = torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        outputs.insert(0, h)
    return pack_padded_sequence(torch.stack(outputs), lengths).data, h
""",
            "the last column's state as the final one": """
def read_backward(data, batch_sizes, h, weights):
    W_ih, W_hh, b_ih, b_hh = weights
    outputs = []
    for x_t in reversed(data.split(batch_sizes.tolist())):
        size = len(x_t)
        new = torch.tanh(x_t @ W_ih.T + b_ih + h[:size] @ W_hh.T + b_hh)
        h = torch.cat([new, h[size:]])
        outputs.append(new)
    unpacked, lengths = pad_packed_sequence(PackedSequence(torch.cat(outputs[::-1]), batch_sizes))
    return torch.cat(outputs[::-1]), unpacked[lengths - 1, torch.arange(len(lengths))]
""",
        },
    ),
}
