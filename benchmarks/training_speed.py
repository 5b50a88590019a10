"""What the trainer costs: stage 3 of a recipe against plain PyTorch loops over the same batches, in one process.

    neo train recipes/quickstart.yaml
    python benchmarks/training_speed.py recipes/quickstart.yaml [key=value ...] [--rows 4000] [--json FILE]

`neo`: all that `neo train` does in a stage: its batches, its loss, checkpoints written, progress said. `plain`: a loop
with the same loss, optimizer, precision and clipping, and nothing else. `plain, own loss`: the same loop with the loss
that Hugging Face's model computes of `labels`, over the whole vocabulary. They take turns; on a CPU seconds are those
of the processor, as other work may run beside. Tokens are those of the rows, padding not counted.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file
from torch import Tensor
from transformers import BitsAndBytesConfig, PreTrainedModel, PreTrainedTokenizerFast, get_cosine_schedule_with_warmup

from neo.evaluation.machine import this_machine
from neo.language.render import IGNORED
from neo.language.vocabulary import CONTROL, Vocabulary
from neo.listeners.soft_prompt import attach, detach, embed
from neo.training import base
from neo.training.codebooks import Codebooks
from neo.training.config import load_config
from neo.training.instruction import VECTORS
from neo.training.loss import next_token_loss
from neo.training.precision import attention_in_float32, bf16_is_fast
from neo.training.run import Run
from neo.training.soft_start import new_soft_prompt
from neo.training.trainer import StageTrainer, train_stage

REPEATS = 3
Loss = Callable[[PreTrainedModel, Tensor, Tensor], Tensor]


def clock() -> float:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def started(run: Run, vocabulary: Vocabulary, kept: BitsAndBytesConfig | None = None) -> PreTrainedModel:
    """What stage 3 begins with; kept: with its linear layers so."""
    model = base.load_model(run.folder / "stage2" / "model", kept)
    listener, known = run.config.listener, run.listener_model
    if listener is not None and known is not None:
        seed = run.config.seed
        soft = new_soft_prompt(model, vocabulary, run.sids.table, known, run.known, listener.positions, seed)
        soft.source = load_file(run.folder / "stage3" / VECTORS)["vectors"]
        attach(model, soft)
    return model


def plain(model: PreTrainedModel, batches: list[tuple[Tensor, Tensor]], run: Run, loss: Loss) -> None:
    stage, device = run.config.instruction, torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device).train()
    decayed = [weight for weight in model.parameters() if weight.dim() > 1]
    others = [weight for weight in model.parameters() if weight.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": stage.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=stage.learning_rate, betas=(0.9, stage.beta2), fused=True)
    steps = -(-len(batches) // stage.accumulate)
    schedule = get_cosine_schedule_with_warmup(optimizer, min(stage.warmup, steps // 5), steps)
    with attention_in_float32(model):
        for place, (ids, labels) in enumerate(batches):
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16_is_fast()):
                found = loss(model, ids.to(device), labels.to(device)) / stage.accumulate
            found.backward()
            if (place + 1) % stage.accumulate == 0 or place + 1 == len(batches):
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad()


def own_loss(model: PreTrainedModel, ids: Tensor, labels: Tensor) -> Tensor:
    loss: Tensor = model(inputs_embeds=embed(model, ids), labels=labels, use_cache=False).loss
    return loss


def padded(rows: Any, batches: Iterator[list[int]], pad: int) -> list[tuple[Tensor, Tensor]]:
    """Batches of the same rows, in the same order, as tensors."""
    made = []
    for places in batches:
        some = [rows[place] for place in places]
        longest = max(len(row["input_ids"]) for row in some)
        ids, labels = (
            torch.tensor([[*row[name], *[value] * (longest - len(row[name]))] for row in some])
            for name, value in (("input_ids", pad), ("labels", IGNORED))
        )
        made.append((ids, labels))
    return made


def measure(run: Run, count: int, say: Callable[[str], None]) -> dict[str, Any]:
    stage, seed = run.config.instruction, run.config.seed
    vocabulary = Vocabulary.load(run.folder / "stage2")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(run.folder / "stage2" / "tokenizer.json"), pad_token=CONTROL[0], eos_token=CONTROL[3]
    )
    every = run.rows(run.folder / "stage3")
    waste = StageTrainer.steps(every, stage, seed).padding
    rows = every.select(sorted(np.random.default_rng(seed).permutation(len(every))[:count].tolist()))
    steps = StageTrainer.steps(rows, stage, seed)
    codebooks = run.codebooks(vocabulary)
    model = started(run, vocabulary)
    batches = padded(rows, iter(steps), vocabulary.pad)
    device = "cuda" if torch.cuda.is_available() else "cpu"

    def neo(model: PreTrainedModel) -> None:
        with tempfile.TemporaryDirectory() as folder:
            train_stage(model, tokenizer, rows, stage, Path(folder), seed, lambda line: None, codebooks)

    def ours(books: Codebooks) -> Loss:
        return lambda model, ids, labels: next_token_loss(model, ids, labels, books)

    ways: dict[str, Callable[[PreTrainedModel], None]] = {
        "neo": neo,
        "plain": lambda model: plain(model, batches, run, ours(codebooks.to(torch.device(device)))),
        "plain, own loss": lambda model: plain(model, batches, run, own_loss),
    }
    tokens = int(steps.lengths.sum())
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    ends: dict[str, dict[str, Tensor]] = {}
    for repeat in range(REPEATS):
        for name, way in ways.items():
            model = started(run, vocabulary)
            begun = clock()
            way(model)
            speeds[name].append(tokens / (clock() - begun))
            say(f"{name}, {repeat + 1} of {REPEATS}: {speeds[name][-1]:,.0f} tokens/s")
            detach(model)
            ends[name] = {key: weight.detach().cpu() for key, weight in model.named_parameters()}
    apart = [(ends["neo"][key] - weight).norm() / weight.norm() for key, weight in ends["plain"].items()]
    return {
        "training": {name: {"tokens_per_second": found} for name, found in speeds.items()},
        "padding": waste,
        "difference": float(torch.stack(apart).max()),
        "rows": len(rows),
        "of_rows": len(every),
        "tokens": tokens,
        "batches": len(batches),
        "recipe": run.config.name,
        "seconds": "of the clock" if device == "cuda" else "of the processor",
        "threads": torch.get_num_threads(),
        "machine": this_machine().model_dump(mode="json"),
    }


def markdown(measured: dict[str, Any]) -> str:
    speeds = {name: found["tokens_per_second"] for name, found in measured["training"].items()}
    rows = [["", "tokens/s", "of `plain`"], ["---", "---:", "---:"]]
    for name, found in speeds.items():
        spread = f"{np.median(found):,.0f} ({min(found):,.0f} to {max(found):,.0f})"
        ratios = [mine / theirs for mine, theirs in zip(found, speeds["plain"], strict=True)]
        rows.append([f"`{name}`", spread, f"{np.median(ratios):.0%} ({min(ratios):.0%} to {max(ratios):.0%})"])
    machine = measured["machine"]
    where = machine["gpu"] or f"{measured['threads']} threads, {machine['cores']} cores of {machine['processor']}"
    said = f"Stage 3 of `{measured['recipe']}`: {measured['rows']:,} of its {measured['of_rows']:,} rows, "
    said += (
        f"{measured['tokens']:,} tokens, {measured['batches']:,} batches; seconds {measured['seconds']}, the median "
    )
    said += f"of {len(speeds['plain'])}. Of all rows' batches {measured['padding']:.2%} is padding. After it, the "
    said += f"weights of `neo` and `plain` differ by {measured['difference']:.1e} of their length at most. {where}."
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + f"\n\n{said}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("settings", nargs="*")
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    run = Run(load_config(given.recipe, given.settings))
    if not run.has_rows("stage3") or run.config.lora is not None:
        parser.error(f"{run.folder} has no rows of this recipe (with all weights): `neo train {given.recipe}` makes it")
    measured = measure(run, given.rows, print)
    print(markdown(measured))
    if given.json:
        given.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
