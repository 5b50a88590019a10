"""A stage on a model of a few hundred weights, in as many processes as a launcher starts: see test_shared.py.

python train_shared.py FOLDER KIND [SIGNAL PROCESS STEP]: leaves the weights of each process in FOLDER; the process
sends itself the signal once the step is done.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset
from safetensors.torch import save_file
from small_models import extended
from test_stages import padded, rows, stage

from neo.listeners.soft_prompt import SOFT, SoftPrompt, attach
from neo.training.freeze import train_only_rows
from neo.training.lora import Lora, adapt
from neo.training.processes import first_makes, launched
from neo.training.trainer import Interrupted, train_stage

MORE = {
    "all": {"average": 0.9},
    "rows": {"weight_decay": 0.0},
    "soft": {},
    "checkpointing": {"gradient_checkpointing": True},
    "lora": {"weight_decay": 0.0},
    "dropout": {"dropout": 0.2, "average": 0.9},
}


def main(folder: Path, kind: str, sign: str = "", process: int = -1, step: int = -1) -> int:
    torch.manual_seed(launched().index)
    model, vocabulary, _ = extended()
    data = rows(vocabulary, 66)
    if kind == "rows":
        train_only_rows(model, vocabulary.new_rows)
    if kind == "lora":
        adapt(model, vocabulary.new_rows, Lora(rank=2, dropout=0), 0)
    if kind in ("soft", "checkpointing"):
        torch.manual_seed(launched().index)  # the first one's is what counts
        soft = SoftPrompt("space", 4, 16)
        soft.source = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float16)
        attach(model, soft)
        data = Dataset.from_list([with_vector(row, number) for number, row in enumerate(data.to_list())])

    def say(line: str) -> None:
        if launched().first:
            print(line, flush=True)
        if launched().index == process and line.startswith(f"step {step}/"):
            os.kill(os.getpid(), signal.Signals[sign])

    settings = stage(accumulate=4, epochs=2, checkpoint_steps=2, log_steps=max(1, step), **MORE[kind])
    first_makes(folder / "tokenizer.json", lambda: padded(vocabulary, folder))
    try:
        train_stage(model, padded(vocabulary, folder / str(launched().index)), data, settings, folder, 0, say)
    except Interrupted as stopped:
        print(f"process {launched().index}: {stopped}", flush=True)
        return 1
    weights = {name: weight.detach().contiguous() for name, weight in model.named_parameters()}
    save_file(weights, folder / f"{launched().index}.safetensors")
    return 0


def with_vector(row: dict[str, list[int]], number: int) -> dict[str, list[int]]:
    """Every sixth row stands on a listener's vector: in some batches, and some whole steps of a process, none does."""
    if number % 6:
        return row
    return {"input_ids": [SOFT + number // 6, *row["input_ids"]], "labels": [-100, *row["labels"]]}


if __name__ == "__main__":
    at = [int(number) for number in sys.argv[4:]]
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:4], *at))
