"""The soft prompt: a listener's vector as one position, or a few, that the decoder reads like tokens.

A prompt stays a list of ids. Ids from SOFT on stand for vectors instead of words; equal vectors have equal ids, and no
others do. So what is shared between prompts, remembered or batched follows from their ids, as ever, and nobody has a
token of their own: a vector is projected when it is read.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import PreTrainedModel

from neo.listeners.model import Vectors
from neo_sdk.errors import BundleError, NeoError

SOFT = 1 << 30  # above every vocabulary, and still an int32
PART = "soft_prompt."  # what the names of its weights begin with, in a model that it is a part of
KEPT = 8_192  # vectors that prompts may stand on at a time; a prompt is read soon after it is made


class Source(Protocol):
    """Where vectors lie by number."""

    def __getitem__(self, numbers: np.ndarray) -> np.ndarray:
        """float32 [n, dim] of int64 [n]."""
        ...


class VectorMemory:
    """Vectors that prompts stand on, by number; the least recently used go first. Safe to share between threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self.kept = kept
        self._lock = threading.Lock()
        self._numbers: dict[bytes, int] = {}
        self._vectors: OrderedDict[int, np.ndarray] = OrderedDict()
        self._next = 0

    def numbers(self, vectors: np.ndarray) -> list[int]:
        """The number of each vector, float32 [n, dim]; a new one gets a new number. All of them are kept together."""
        with self._lock:
            self.kept = max(self.kept, 2 * len(vectors))  # those of who asks beside these stay too
            return [self._number(np.array(vector)) for vector in vectors]

    def _number(self, vector: np.ndarray) -> int:
        key = vector.tobytes()
        if key not in self._numbers:
            if len(self._vectors) >= self.kept:
                _, gone = self._vectors.popitem(last=False)
                del self._numbers[gone.tobytes()]
            self._numbers[key], self._vectors[self._next] = self._next, vector
            self._next += 1
        self._vectors.move_to_end(self._numbers[key])
        return self._numbers[key]

    def __getitem__(self, numbers: np.ndarray) -> np.ndarray:
        with self._lock:
            try:
                found = [self._vectors[int(number)] for number in numbers]
            except KeyError:
                raise NeoError(
                    f"A prompt stands on a listener vector that is no longer kept: more than {self.kept} others came "
                    f"in before it was read."
                ) from None
            for number in numbers:
                self._vectors.move_to_end(int(number))
            return np.stack(found)


class SoftPrompt(nn.Module):
    """Projects vectors [n, dim] of one space to `positions` input embeddings of width `hidden`."""

    def __init__(self, space: str, dim: int, hidden: int, positions: int = 1) -> None:
        super().__init__()
        self.space, self.positions = space, positions
        self.projection = nn.Linear(dim, positions * hidden)
        self.source: Source = VectorMemory()

    def start_like(self, embeddings: Tensor, generator: torch.Generator) -> None:
        """Begins with outputs as large as embeddings [tokens, hidden] are; vectors have variance 1."""
        with torch.no_grad():
            size = embeddings.float().square().mean().sqrt() / self.projection.in_features**0.5
            self.projection.weight.normal_(generator=generator).mul_(size)
            self.projection.bias.zero_()

    def save(self, path: Path) -> None:
        known = {"space": self.space, "positions": str(self.positions)}
        save_file({name: tensor.contiguous() for name, tensor in self.state_dict().items()}, path, known)

    @classmethod
    def load(cls, path: Path) -> SoftPrompt:
        """Reads what `save` wrote. Raises BundleError."""
        try:
            with safe_open(path, "pt") as file:
                known = file.metadata()
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            width, dim = tensors["projection.weight"].shape
            positions = int(known["positions"])
            soft = cls(known["space"], dim, width // positions, positions)
            soft.load_state_dict(tensors)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise BundleError(f"{path}: the soft prompt cannot be read: {error}") from error
        return soft

    def ids(self, number: int) -> tuple[int, ...]:
        """The ids of the vector that the source has under a number."""
        return tuple(range(SOFT + number * self.positions, SOFT + (number + 1) * self.positions))

    def remembered(self, vectors: Vectors) -> list[tuple[int, ...]]:
        """The ids of each of these vectors, for prompts. BundleError for vectors of another space than its own."""
        memory, values = self.source, vectors.of(self.space)
        assert isinstance(memory, VectorMemory), "while it is trained, vectors come from a table"
        return [self.ids(number) for number in memory.numbers(values)]

    def forward(self, ids: Tensor) -> Tensor:
        """Input embeddings [n, hidden] of ids [n], all of them SOFT or more."""
        number, place = (ids - SOFT) // self.positions, (ids - SOFT) % self.positions
        distinct, where = number.unique(return_inverse=True)
        vectors = torch.from_numpy(np.asarray(self.source[distinct.cpu().numpy()], dtype=np.float32))
        weight = self.projection.weight
        projected = self.projection(vectors.to(weight.device, weight.dtype))
        return projected.view(len(distinct), self.positions, -1)[where, place]


def attach(model: PreTrainedModel, soft: SoftPrompt) -> None:
    """Makes the soft prompt a part of the model: trained with it, saved with its checkpoints, moved with it."""
    model.soft_prompt = soft.to(model.device)


def detach(model: PreTrainedModel) -> SoftPrompt | None:
    """Takes the soft prompt out of the model, which is an ordinary one then."""
    soft = soft_prompt_of(model)
    if soft is not None:
        del model.soft_prompt
    return soft


def soft_prompt_of(model: PreTrainedModel) -> SoftPrompt | None:
    return getattr(model, "soft_prompt", None)


def embed(model: PreTrainedModel, ids: Tensor) -> Tensor:
    """Input embeddings [..., hidden] of ids [...], whether they stand for tokens or for vectors."""
    embedding, soft = model.get_input_embeddings(), soft_prompt_of(model)
    held = ids >= SOFT
    if soft is None or not bool(held.any()):
        embedded: Tensor = embedding(ids)
        return embedded
    embedded = embedding(ids.masked_fill(held, 0))
    return embedded.index_put((held,), soft(ids[held]).to(embedded.dtype))
