"""Readers' answers to the exercises of the chapter on gates."""

from exercising import Answers

ATTEMPTS = {
    "exercise-1": Answers(
        right={
            "as a float": "my_size = 52.0",
            "as a tensor": "my_size = torch.tensor(52)",
            "found by a loop": """
my_size = 1
while 4 * (my_size + 1) * (64 + my_size + 1 + 2) <= 24_832:
    my_size += 1
""",
        },
        wrong={
            "a quarter of the size": "my_size = 32",
            "half of the size": "my_size = 64",
            "not rounded": "my_size = (33**2 + 6208) ** 0.5 - 33",
            "rounded up": "my_size = 53",
            "counted as three gates": """
my_size = max(H for H in range(1, 129) if 3 * H * (64 + H + 2) <= 24_832)
""",
            "without the matrix of the state": """
my_size = 24_832 // (4 * (64 + 2))
""",
        },
    ),
    "exercise-2": Answers(
        right={
            "changed in place": """
def fold(lstm):
    with torch.no_grad():
        lstm.bias_ih_l0.add_(lstm.bias_hh_l0)
        lstm.bias_hh_l0.zero_()
    return lstm.state_dict()
""",
            "a plain dict, the biases made anew": """
def fold(lstm):
    return dict(
        weight_ih_l0=lstm.weight_ih_l0,
        weight_hh_l0=lstm.weight_hh_l0,
        bias_ih_l0=torch.stack([lstm.bias_ih_l0, lstm.bias_hh_l0]).sum(dim=0),
        bias_hh_l0=torch.zeros(len(lstm.bias_hh_l0)),
    )
""",
            "by a loop over the names": """
def fold(lstm):
    old, new = lstm.state_dict(), {}
    for name in old:
        new[name] = old[name]
        if "bias_ih" in name:
            new[name] = old[name] + old[name.replace("_ih", "_hh")]
        if "bias_hh" in name:
            new[name] = old[name] * 0
    return new
""",
        },
        wrong={
            "left as it is": """
def fold(lstm):
    return lstm.state_dict()
""",
            "one bias lost": """
def fold(lstm):
    weights = lstm.state_dict()
    weights["bias_hh_l0"].zero_()
    return weights
""",
            "zeroed before it is added": """
def fold(lstm):
    weights = lstm.state_dict()
    b_hh = weights["bias_hh_l0"]
    weights["bias_hh_l0"].zero_()
    weights["bias_ih_l0"] += b_hh
    return weights
""",
            "added, and kept as well": """
def fold(lstm):
    weights = lstm.state_dict()
    weights["bias_ih_l0"] += weights["bias_hh_l0"]
    return weights
""",
            "the other bias is 0": """
def fold(lstm):
    weights = lstm.state_dict()
    weights["bias_hh_l0"] += weights["bias_ih_l0"]
    weights["bias_ih_l0"].zero_()
    return weights
""",
            "no bias at all": """
def fold(lstm):
    return {name: value * ("weight" in name) for name, value in lstm.state_dict().items()}
""",
            "the mean of the two": """
def fold(lstm):
    weights = {name: value.clone() for name, value in lstm.state_dict().items()}
    weights["bias_ih_l0"] = (weights["bias_ih_l0"] + weights["bias_hh_l0"]) / 2
    weights["bias_hh_l0"].zero_()
    return weights
""",
            "only the forget gate's": """
def fold(lstm):
    weights = {name: value.clone() for name, value in lstm.state_dict().items()}
    weights["bias_ih_l0"][3:6] += weights["bias_hh_l0"][3:6]
    weights["bias_hh_l0"].zero_()
    return weights
""",
        },
    ),
    "exercise-3": Answers(
        right={
            "rounded": "my_bias = 4.968",
            "another formula": "my_bias = -math.log(2 ** (1 / 100) - 1)",
            "as a tensor": "my_bias = torch.logit(torch.tensor(0.5, dtype=torch.float64) ** 0.01)",
            "by halving": """
low, high = torch.tensor(0.0).double(), torch.tensor(10.0).double()
while high - low > 1e-6:
    middle = (low + high) / 2
    low, high = (middle, high) if middle.sigmoid() ** 100 < 0.5 else (low, middle)
my_bias = low.item()
""",
        },
        wrong={
            "the forget gate itself": "my_bias = 0.5 ** (1 / 100)",
            "its logarithm": "my_bias = math.log(0.5 ** (1 / 100))",
            "half at each step": "my_bias = 0",
            "the sign turned": "my_bias = math.log(2 ** (1 / 100) - 1)",
            "1, as everyone sets it": "my_bias = 1.0",
            "halved between the two biases": "my_bias = -math.log(2 ** (1 / 100) - 1) / 2",
            "a hundredth is lost at each step": "my_bias = math.log(0.99 / 0.01)",
            "half a hundredth is lost at each step": "my_bias = math.log(0.995 / 0.005)",
            "the logit to base 2": "my_bias = -math.log2(2 ** (1 / 100) - 1)",
            "rounded to 5": "my_bias = 5",
        },
    ),
    "exercise-4": Answers(
        right={
            "changed in place": """
def translate(weights):
    for weight in weights:
        weight[3:6] *= -1
    return weights
""",
            "cut up and put together, as a tuple": """
def translate(weights):
    found = []
    for weight in weights:
        r, z, n = weight.chunk(3)
        found.append(torch.cat([r, -z, n]))
    return tuple(found)
""",
            "with a matrix": """
def translate(weights):
    signs = torch.diag(torch.tensor([1.0, 1, 1, -1, -1, -1, 1, 1, 1]))
    return [signs @ weight for weight in weights]
""",
        },
        wrong={
            "left as they are": """
def translate(weights):
    return weights
""",
            "all signs turned": """
def translate(weights):
    return [-weight for weight in weights]
""",
            "the rows of r": """
def translate(weights):
    for weight in weights:
        weight[:3] *= -1
    return weights
""",
            "the rows of n": """
def translate(weights):
    for weight in weights:
        weight[6:] *= -1
    return weights
""",
            "only the matrices": """
def translate(weights):
    for weight in weights[:2]:
        weight[3:6] *= -1
    return weights
""",
            "only the biases": """
def translate(weights):
    for weight in weights[2:]:
        weight[3:6] *= -1
    return weights
""",
            "only what reads the input": """
def translate(weights):
    for weight in (weights[0], weights[2]):
        weight[3:6] *= -1
    return weights
""",
            "1 - w": """
def translate(weights):
    for weight in weights:
        weight[3:6] = 1 - weight[3:6]
    return weights
""",
            "z and n exchanged": """
def translate(weights):
    return [torch.cat([weight[:3], weight[6:], weight[3:6]]) for weight in weights]
""",
            "the columns of z's place": """
def translate(weights):
    W_ih, W_hh, b_ih, b_hh = weights
    W_ih[:, 1] *= -1
    W_hh[:, 1] *= -1
    b_ih[3:6] *= -1
    b_hh[3:6] *= -1
    return W_ih, W_hh, b_ih, b_hh
""",
        },
    ),
    "exercise-5": Answers(
        right={
            "by chunks of the data": """
def couple(lstm):
    for weight in (lstm.weight_ih_l0, lstm.weight_hh_l0, lstm.bias_ih_l0, lstm.bias_hh_l0):
        i, f, g, o = weight.data.chunk(4)
        f.copy_(i).neg_()
    return lstm
""",
            "as a new state dict": """
def couple(lstm):
    H, new = lstm.hidden_size, {}
    for name, weight in lstm.state_dict().items():
        new[name] = torch.cat([weight[:H], -weight[:H], weight[2 * H :]])
    lstm.load_state_dict(new)
    return lstm
""",
            "all of the bias in one of the two": """
def couple(lstm):
    with torch.no_grad():
        lstm.weight_ih_l0[3:6] = -lstm.weight_ih_l0[:3]
        lstm.weight_hh_l0[3:6] = -lstm.weight_hh_l0[:3]
        lstm.bias_ih_l0[3:6] = -(lstm.bias_ih_l0 + lstm.bias_hh_l0)[:3]
        lstm.bias_hh_l0[3:6] = 0
    return lstm
""",
        },
        wrong={
            "left as it is": """
def couple(lstm):
    return lstm
""",
            "f = i": """
def couple(lstm):
    with torch.no_grad():
        for weight in lstm.parameters():
            weight[3:6] = weight[:3]
    return lstm
""",
            "1 - w": """
def couple(lstm):
    with torch.no_grad():
        for weight in lstm.parameters():
            weight[3:6] = 1 - weight[:3]
    return lstm
""",
            "i made from f": """
def couple(lstm):
    with torch.no_grad():
        for weight in lstm.parameters():
            weight[:3] = -weight[3:6]
    return lstm
""",
            "blocks in the order i, g, f, o": """
def couple(lstm):
    with torch.no_grad():
        for weight in lstm.parameters():
            weight[6:9] = -weight[:3]
    return lstm
""",
            "the matrices only": """
def couple(lstm):
    with torch.no_grad():
        for weight in (lstm.weight_ih_l0, lstm.weight_hh_l0):
            weight[3:6] = -weight[:3]
    return lstm
""",
            "without the recurrent matrix": """
def couple(lstm):
    with torch.no_grad():
        for weight in (lstm.weight_ih_l0, lstm.bias_ih_l0, lstm.bias_hh_l0):
            weight[3:6] = -weight[:3]
    return lstm
""",
            "one of the two biases": """
def couple(lstm):
    with torch.no_grad():
        for weight in list(lstm.parameters())[:3]:
            weight[3:6] = -weight[:3]
    return lstm
""",
            "both taps half open": """
def couple(lstm):
    with torch.no_grad():
        for weight in lstm.parameters():
            weight[:6] = 0
    return lstm
""",
            "all rows but i's": """
def couple(lstm):
    with torch.no_grad():
        for weight in lstm.parameters():
            weight[3:] = -weight[:3].repeat(3, *[1] * (weight.dim() - 1))
    return lstm
""",
        },
    ),
    "exercise-6": Answers(
        right={
            "tensors of whole numbers": """
my_W = torch.tensor([[0, 0, 0], [0, 0, 0], [0, 100, -100], [0, 0, 0]])
my_biases = torch.tensor([100, 100, 0, 100])
""",
            "the output shut, since the cell state is asked for": """
my_W = ((0, 0, 0), (0, 0, 0), (0, 50, -50), (0, 0, 0))
my_biases = (50, 50, 0, -50)
""",
            "the input gate shut at what is no bracket": """
my_W = [[-300, 0, 0], [0, 0, 0], [0, 40, -40], [0, 0, 0]]
my_biases = [100, 100, 0, 100]
""",
            "the candidate by its bias": """
my_W = [[0, 0, 0], [0, 0, 0], [30, 60, 0], [0, 0, 0]]
my_biases = [30, 30, -30, 0]
""",
        },
        wrong={
            "a candidate of tanh(1)": """
my_W = [[0, 0, 0], [0, 0, 0], [0, 1, -1], [0, 0, 0]]
my_biases = [30, 30, 0, 30]
""",
            "nearly 1": """
my_W = [[0, 0, 0], [0, 0, 0], [0, 5, -5], [0, 0, 0]]
my_biases = [30, 30, 0, 30]
""",
            "a forget gate that is half open": """
my_W = [[0, 0, 0], [0, 0, 0], [0, 30, -30], [0, 0, 0]]
my_biases = [30, 0, 0, 30]
""",
            "a forget gate that leaks": """
my_W = [[0, 0, 0], [0, 0, 0], [0, 30, -30], [0, 0, 0]]
my_biases = [30, 5, 0, 30]
""",
            "a forget gate of bias 1": """
my_W = [[0, 0, 0], [0, 0, 0], [0, 30, -30], [0, 0, 0]]
my_biases = [30, 1, 0, 30]
""",
            "forgetting means open": """
my_W = [[0, 0, 0], [0, 0, 0], [0, 30, -30], [0, 0, 0]]
my_biases = [30, -30, 0, 30]
""",
            "the order i, f, o, g": """
my_W = [[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 30, -30]]
my_biases = [30, 30, 30, 0]
""",
            "the closing bracket first": """
my_W = [[0, 0, 0], [0, 0, 0], [0, -30, 30], [0, 0, 0]]
my_biases = [30, 30, 0, 30]
""",
            "the brackets in columns 0 and 1": """
my_W = [[0, 0, 0], [0, 0, 0], [30, -30, 0], [0, 0, 0]]
my_biases = [30, 30, 0, 30]
""",
            "closing forgets": """
my_W = [[0, 0, 0], [0, 0, -60], [0, 30, 0], [0, 0, 0]]
my_biases = [30, 30, 0, 30]
""",
            "closing does nothing": """
my_W = [[0, 0, 0], [0, 0, 0], [0, 30, 0], [0, 0, 0]]
my_biases = [30, 30, 0, 30]
""",
        },
    ),
}
