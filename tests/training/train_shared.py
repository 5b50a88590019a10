"""A stage on a model of a few hundred weights, in as many processes as a launcher starts: see test_shared.py.

python train_shared.py FOLDER KIND [SIGNAL PROCESS STEP]: leaves the weights of each process in FOLDER; the process
sends itself the signal once the step is done. KIND+shard: each process holds its part, and says of how many bytes.
KIND+float32: without bfloat16, where the machine has it.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset
from safetensors.torch import save_file
from small_models import extended
from test_stages import padded, rows, stage

from neo.listeners.soft_prompt import SOFT, SoftPrompt, attach
from neo.training import trainer
from neo.training.freeze import train_only_rows
from neo.training.lora import Lora, adapt
from neo.training.parts import part_of
from neo.training.processes import first_makes, launched
from neo.training.sharded import ShardedTrainer
from neo.training.trainer import Interrupted, StageTrainer, train_stage

MORE = {
    "all": {"average": 0.9},
    "untied": {},
    "rows": {"weight_decay": 0.0},
    "untied rows": {"weight_decay": 0.0, "average": 0.9},
    "soft": {},
    "rare": {},
    "checkpointing": {"gradient_checkpointing": True},
    "lora": {"weight_decay": 0.0},
    "dropout": {"dropout": 0.2, "average": 0.9},
}


class Counting(ShardedTrainer):
    """Leaves beside the checkpoints how many bytes of memory this process has held of what, before the last step."""

    def forget_unheard(self) -> None:
        super().forget_unheard()
        weights = list(self.model.parameters())
        self.held = {
            "weights": held_by(weights),
            "gradients": held_by(weight.grad for weight in weights if weight.grad is not None),
            "averages": held_by(v for of_weight in self.optimizer.state.values() for v in of_weight.values()),
            "caller's": held_by(self._callers.parameters()),
            "all tensors": held_by(one for one in gc.get_objects() if isinstance(one, torch.Tensor)),
        }

    def give_back(self) -> None:
        (Path(self.args.output_dir).parent / f"{launched().index}.json").write_text(json.dumps(self.held))
        super().give_back()


def held_by(tensors: Iterable[torch.Tensor]) -> int:
    """Bytes of memory, not of what is spoken for in it."""
    storages = [part_of(tensor).untyped_storage() for tensor in tensors]
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


def main(folder: Path, kind: str, sign: str = "", process: int = -1, step: int = -1) -> int:
    torch.manual_seed(launched().index)
    kind, *how = kind.split("+")
    if "float32" in how:
        trainer.bf16_is_fast = lambda: False
    model, vocabulary, _ = extended(tied=kind not in ("untied", "untied rows"))
    data = rows(vocabulary, 66)
    if kind in ("rows", "untied rows"):
        train_only_rows(model, vocabulary.new_rows)
    if kind == "lora":
        adapt(model, vocabulary.new_rows, Lora(rank=2, dropout=0), 0)
    if kind in ("soft", "rare", "checkpointing"):
        torch.manual_seed(launched().index)  # the first one's is what counts
        soft = SoftPrompt("space", 4, 16)
        soft.source = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float16)
        attach(model, soft)
        every = 40 if kind == "rare" else 6
        data = Dataset.from_list([with_vector(row, number, every) for number, row in enumerate(data.to_list())])

    def say(line: str) -> None:
        if launched().first:
            print(line, flush=True)
        if launched().index == process and line.startswith(f"step {step}/"):
            os.kill(os.getpid(), signal.Signals[sign])

    settings = stage(accumulate=4, epochs=2, checkpoint_steps=2, log_steps=max(1, step), **MORE[kind])
    first_makes(folder / "tokenizer.json", lambda: padded(vocabulary, folder))
    try:
        tokenizer = padded(vocabulary, folder / str(launched().index))
        train_stage(model, tokenizer, data, settings, folder, 0, say, kind=Counting if "shard" in how else StageTrainer)
    except Interrupted as stopped:
        print(f"process {launched().index}: {stopped}", flush=True)
        return 1
    weights = {name: weight.detach().contiguous() for name, weight in model.named_parameters()}
    save_file(weights, folder / f"{launched().index}.safetensors")
    return 0


def with_vector(row: dict[str, list[int]], number: int, every: int) -> dict[str, list[int]]:
    """Some rows stand on a listener's vector. Of every sixth, in some batches, and some whole steps of a process, none
    does; of every fortieth, in some steps none of any process."""
    if number % every:
        return row
    return {"input_ids": [SOFT + number // every, *row["input_ids"]], "labels": [-100, *row["labels"]]}


if __name__ == "__main__":
    at = [int(number) for number in sys.argv[4:]]
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:4], *at))
