"""The card that is played on the CPU: the same numbers, and what a card refuses is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any, ClassVar

import card
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence
from torch.utils.checkpoint import checkpoint

from rnnlib.device import get_device
from rnnlib.layers import GRU

CPU, CARD = torch.device("cpu"), torch.device("cuda", 0)


@pytest.fixture(autouse=True)
def played() -> Iterator[None]:
    with card.played():
        yield


def on_card(*shape: int) -> torch.Tensor:
    return torch.ones(shape).to("cuda")


def _made_by_default() -> torch.Tensor:
    with torch.device("cuda"):
        return torch.ones(3)


# What a card refuses. Each mixture raises, in the words that one would search for.

MIXTURES: dict[str, Callable[[], object]] = {
    "a sum": lambda: on_card(3) + torch.ones(3),
    "arguments by name": lambda: torch.add(input=on_card(3), other=torch.ones(3)),
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
    "an index without dimensions": lambda: nn.Embedding(5, 2).to("cuda")(torch.tensor(1)),
    "a sum kept on the CPU": lambda: torch.zeros(()).add_(on_card()),
    "a mask kept on the CPU": lambda: torch.tensor(False).__ior__(on_card().bool()),
    "values for indices": lambda: on_card(3).__setitem__(torch.tensor([0, 1]), torch.zeros(2)),
    "a default device": lambda: _made_by_default() + torch.zeros(3),
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


def test_batch_sizes_on_the_card_are_refused() -> None:
    packed = pack_padded_sequence(on_card(3, 2, 1), torch.tensor([3, 2]))
    moved = PackedSequence(packed.data, packed.batch_sizes)
    moved = moved._replace(batch_sizes=packed.batch_sizes.to("cuda"))
    for use in (pad_packed_sequence, nn.GRU(1, 2).to("cuda")):
        with pytest.raises(RuntimeError, match="batch_sizes should always be on CPU"):
            use(moved)


def test_a_tensor_on_the_cpu_is_not_indexed_by_one_on_the_card_but_the_other_way_round() -> None:
    here, index = torch.arange(3), torch.tensor([0, 2])
    with pytest.raises(RuntimeError, match="indices should be either on cpu"):
        here[index.to("cuda")]
    with pytest.raises(RuntimeError, match="indices should be either on cpu"):
        here[on_card(3).bool()] = 0
    assert here.to("cuda")[index].device == CARD
    assert here[index.to("cuda")[1]].device == CPU  # one integer is read off the card


@pytest.mark.parametrize(("device", "source"), [("cuda", "cpu"), ("cpu", "cuda")])
def test_a_generator_of_the_other_device_is_refused(device: str, source: str) -> None:
    generator = torch.Generator(source)
    with pytest.raises(
        RuntimeError, match=f"Expected a '{device}' device type for generator but found '{source}'"
    ):
        torch.randn(3, device=device, generator=generator)
    with pytest.raises(RuntimeError, match="device type for generator"):
        torch.zeros(3, device=device).normal_(generator=generator)
    assert torch.randn(3, device=source, generator=generator).device.type == source
    assert isinstance(generator, torch.Generator)


def test_a_state_that_is_not_contiguous_is_refused_by_cudnn_alone() -> None:
    layer, x = nn.LSTM(3, 2, num_layers=2), torch.ones(4, 5, 3)
    good, bad = torch.zeros(2, 5, 2), torch.zeros(5, 2, 2).transpose(0, 1)
    layer(x, (bad, bad))
    layer, x, good, bad = layer.to("cuda"), x.to("cuda"), good.to("cuda"), bad.to("cuda")
    with pytest.raises(RuntimeError, match="hx is not contiguous"):
        layer(x, (bad, good))
    with pytest.raises(RuntimeError, match="cx is not contiguous"):
        layer(x, (good, bad))
    with torch.backends.cudnn.flags(enabled=False):
        layer(x, (bad, bad))


def test_numpy_takes_nothing_from_the_card_by_dlpack() -> None:
    with pytest.raises(RuntimeError, match="Unsupported device"):
        np.from_dlpack(on_card(3))


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
    assert torch.zeros(()).fill_(x[0]).device == CPU
    x.add_(torch.tensor(0.0))
    assert x.tolist() == [5, 1, 1]


def test_copies_cross_and_the_target_stays_where_it_is() -> None:
    here, there = torch.zeros(3), on_card(3)
    here.copy_(there)
    assert (here.device, here.tolist()) == (CPU, [1, 1, 1])
    there.copy_(torch.zeros(3))
    assert (there.device, there.tolist()) == (CARD, [0, 0, 0])


def test_slices_are_assigned_from_either_side_and_indices_may_lie_on_the_cpu() -> None:
    here, there, index = torch.zeros(3), on_card(3), torch.tensor([0])
    here[1:], there[2:] = there[1:], here[:1]
    assert (here.tolist(), there.tolist()) == ([0, 1, 1], [1, 1, 0])
    there[index] = on_card(1) * 3
    there[torch.tensor([False, True, False])] = torch.tensor(7.0)
    assert (here.device, there.device, there.tolist()) == (CPU, CARD, [3, 7, 0])
    assert there.index_put_((index,), on_card(1)).tolist() == [1, 7, 0]


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
    assert (there.get_device(), here.get_device()) == (0, -1)


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
    here = torch.ones(3)
    assert (torch.as_tensor(here, device="cuda").device, here.device) == (CARD, CPU)
    assert (torch.as_tensor(x, device="cpu").device, x.device) == (CPU, CARD)
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


@pytest.mark.parametrize(("where", "lies"), [("cuda", CARD), (CARD, CARD), ("cpu", CPU)])
def test_what_is_loaded_lies_where_it_was_mapped(where: str | torch.device, lies: torch.device) -> None:
    file = BytesIO()
    torch.save(nn.Linear(2, 2).to("cuda").state_dict(), file)
    file.seek(0)
    assert {tensor.device for tensor in torch.load(file, map_location=where).values()} == {lies}


# What runs during a backward pass: torch makes the gradients where no mode sees them.


class Exponential(torch.autograd.Function):
    seen: ClassVar[list[torch.device]] = []

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
        result = x.exp()
        ctx.save_for_backward(x, result, factor)
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        x, result, factor = ctx.saved_tensors
        Exponential.seen[:] = [gradients[0].device, x.device, result.device, factor.device]
        return gradients[0] * result * torch.ones(3, device=x.device) * factor.to(x.device), None


def test_a_function_of_ones_own_sees_where_its_gradients_and_saved_tensors_lie() -> None:
    x = on_card(3).requires_grad_()
    Exponential.apply(x, torch.ones(3)).sum().backward()
    assert Exponential.seen == [CARD, CARD, CARD, CPU]
    assert x.grad is not None
    assert x.grad.device == CARD


@pytest.mark.parametrize("backward", [lambda y: y.backward(), lambda y: torch.autograd.backward([y])])
def test_hooks_see_gradients_on_the_card_and_are_refused_mixtures(
    backward: Callable[[torch.Tensor], None],
) -> None:
    layer, seen = nn.Linear(3, 2).to("cuda"), []
    layer.weight.register_hook(lambda gradient: seen.append(gradient.device))
    layer.weight.register_post_accumulate_grad_hook(lambda weight: seen.append(weight.grad.device))
    layer.register_full_backward_hook(lambda _, into, out: seen.extend([into[0].device, out[0].device]))
    backward(layer(on_card(1, 3).requires_grad_()).sum())
    assert seen == [CARD] * 4
    layer.weight.register_hook(lambda gradient: gradient + torch.ones(2, 3))
    with pytest.raises(RuntimeError, match="same device"):
        backward(layer(on_card(1, 3).requires_grad_()).sum())


def test_what_is_computed_again_in_a_backward_pass_lies_on_the_card() -> None:
    layer = nn.Linear(3, 2).to("cuda")
    checkpoint(layer, on_card(1, 3).requires_grad_(), use_reentrant=False).sum().backward()
    assert layer.weight.grad.device == CARD


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


def test_threads_that_begin_meanwhile_see_the_card() -> None:
    x = on_card(3)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: x.device).result() == CARD


def test_torch_answers_as_with_a_card_while_one_is_played() -> None:
    before = torch.cuda.max_memory_allocated()
    torch.zeros(256, device="cuda")
    assert torch.cuda.max_memory_allocated() == before + 1024
    assert torch.cuda.is_available()
    assert torch.cuda.device_count() == 1
    torch.cuda.synchronize()
    torch.manual_seed(0)


def test_rnnlib_chooses_the_card_and_its_layers_run_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNLIB_DEVICE", "cuda")
    device = get_device()
    x, layer = on_card(4, 2, 3), GRU(3, 2, device=device)
    output, h_n = layer(x, lengths=torch.tensor([4, 2]))
    assert {output.device, h_n.device, layer.weight_hh_l0.device} == {CARD}
    with pytest.raises(ValueError, match="device cuda:0, got cpu"):
        layer(x.cpu())


def test_nothing_is_left_when_the_card_is_gone() -> None:
    kept = (nn.Parameter.__new__, torch.load, torch.Generator, torch.autograd.Function.apply)
    with card.played():
        assert torch.load is not kept[1]
    assert kept == (nn.Parameter.__new__, torch.load, torch.Generator, torch.autograd.Function.apply)
