"""What scoring only the trained positions saves on a CPU: the same training through TRL's own loss and through ours.

    python benchmarks/masked_loss.py          prints CPU seconds of both, and their ratio

Rows are random: 140 tokens of a vocabulary of 4,000, of which 45 % are trained, as in a listener's history.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
from datasets import Dataset
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast
from trl import SFTTrainer

from neo.training.base import scratch_model
from neo.training.config import Scratch, Stage
from neo.training.trainer import StageTrainer, train_stage

VOCABULARY, LENGTH, TRAINED, ROWS = 4_000, 140, 0.45, 480


def main() -> None:
    rng = np.random.default_rng(0)
    ids = rng.integers(2, VOCABULARY, (ROWS, LENGTH))
    labels = np.where(rng.random(ids.shape) < TRAINED, ids, -100)
    rows = Dataset.from_dict({"input_ids": ids.tolist(), "labels": labels.tolist()})
    empty = Tokenizer(models.BPE({"<|pad|>": 0, "<|end|>": 1}, []))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=empty, pad_token="<|pad|>", eos_token="<|end|>")
    ours = StageTrainer.compute_loss
    seconds: dict[str, list[float]] = {"ours": [], "TRL": []}
    for _ in range(3):
        for name, loss in (("ours", ours), ("TRL", SFTTrainer.compute_loss)):
            StageTrainer.compute_loss = loss  # type: ignore[method-assign]
            model = scratch_model(Scratch(layers=3), VOCABULARY, seed=0)
            with tempfile.TemporaryDirectory() as folder:
                started = time.process_time()
                stage = Stage(learning_rate=1e-3, tokens=16 * LENGTH)
                train_stage(model, tokenizer, rows, stage, Path(folder), 0, lambda _: None)
            seconds[name].append(time.process_time() - started)
    for name, values in seconds.items():
        each = ", ".join(f"{value:.1f}" for value in values)
        print(f"{name:5} {np.median(values):6.1f} CPU seconds (median of {each})")
    print(f"ratio TRL / ours {np.median(seconds['TRL']) / np.median(seconds['ours']):.2f}")


if __name__ == "__main__":
    main()
