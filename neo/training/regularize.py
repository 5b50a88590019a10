"""Against learning few sequences by heart: dropout for models that have none, and a running average of the weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.functional import dropout
from transformers import PreTrainedModel, TrainerCallback

from neo.training.parts import part_of, read, whole
from neo.training.processes import launched

AVERAGE = "average.safetensors"  # in a checkpoint's folder
BRANCHES = ("self_attn", "mlp")  # what adds to the residual stream, in every Llama-shaped decoder


@contextmanager
def dropping(model: PreTrainedModel, rate: float) -> Iterator[None]:
    """Within it the model, while training, drops a share of its embeddings and of what every branch adds.

    Llama-shaped decoders are made for one pass over the web and know no such dropout.
    """

    def drop(module: nn.Module, _: Any, output: Any) -> Any:
        if not module.training:
            return output
        if isinstance(output, tuple):
            return (dropout(output[0], rate), *output[1:])
        return dropout(output, rate)

    branches = [module for name, module in model.named_modules() if name.rpartition(".")[2] in BRANCHES]
    places = [model.get_input_embeddings(), *branches] if rate else []
    hooks = [module.register_forward_hook(drop) for module in places]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


class Averaging(TrainerCallback):
    """Keeps an exponential average of the trained weights, which lies in every checkpoint.

    decay: how much of the average stays at a step; less at first, so that the random start is forgotten.
    """

    def __init__(self, decay: float, checkpoint: str | None) -> None:
        self.decay, self._checkpoint = decay, checkpoint
        self._weights: dict[str, torch.Tensor] = {}
        self._average: dict[str, torch.Tensor] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, *, model: PreTrainedModel, **_: Any) -> None:
        # By now they are on the device that they are trained on, and shared out if they are to be.
        self._weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        self._average = {name: weight.detach().clone() for name, weight in self._weights.items()}
        if self._checkpoint:
            read(Path(self._checkpoint) / AVERAGE, self._average)

    @torch.no_grad()
    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        kept = min(self.decay, (1 + state.global_step) / (10 + state.global_step))
        average, weights = ([part_of(one) for one in held.values()] for held in (self._average, self._weights))
        torch._foreach_lerp_(average, weights, 1 - kept)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        average = {name: whole(one, keep=launched().first) for name, one in self._average.items()}
        if not launched().first:
            return
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        save_file(average, folder / (AVERAGE + ".part"))
        (folder / (AVERAGE + ".part")).rename(folder / AVERAGE)

    @torch.no_grad()
    def settle(self) -> None:
        """Puts the average in the place of the weights."""
        for name, weight in self._weights.items():
            part_of(weight).copy_(part_of(self._average[name]))
