"""`make gpu-rehearsal` plays a card on the CPU: the same numbers, and what a card refuses is refused."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import card
import numpy as np
import pytest
import torch
from book import ROOT, chapters, read_notebook
from gpu_rehearsal import ONLY_A_CARD
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook, new_output
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

CPU, CARD = torch.device("cpu"), torch.device("cuda", 0)


@pytest.fixture(autouse=True)
def played(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    original = nn.Parameter.__new__
    monkeypatch.setattr(torch.backends.cudnn, "is_acceptable", lambda _: False)
    card._parameter_keeps_mark()
    with card.Card():
        yield
    nn.Parameter.__new__ = original  # type: ignore[method-assign]


def on_card(*shape: int) -> torch.Tensor:
    return torch.ones(shape).to("cuda")


# What a card refuses. Each mixture raises, in the words that one would search for.

MIXTURES: dict[str, Callable[[], object]] = {
    "a sum": lambda: on_card(3) + torch.ones(3),
    "a product of matrices": lambda: torch.ones(3, 3) @ on_card(3, 3),
    "cat": lambda: torch.cat([on_card(3), torch.ones(3)]),
    "stack of numbers": lambda: torch.stack([on_card(), torch.ones(())]),
    "where": lambda: torch.where(torch.ones(3).bool(), on_card(3), on_card(3)),
    "a mask": lambda: on_card(3).masked_fill(torch.ones(3).bool(), 0.0),
    "in place": lambda: torch.ones(3).add_(on_card(3)),
    "a loss": lambda: nn.functional.mse_loss(on_card(3), torch.ones(3)),
    "an embedding": lambda: nn.Embedding(5, 2).to("cuda")(torch.tensor([1, 2])),
    "a linear layer": lambda: nn.Linear(3, 2).to("cuda")(torch.ones(3)),
    "an index for gather": lambda: on_card(3).gather(0, torch.tensor([0])),
    "torch.equal": lambda: torch.equal(on_card(3), torch.ones(3)),
    "a layer's input": lambda: nn.GRU(3, 2).to("cuda")(torch.ones(4, 1, 3)),
    "a layer's state": lambda: nn.RNN(3, 2).to("cuda")(on_card(4, 1, 3), torch.zeros(1, 1, 2)),
    "a cell's state": lambda: nn.LSTMCell(3, 2).to("cuda")(
        on_card(1, 3), (torch.zeros(1, 2), torch.zeros(1, 2))
    ),
}


@pytest.mark.parametrize("name", MIXTURES)
def test_tensors_of_both_devices_in_one_operation_are_refused(name: str) -> None:
    with pytest.raises(RuntimeError, match="same device"):
        MIXTURES[name]()


@pytest.mark.parametrize("read", [lambda x: x.numpy(), np.asarray, np.array, lambda x: np.add(x, 1)])
def test_numpy_cannot_read_a_tensor_on_the_card(read: Callable[[torch.Tensor], object]) -> None:
    with pytest.raises(TypeError, match=r"Use Tensor.cpu\(\)"):
        read(on_card(3))


def test_lengths_on_the_card_are_refused() -> None:
    with pytest.raises(RuntimeError, match="1D CPU int64 tensor, but got 1D cuda:0"):
        pack_padded_sequence(on_card(3, 2, 1), torch.tensor([3, 2]).to("cuda"))


def test_a_tensor_on_the_cpu_is_not_indexed_by_one_on_the_card_but_the_other_way_round() -> None:
    index = torch.tensor([0, 2])
    with pytest.raises(RuntimeError, match="indices should be either on cpu"):
        torch.arange(3)[index.to("cuda")]
    assert torch.arange(3).to("cuda")[index].device == CARD


@pytest.mark.parametrize(("device", "source"), [("cuda", "cpu")])
def test_a_generator_of_the_other_device_is_refused(device: str, source: str) -> None:
    with pytest.raises(RuntimeError, match="Expected a 'cuda' device type for generator but found 'cpu'"):
        torch.randn(3, device=device, generator=torch.Generator(source))


def test_a_gradient_must_lie_where_its_tensor_lies() -> None:
    weight = nn.Parameter(on_card(3))
    with pytest.raises(RuntimeError, match="different device"):
        weight.grad = torch.ones(3)
    weight.grad = on_card(3)


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
@pytest.mark.parametrize("packed", [False, True])
def test_no_gradient_comes_through_cudnn_in_evaluation_mode(kind: type[nn.RNNBase], packed: bool) -> None:
    layer = kind(3, 2).to("cuda").eval()

    def gradient() -> torch.Tensor:
        x = on_card(4, 2, 3).requires_grad_()
        given = pack_padded_sequence(x, [4, 2]) if packed else x
        output = layer(given)[0]
        (output.data if packed else output).sum().backward()
        assert x.grad is not None
        return x.grad

    with pytest.raises(RuntimeError, match="training mode"):
        gradient()
    with torch.backends.cudnn.flags(enabled=False):
        assert gradient().device == CARD
    layer.train()
    assert gradient().device == CARD


# What a card allows, and where its results lie.


def test_numbers_and_tensors_without_dimensions_may_come_from_the_cpu() -> None:
    x = on_card(3)
    assert (x * torch.tensor(2.0) + 1).device == CARD
    assert torch.where(x > 0, x, torch.tensor(0.0)).device == CARD
    x[0] = torch.tensor(5.0)
    assert x.tolist() == [5, 1, 1]


def test_copies_cross_and_the_target_stays_where_it_is() -> None:
    here, there = torch.zeros(3), on_card(3)
    here.copy_(there)
    assert (here.device, here.tolist()) == (CPU, [1, 1, 1])
    there.copy_(torch.zeros(3))
    assert (there.device, there.tolist()) == (CARD, [0, 0, 0])


def test_a_tensor_that_is_sent_is_another_one_and_one_that_is_there_is_itself() -> None:
    here = torch.zeros(3)
    there = here.to("cuda")
    there += 1
    assert (here.device, here.tolist()) == (CPU, [0, 0, 0])
    assert there.to("cuda") is there
    assert here.to("cpu") is here
    assert there.to("cuda", copy=True) is not there
    assert there.to(here).device == CPU
    assert here.to(there).device == here.cuda().device == CARD
    assert there.to(torch.float64).device == CARD
    assert there.cpu().device == CPU
    assert (there.is_cuda, there.is_cpu, here.is_cuda) == (True, False, False)


def test_what_is_made_for_the_card_or_like_something_there_lies_there() -> None:
    x = on_card(3)
    made = [
        torch.zeros(3, device="cuda"),
        torch.zeros_like(x),
        x.new_zeros(3),
        torch.tensor([1.0], device=x.device),
    ]
    made += [x.clone(), x[1:], x.sum(), *x.split(1), x.detach(), torch.as_tensor(x)]
    assert {tensor.device for tensor in made} == {CARD}
    assert torch.zeros_like(x, device="cpu").device == CPU
    assert torch.tensor([x[0], x[1]]).device == CPU


def test_modules_gradients_optimizers_and_copies_follow() -> None:
    layer = nn.LSTM(3, 2).to("cuda")
    optimizer = torch.optim.Adam(layer.parameters())
    output, (h_n, _) = layer(on_card(4, 1, 3))
    output.sum().backward()
    (by_grad,) = torch.autograd.grad(layer(on_card(4, 1, 3))[0].sum(), [layer.weight_hh_l0])
    optimizer.step()
    found = [output, h_n, by_grad, layer.weight_hh_l0.grad, optimizer.state[layer.weight_hh_l0]["exp_avg"]]
    found += [copy.deepcopy(layer).weight_hh_l0, nn.Parameter(on_card(2)), layer.state_dict()["bias_ih_l0"]]
    assert {tensor.device for tensor in found} == {CARD}
    assert next(layer.cpu().parameters()).device == CPU
    layer.load_state_dict(nn.LSTM(3, 2).to("cuda").state_dict())
    assert next(layer.parameters()).device == CPU


def test_a_packed_batch_keeps_its_batch_sizes_and_lengths_on_the_cpu() -> None:
    packed, _ = nn.GRU(3, 2).to("cuda")(pack_padded_sequence(on_card(4, 2, 3), [2, 4], enforce_sorted=False))
    output, lengths = pad_packed_sequence(packed)
    assert (packed.data.device, packed.batch_sizes.device) == (CARD, CPU)
    assert (output.device, lengths.device) == (CARD, CPU)


def test_a_printed_tensor_names_the_card_and_a_saved_one_carries_no_mark() -> None:
    assert repr(on_card(2)) == "tensor([1., 1.], device='cuda:0')"
    file = BytesIO()
    torch.save({"x": on_card(2)}, file)
    file.seek(0)
    assert torch.load(file, weights_only=True)["x"].device == CPU


def test_numbers_are_those_of_the_cpu() -> None:
    torch.manual_seed(0)
    layer, x = nn.GRU(3, 4, 2, bidirectional=True), torch.randn(5, 2, 3)
    there = copy.deepcopy(layer).to("cuda")
    ours, theirs = layer(x)[0], there(x.to("cuda"))[0]
    ours.sum().backward()
    theirs.sum().backward()
    assert torch.equal(ours, theirs.cpu())
    pairs = zip(layer.parameters(), there.parameters(), strict=True)
    assert all(torch.equal(a.grad, b.grad.cpu()) for a, b in pairs)


# Chapters.


def rehearse(folder: Path, *sources: str, stored: str) -> subprocess.CompletedProcess[str]:
    first = "import torch\nfrom rnnlib.device import get_device\ndevice = get_device()"
    cells = [new_code_cell(source, execution_count=1) for source in (first, *sources)]
    cells[-1]["outputs"] = [new_output("execute_result", {"text/plain": stored}, execution_count=1)]
    write(new_notebook(cells=cells), folder / "x.ipynb")
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "gpu_rehearsal.py"), str(folder / "x.ipynb")],
        env={key: value for key, value in os.environ.items() if key != "RNNLIB_DEVICE"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_chapter_that_moves_its_tensors_passes_in_threads_too(tmp_path: Path) -> None:
    threads = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "x = torch.ones(3).to(device)\n"
        "str(list(ThreadPoolExecutor(2).map(lambda n: (x * n).device.type, range(2))))"
    )
    done = rehearse(tmp_path, threads, stored="\"['cuda', 'cuda']\"")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "x                             0.0 MiB" in done.stdout


def test_a_planted_mixture_in_a_chapter_is_found_and_its_cell_shown(tmp_path: Path) -> None:
    done = rehearse(tmp_path, "(torch.ones(3).to(device) + torch.ones(3)).tolist()", stored="[2.0, 2.0, 2.0]")
    assert done.returncode == 1
    assert "found at least two devices" in done.stdout
    assert "Cell 1" in done.stdout
    assert done.stdout.strip().endswith("0 passed, 1 failed")


def test_a_chapter_that_never_goes_to_the_card_fails(tmp_path: Path) -> None:
    done = rehearse(tmp_path, "torch.ones(3).tolist()", stored="[1.0, 1.0, 1.0]")
    assert done.returncode == 1
    assert "the card was not used" in done.stdout


def test_every_cell_that_only_a_card_decides_exists() -> None:
    notebooks = {path.stem: read_notebook(path) for path in chapters()}
    for name, left_out in ONLY_A_CARD.items():
        assert set(left_out) <= {cell["id"] for cell in notebooks[name]["cells"]}


def test_a_thread_outside_the_rehearsal_sees_no_card() -> None:
    x = on_card(3)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: x.device).result() == CPU
