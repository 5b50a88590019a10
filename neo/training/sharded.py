"""A stage whose weights, gradients and optimizer state are shared out: every process holds its rows of each matrix.

torch's FSDP2 does it. A decoder layer is whole in a process while it is computed, forth and back, and no longer; the
embedding, the head and what is around the layers from the beginning of a batch to its end. What is computed is what DDP
computes, and a checkpoint is the same files: any number of processes goes on from it, whether shared out or not.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, distributed, nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor
from transformers import PreTrainedModel, TrainerCallback
from transformers.trainer import OPTIMIZER_NAME, SCHEDULER_NAME
from transformers.utils import SAFE_WEIGHTS_NAME

from neo.listeners.soft_prompt import SOFT, soft_prompt_of
from neo.training.codebooks import Codebooks
from neo.training.config import RunConfig, Stage
from neo.training.freeze import trained_rows
from neo.training.parts import like, part_of, read, rows_of, whole
from neo.training.processes import any_of, launched
from neo.training.trainer import Loss, StageTrainer


def trainer_of(config: RunConfig) -> type[StageTrainer]:
    """What a recipe's stages are trained by."""
    return ShardedTrainer if config.shard and launched().count > 1 else StageTrainer


class ShardedTrainer(StageTrainer):
    """Trains the caller's weights in modules of its own; the caller's model is empty until `give_back`."""

    def __init__(self, stage: Stage, codebooks: Codebooks | None, **settings: Any) -> None:
        self._callers: PreTrainedModel = settings["model"]
        super().__init__(stage, codebooks, **{**settings, "model": _twin(self._callers)})
        self._shared, self._heard = Loss(self.model, self.loss), False
        mesh = init_device_mesh(self.args.device.type, (launched().count,))
        share_out(self._shared, self.model, mesh, self.args.bf16)
        self.add_callback(_Unheard(self))

    def _move_model_to_device(self, model: nn.Module, device: torch.device) -> None:
        """It moves layer by layer, as it is shared out: no device ever holds all of it."""

    def _wrap_model(self, model: PreTrainedModel, training: bool = True, dataloader: Any = None) -> nn.Module:
        # As if for evaluation: autocast, and no DDP around what is shared out already.
        return self.accelerator.prepare_model(self._shared, device_placement=False, evaluation_mode=True)

    def loss(self, inputs: dict[str, Any]) -> Tensor:
        """Of a batch. A soft prompt is a part of it even where nobody's vector is: all processes must have as many
        gradients to add up, else they would wait for one another forever."""
        found, soft = super().loss(inputs), soft_prompt_of(self.model)
        if soft is None:
            return found
        self._heard = self._heard or bool((inputs["input_ids"] >= SOFT).any())
        return found + 0 * sum(weight.sum() for weight in soft.parameters())

    def forget_unheard(self) -> None:
        """Of a step without a vector, the soft prompt has no gradient: not zeros, by which AdamW would go on."""
        soft = soft_prompt_of(self.model)
        if soft is not None and not any_of(self._heard, self.args.device):
            soft.zero_grad()
        self._heard = False

    # Checkpoints

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        trained = {name: weight for name, weight in self.model.named_parameters() if weight.requires_grad}
        found = {name: whole(weight, keep=self.args.should_save) for name, weight in trained.items()}
        if self.args.should_save:
            folder = Path(output_dir or self.args.output_dir)
            folder.mkdir(parents=True, exist_ok=True)
            save_file(found, folder / SAFE_WEIGHTS_NAME)

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        keep, state = self.args.should_save, self.optimizer.state_dict()
        state["state"] = {
            number: {name: whole(value, keep) for name, value in of_weight.items()}
            for number, of_weight in state["state"].items()
        }
        if self.args.should_save:
            torch.save(state, Path(output_dir) / OPTIMIZER_NAME)
            torch.save(self.lr_scheduler.state_dict(), Path(output_dir) / SCHEDULER_NAME)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        read(Path(resume_from_checkpoint) / SAFE_WEIGHTS_NAME, dict(self.model.named_parameters()))

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is None:
            return
        saved = torch.load(Path(checkpoint) / OPTIMIZER_NAME, map_location="cpu", mmap=True, weights_only=True)
        weights = [weight for group in self.optimizer.param_groups for weight in group["params"]]
        for number, of_weight in saved["state"].items():
            for name, value in of_weight.items():
                if value.dim():  # all but the count of steps
                    of_weight[name] = like(value, weights[number])
        self.optimizer.load_state_dict(saved)
        self.lr_scheduler.load_state_dict(torch.load(Path(checkpoint) / SCHEDULER_NAME, weights_only=True))

    def give_back(self) -> None:
        for weight, callers in zip(self.model.parameters(), self._callers.parameters(), strict=True):
            callers.data = whole(weight)


