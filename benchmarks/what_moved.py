"""What each way of training moves, and that merged adapters answer as they did apart.

    neo train recipes/quickstart.yaml
    python benchmarks/what_moved.py recipes/quickstart.yaml [--rows 400] [--json FILE]

Stage 2, and stage 3 with all weights, with LoRA and with QLoRA (its base in NF4), each over some rows of the recipe. A
kind of weight has `moved` where any bit of it is another one. Then the model as it was trained against the merged one:
lists for 100 listeners, the first item and the scores of all.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from training_speed import started
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from neo.evaluation.machine import this_machine
from neo.language.vocabulary import CONTROL, Vocabulary
from neo.listeners.soft_prompt import VectorMemory, attach, soft_prompt_of
from neo.model.neo_model import NeoModel
from neo.training import base
from neo.training.config import load_config
from neo.training.freeze import train_only_rows
from neo.training.lora import Lora, adapt, merged, quantized
from neo.training.run import Run
from neo.training.trainer import train_stage

LISTENERS, K, RATE = 100, 10, 2e-3
KINDS = ("old rows", "new rows", "linear layers", "norms", "adapters", "soft prompt")
WAYS: dict[str, Lora | None] = {
    "stage 2": None,
    "stage 3, all weights": None,
    "stage 3, LoRA": Lora(),
    "stage 3, QLoRA": Lora(bits=4),
}


def moved(before: dict[str, Tensor], after: dict[str, Tensor], new: range) -> dict[str, bool]:
    """Whether anything of a kind of weight is another number now; kinds that the model has not are left out."""
    found: dict[str, bool] = {}

    def note(kind: str, old: Tensor, now: Tensor) -> None:
        found[kind] = found.get(kind, False) or not torch.equal(old, now)

    for name, tensor in after.items():
        if name.endswith(("embed_tokens.weight", "lm_head.weight")):
            note("old rows", before[name][: new.start], tensor[: new.start])
            note("new rows", before[name][new.start : new.stop], tensor[new.start : new.stop])
            continue
        kinds = {"lora_": "adapters", "soft_prompt": "soft prompt", "norm": "norms"}
        note(next((kind for part, kind in kinds.items() if part in name), "linear layers"), before[name], tensor)
    return found


def weights(model: PreTrainedModel) -> dict[str, Tensor]:
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items() if torch.is_tensor(value)}


def one(run: Run, way: str, count: int, folder: Path) -> dict[str, Any]:
    """Trains a while; what moved, and where there are adapters what the merged model answers."""
    vocabulary, seed, lora = Vocabulary.load(run.folder / "stage2"), run.config.seed, WAYS[way]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(run.folder / "stage2" / "tokenizer.json"), pad_token=CONTROL[0], eos_token=CONTROL[3]
    )
    at, settings = ("stage2", run.config.grounding) if way == "stage 2" else ("stage3", run.config.instruction)
    stage = settings.model_copy(update={"weight_decay": 0.0, "warmup": 2, "learning_rate": RATE, "dropout": 0.0})
    model = started(run, vocabulary, quantized(lora))
    soft = soft_prompt_of(model)
    if lora is not None:
        adapt(model, vocabulary.new_rows, lora, seed)
    elif at == "stage2":
        train_only_rows(model, vocabulary.new_rows)
    rows = run.rows(run.folder / at)
    rows = rows.select(sorted(np.random.default_rng(seed).permutation(len(rows))[:count].tolist()))
    before = weights(model)
    train_stage(model, tokenizer, rows, stage, folder, seed, lambda line: None, run.codebooks(vocabulary))
    found: dict[str, Any] = {"moved": moved(before, weights(model), vocabulary.new_rows)}
    if lora is not None:
        whole = merged(base.load_dense(run.folder / "stage2" / "model", quantized(lora)), model)
        if soft is not None:
            attach(whole, soft)
        apart, together = lists(run, model), lists(run, whole)
        found["first"] = float(np.mean([a[0][0] == b[0][0] for a, b in zip(apart, together, strict=True)]))
        scores = [dict(a).get(row, np.nan) - score for a, b in zip(apart, together, strict=True) for row, score in b]
        found["apart"] = float(np.nanmax(np.abs(scores)))
    return found


def lists(run: Run, model: PreTrainedModel) -> list[list[tuple[int, float]]]:
    for part in model.modules():
        if hasattr(part, "compute_dtype"):  # else bitsandbytes rounds products to bfloat16 where a CPU has it
            part.compute_dtype, part.support_avx512bf16_for_cpu = torch.float32, False
    if (soft := soft_prompt_of(model)) is not None:
        soft.source = VectorMemory()
    neo, events = NeoModel(run.bundle(model.eval())), run.known.events
    who = np.flatnonzero(np.diff(events.offsets))[:LISTENERS].tolist()
    return neo.recommend_rows([events.history(row) for row in who], [""] * len(who), run.sids.table.type_names[0], K)


def markdown(measured: dict[str, Any]) -> str:
    ways = measured["what_moved"]
    rows = [["", *ways], ["---", *["---"] * len(ways)]]
    for kind in KINDS:
        said = {True: "moved", False: "kept", None: ""}
        rows.append([kind, *(said[found["moved"].get(kind)] for found in ways.values())])
    for name, key, form in (("the same first item", "first", ".0%"), ("scores differ by", "apart", ".0e")):
        shown = (format(found[key], form) if key in found else "" for found in ways.values())
        rows.append([f"merged: {name}", *shown])
    said = f"`{measured['recipe']}`, {measured['rows']:,} rows each, {LISTENERS} lists of {K}. "
    said += f"{measured['machine']['cores']} cores of {measured['machine']['processor']}."
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + f"\n\n{said}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("settings", nargs="*")
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    run = Run(load_config(given.recipe, given.settings))
    if not (run.has_rows("stage2") and run.has_rows("stage3")) or run.config.lora is not None:
        parser.error(f"{run.folder} has no rows of this recipe (with all weights): `neo train {given.recipe}` makes it")
    found = {}
    for way in WAYS:
        with tempfile.TemporaryDirectory() as folder:
            found[way] = one(run, way, given.rows, Path(folder))
        print(way, found[way])
    measured = {"what_moved": found, "rows": given.rows, "recipe": run.config.name}
    measured["machine"] = this_machine().model_dump(mode="json")
    print(markdown(measured))
    if given.json:
        given.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
