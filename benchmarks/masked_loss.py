"""What the loss saves on a CPU: the same training through TRL's own loss, through one that scores only labels, and
through ours, which scores each code of a history among those that lead on to an item. And what mixed precision saves,
with attention left in float32 and without.

    python benchmarks/masked_loss.py          prints CPU seconds of each, and their ratio to ours

Rows are random histories of 40 items (3 levels of 64 codes, 3 types) over a text vocabulary of 4,000, with a label on
every code and on the answer. The decoder is the recipes': 2 layers of width 256.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from datasets import Dataset
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast
from trl import SFTTrainer

from neo.decoding.index import SidIndex
from neo.language.render import Renderer
from neo.language.segments import History, ItemRef, Turn
from neo.language.vocabulary import Vocabulary
from neo.sids.table import SidTable
from neo.training import trainer
from neo.training.base import scratch_model
from neo.training.codebooks import Codebooks
from neo.training.config import Scratch, Stage
from neo.training.loss import next_token_loss
from neo.training.trainer import StageTrainer, train_stage

TYPES, LEVELS, CODES = ("show", "episode", "audiobook"), 3, 64
TEXT, ITEMS, HISTORY, ROWS, REPEATS = 4_000, 500, 40, 320, 3


def random_sids(rng: np.random.Generator) -> SidTable:
    members = {name: np.arange(ITEMS) + ITEMS * n for n, name in enumerate(TYPES)}
    codes = {name: rng.integers(CODES, size=(ITEMS, LEVELS)) for name in TYPES}
    return SidTable.from_codes(members, codes, dict.fromkeys(TYPES, CODES))


def histories(vocabulary: Vocabulary, table: SidTable, rng: np.random.Generator) -> Dataset:
    """Rows of random items; what is trained are the codes of the history, and the answer."""
    renderer = Renderer(vocabulary, table)
    drawn = rng.integers(ITEMS * len(TYPES), size=(ROWS, HISTORY + 1)).tolist()
    turns = [Turn((History(tuple(history)),), (ItemRef(answer),)) for *history, answer in drawn]
    rows = [renderer.example((turn,), learn_history=True) for turn in turns]
    return Dataset.from_list([{"input_ids": row.ids, "labels": row.labels} for row in rows])


def labels_only(trainer: StageTrainer, model: Any, inputs: dict[str, Any], *_: Any, **__: Any) -> Any:
    return next_token_loss(model, inputs["input_ids"], inputs["labels"])


def main() -> None:
    letters = {f"w{n}": n for n in range(TEXT)}
    vocabulary = Vocabulary.extend(Tokenizer(models.BPE(letters, [])), LEVELS, dict.fromkeys(TYPES, CODES))
    rng = np.random.default_rng(0)
    table = random_sids(rng)
    rows, codebooks = histories(vocabulary, table, rng), Codebooks.of(vocabulary, SidIndex.build(table))
    ways = {
        "ours": (),
        "labels only": ((StageTrainer, "compute_loss", labels_only),),
        "TRL": ((StageTrainer, "compute_loss", SFTTrainer.compute_loss),),
        "ours, float32": ((trainer, "bf16_is_fast", lambda: False),),
        "ours, attention in bfloat16": ((trainer, "attention_in_float32", lambda model: nullcontext()),),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as folder:
        vocabulary.save(Path(folder))
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_file=f"{folder}/tokenizer.json", pad_token="<|pad|>", eos_token="<|end|>"
        )
        stage = Stage(learning_rate=1e-3, tokens=16 * len(rows[0]["input_ids"]))
        for repeat in range(REPEATS):
            for name, changes in ways.items():
                model = scratch_model(Scratch(layers=2, hidden=256), vocabulary.size, seed=0)
                place = Path(folder) / f"{name}{repeat}"
                with ExitStack() as stack:
                    for change in changes:
                        stack.enter_context(patch.object(*change))
                    started = time.process_time()
                    train_stage(model, tokenizer, rows, stage, place, 0, lambda _: None, codebooks)
                    seconds[name].append(time.process_time() - started)
    for name, values in seconds.items():
        each = ", ".join(f"{value:.1f}" for value in values)
        ratio = np.median(values) / np.median(seconds["ours"])
        print(f"{name:27} {np.median(values):6.1f} CPU seconds (median of {each}), {ratio:.2f} times ours")


if __name__ == "__main__":
    main()