class _Unheard(TrainerCallback):
    def __init__(self, trainer: ShardedTrainer) -> None:
        self.trainer = trainer

    def on_pre_optimizer_step(self, *_: Any, **__: Any) -> None:
        self.trainer.forget_unheard()


def share_out(shared: nn.Module, model: PreTrainedModel, mesh: DeviceMesh, bf16: bool) -> None:
    """Leaves in `shared`, and in the model in it, this process's rows alone. What held the weights before is emptied.

    In bfloat16 the linear layers of a decoder layer are put together in it: autocast would do the same, and keep what
    it made for the way back. What autocast leaves in float32, the norms, is put together in float32.
    """
    rounded = MixedPrecisionPolicy(torch.bfloat16, torch.float32, cast_forward_inputs=False)
    for layer in _layers(model):
        exact = [part for part in layer.modules() if _has_weights(part) and not isinstance(part, nn.Linear)]
        if bf16 and exact:
            _share([*exact], mesh, MixedPrecisionPolicy())
        _share([layer], mesh, rounded if bf16 else MixedPrecisionPolicy())
    _share([shared], mesh, MixedPrecisionPolicy())
    rows = trained_rows(model)
    if rows is not None:
        for matrix in (model.get_input_embeddings().weight, model.get_output_embeddings().weight):
            _train_rows(matrix, rows)


def _share(parts: list[nn.Module], mesh: DeviceMesh, policy: MixedPrecisionPolicy) -> None:
    """The first process's weights are what counts, as in DDP."""
    before = [weight for part in parts for weight in part.parameters() if not isinstance(weight, DTensor)]
    for weight in before:
        weight.data = weight.data.to(mesh.device_type)
        distributed.broadcast(weight.data, 0)
    fully_shard(parts if len(parts) > 1 else parts[0], mesh=mesh, mp_policy=policy)
    for weight in before:
        weight.data = weight.new_empty(0)


def _train_rows(matrix: nn.Parameter, rows: range) -> None:
    """As in `freeze`, whose hook has stayed with the whole matrix: here gradients come in already added up."""
    mine = rows_of(matrix)
    start, stop = (min(max(edge - mine.start, 0), len(mine)) for edge in (rows.start, rows.stop))

    def mask(weight: Tensor) -> None:
        assert weight.grad is not None
        part_of(weight.grad)[:start] = 0
        part_of(weight.grad)[stop:] = 0

    matrix.register_post_accumulate_grad_hook(mask)


def _layers(model: PreTrainedModel) -> Iterator[nn.Module]:
    """What transformers says must not be split."""
    names = set(model._no_split_modules or ())
    return (part for part in model.modules() if type(part).__name__ in names)


def _has_weights(part: nn.Module) -> bool:
    return next(part.parameters(recurse=False), None) is not None


def _twin(model: PreTrainedModel) -> PreTrainedModel:
    """Other modules with the same weights."""
    soft = soft_prompt_of(model)
    same = [*model.parameters(), *([soft.source] if soft is not None else [])]
    return copy.deepcopy(model, {id(one): one for one in same})
