"""A tensor that is shared out over processes, by rows; any other tensor is whole, and its own only part."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor
from torch.distributed.tensor import DTensor


def part_of(tensor: Tensor) -> Tensor:
    """What this process holds of it, in place: what is written there is written to the tensor."""
    with torch.no_grad():
        return tensor.to_local() if isinstance(tensor, DTensor) else tensor.detach()


def rows_of(tensor: Tensor) -> range:
    """Which rows of the whole these are: as many as each process gets of an even deal, fewer at the end."""
    if not isinstance(tensor, DTensor):
        return range(tensor.shape[0])
    each = -(-tensor.shape[0] // tensor.device_mesh.size())
    start = min(tensor.shape[0], each * tensor.device_mesh.get_local_rank())
    return range(start, start + part_of(tensor).shape[0])


def whole(tensor: Tensor, keep: bool = True) -> Tensor:
    """All of its rows, in the machine's memory. All processes have to ask; to who does not keep it nothing is given."""
    if not isinstance(tensor, DTensor):
        return tensor.detach()
    full: Tensor = tensor.full_tensor().detach()
    return full.cpu() if keep else full.new_empty(0)


def like(full: Tensor, weight: Tensor) -> Tensor:
    """A whole tensor, shared out as `weight` is."""
    made = torch.empty_like(weight, dtype=full.dtype, requires_grad=False)
    rows = rows_of(weight)
    part_of(made).copy_(full[rows.start : rows.stop])
    return made


@torch.no_grad()
def read(path: Path, tensors: dict[str, Tensor]) -> None:
    """Fills those that a safetensors file has, each process its part and no more."""
    with safe_open(path, "pt") as file:
        for name in sorted(tensors.keys() & set(file.keys())):
            rows = rows_of(tensors[name])
            part_of(tensors[name]).copy_(file.get_slice(name)[rows.start : rows.stop])
