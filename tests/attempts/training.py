"""Readers' answers to the exercises of the chapter on training a sequence classifier."""

from exercising import Answers

ATTEMPTS = {
    "exercise-1": Answers(
        right={
            "by hand": "my_loss = 1.39",
            "as a tensor": "my_loss = torch.tensor(4.0).log()",
            "from a loss": "my_loss = F.cross_entropy(torch.zeros(1, 4), torch.tensor([2])).item()",
        },
        wrong={
            "of ten classes": "my_loss = math.log(10)",
            "in bits": "my_loss = math.log2(4)",
            "to base ten": "my_loss = math.log10(4)",
            "the probability": "my_loss = 0.25",
            "of one class": "my_loss = 0.0",
            "the wrong sign": "my_loss = math.log(0.25)",
        },
    ),
    "exercise-2": Answers(
        right={
            "with tensors": """
def mean_over_all(means, sizes):
    means, sizes = torch.tensor(means), torch.tensor(sizes)
    return (means * sizes).sum() / sizes.sum()
""",
            "by a loop": """
def mean_over_all(means, sizes):
    total, count = 0.0, 0
    for k in range(len(means)):
        total += means[k] * sizes[k]
        count += sizes[k]
    return total / count
""",
        },
        wrong={
            "the mean of means": """
def mean_over_all(means, sizes):
    return sum(means) / len(means)
""",
            "divided by the number of batches": """
def mean_over_all(means, sizes):
    return sum(m * s for m, s in zip(means, sizes)) / len(sizes)
""",
            "all but the last batch": """
def mean_over_all(means, sizes):
    return sum(m * s for m, s in zip(means[:-1], sizes[:-1])) / max(1, sum(sizes[:-1]))
""",
            "all batches as large as the first": """
def mean_over_all(means, sizes):
    return sum(m * sizes[0] for m in means) / sum(sizes)
""",
            "the sum": """
def mean_over_all(means, sizes):
    return sum(m * s for m, s in zip(means, sizes))
""",
        },
    ),
    "exercise-3": Answers(
        right={
            "by counting": """
def early_stop(scores, patience):
    lowest, best, waited = math.inf, 0, 0
    for k, score in enumerate(scores):
        if score < lowest:
            lowest, best, waited = score, k, 0
        else:
            waited += 1
        if waited == patience:
            return k, best
    return len(scores) - 1, best
""",
            "as a list": """
def early_stop(scores, patience):
    for k in range(len(scores)):
        best = scores.index(min(scores[: k + 1]))
        if k - best >= patience:
            break
    return [k, best]
""",
        },
        wrong={
            "one too patient": """
def early_stop(scores, patience):
    best = 0
    for k, score in enumerate(scores):
        if score < scores[best]:
            best = k
        if k - best > patience:
            return k, best
    return len(scores) - 1, best
""",
            "an equal score is an improvement": """
def early_stop(scores, patience):
    best = 0
    for k, score in enumerate(scores):
        if score <= scores[best]:
            best = k
        if k - best >= patience:
            return k, best
    return len(scores) - 1, best
""",
            "compares with the one before": """
def early_stop(scores, patience):
    best, waited = 0, 0
    for k in range(1, len(scores)):
        waited = 0 if scores[k] < scores[k - 1] else waited + 1
        if scores[k] < scores[best]:
            best = k
        if waited >= patience:
            return k, best
    return len(scores) - 1, best
""",
            "the best of all, also after the stop": """
def early_stop(scores, patience):
    best = 0
    for k, score in enumerate(scores):
        if score < scores[best]:
            best = k
        if k - best >= patience:
            return k, scores.index(min(scores))
    return len(scores) - 1, best
""",
            "never stops": """
def early_stop(scores, patience):
    return len(scores) - 1, scores.index(min(scores))
""",
            "the last one is the best": """
def early_stop(scores, patience):
    best = 0
    for k, score in enumerate(scores):
        if score < scores[best]:
            best = k
        if k - best >= patience:
            return k, k
    return len(scores) - 1, len(scores) - 1
""",
        },
    ),
    "exercise-4": Answers(
        right={
            "by a checksum": """
def divide(sequences):
    import zlib

    def held(x):
        return zlib.crc32(bytes(x)) % 3 == 0

    return [x for x in sequences if not held(x)], [x for x in sequences if held(x)]
""",
            "one of them for validation": """
def divide(sequences):
    chosen = sequences[0]
    training = [x for x in sequences if x != chosen]
    return training, [x for x in sequences if x == chosen]
""",
            "by the first number": """
def divide(sequences):
    return [x for x in sequences if x[0] > 0], [x for x in sequences if x[0] == 0]
""",
        },
        wrong={
            "cut at random": """
def divide(sequences):
    order = torch.randperm(len(sequences), generator=torch.Generator().manual_seed(0)).tolist()
    return [sequences[k] for k in order[10:]], [sequences[k] for k in order[:10]]
""",
            "cut in order": """
def divide(sequences):
    return sequences[:30], sequences[30:]
""",
            "sorted, then cut": """
def divide(sequences):
    ordered = sorted(sequences)
    return ordered[:20], ordered[20:]
""",
            "copies thrown away": """
def divide(sequences):
    different = sorted(set(sequences))
    return different[2:], different[:2]
""",
            "what is in both thrown away": """
def divide(sequences):
    held = set(sequences[:10])
    return [x for x in sequences[10:] if x not in held], sequences[:10]
""",
            "nothing to validate on": """
def divide(sequences):
    return sequences, []
""",
            "every fifth": """
def divide(sequences):
    return [x for k, x in enumerate(sequences) if k % 5], sequences[::5]
""",
        },
    ),
    "exercise-5": Answers(
        right={
            "by the number of the best": """
def plateau_rates(scores, rate, factor, patience):
    lowest, since, rates = float("inf"), -1, []
    for k, score in enumerate(scores):
        if score < lowest:
            lowest, since = score, k
        elif k - since > patience:
            rate, since = rate * factor, k
        rates.append(rate)
    return rates
""",
            "as a tensor": """
def plateau_rates(scores, rate, factor, patience):
    lowest, waited, rates = scores[0] + 1, 0, torch.zeros(len(scores), dtype=torch.float64)
    for k, score in enumerate(scores):
        if score < lowest:
            lowest, waited = score, 0
        else:
            waited += 1
        if waited == patience + 1:
            rate = rate * factor
            waited = 0
        rates[k] = rate
    return rates
""",
        },
        wrong={
            "one too early": """
def plateau_rates(scores, rate, factor, patience):
    lowest, waited, rates = math.inf, 0, []
    for score in scores:
        waited = 0 if score < lowest else waited + 1
        lowest = min(lowest, score)
        if waited >= patience and waited > 0:
            rate, waited = rate * factor, 0
        rates.append(rate)
    return rates
""",
            "counting does not begin anew": """
def plateau_rates(scores, rate, factor, patience):
    lowest, waited, rates = math.inf, 0, []
    for score in scores:
        waited = 0 if score < lowest else waited + 1
        lowest = min(lowest, score)
        if waited > patience:
            rate = rate * factor
        rates.append(rate)
    return rates
""",
            "an equal score is an improvement": """
def plateau_rates(scores, rate, factor, patience):
    lowest, waited, rates = math.inf, 0, []
    for score in scores:
        waited = 0 if score <= lowest else waited + 1
        lowest = min(lowest, score)
        if waited > patience:
            rate, waited = rate * factor, 0
        rates.append(rate)
    return rates
""",
            "compares with the one before": """
def plateau_rates(scores, rate, factor, patience):
    before, waited, rates = math.inf, 0, []
    for score in scores:
        waited = 0 if score < before else waited + 1
        before = score
        if waited > patience:
            rate, waited = rate * factor, 0
        rates.append(rate)
    return rates
""",
            "the rate before the score": """
def plateau_rates(scores, rate, factor, patience):
    lowest, waited, rates = math.inf, 0, []
    for score in scores:
        rates.append(rate)
        waited = 0 if score < lowest else waited + 1
        lowest = min(lowest, score)
        if waited > patience:
            rate, waited = rate * factor, 0
    return rates
""",
            "the lowest is forgotten": """
def plateau_rates(scores, rate, factor, patience):
    lowest, waited, rates = math.inf, 0, []
    for score in scores:
        waited = 0 if score < lowest else waited + 1
        lowest = min(lowest, score)
        if waited > patience:
            rate, waited, lowest = rate * factor, 0, math.inf
        rates.append(rate)
    return rates
""",
            "never": """
def plateau_rates(scores, rate, factor, patience):
    return [rate] * len(scores)
""",
        },
    ),
}
