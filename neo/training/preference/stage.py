"""Stage 4, from the model that stage 3 has left to the one that is packed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from datasets import Dataset as Rows
from safetensors.numpy import load_file, save_file

from neo.language.render import Renderer
from neo.listeners.soft_prompt import SoftPrompt, soft_prompt_of
from neo.model.neo_model import NeoModel
from neo.training.config import PreferenceStage
from neo.training.examples.long_term import LongTerm
from neo.training.lora import adapt, quantized
from neo.training.preference.cases import Worth, held_out, last_cases, worth
from neo.training.preference.guard import Guard
from neo.training.preference.pairs import Pairs, write_pairs
from neo.training.preference.trainer import PreferenceTrainer, references

if TYPE_CHECKING:
    from neo.training.run import Run

PAIRS, VECTORS, REFERENCE = "pairs.parquet", "vectors.safetensors", "reference.safetensors"


def prefer(run: Run, stage: PreferenceStage, folder: Path) -> None:
    config, began = run.config, run.folder / "stage3"
    model = run.left_by(began, quantized(config.lora)).eval()
    neo, soft = NeoModel(run.bundle(model)), soft_prompt_of(model)
    out = held_out(len(run.known.listeners), stage.held_out, config.seed)
    if not (folder / PAIRS).exists():
        _write(run, stage, folder, neo, soft, out)
    codebooks, pad = run.codebooks(neo.bundle.vocabulary), neo.bundle.vocabulary.pad
    rows = Rows.from_parquet(str(folder / PAIRS), cache_dir=str(folder / "cache")).remove_columns("task")
    if soft is not None:
        soft.source = load_file(folder / VECTORS)["vectors"]
    if not (folder / REFERENCE).exists():
        found = np.array(references(model, rows, stage, pad, codebooks), dtype=np.float32)
        save_file({"reference": found}, folder / REFERENCE)
    rows = rows.add_column("reference", load_file(folder / REFERENCE)["reference"])
    if config.lora is not None:
        adapt(model, neo.bundle.vocabulary.new_rows, config.lora, config.seed)
    names, types = neo.bundle.catalog.type_names, neo.bundle.catalog.type_codes
    cases = last_cases(run.known.events, types, names, out, stage.cases, config.seed)

    def measured() -> Worth:
        return worth(neo, cases, stage.told, stage.rewards, config.evaluation.beams)

    guard = Guard(model, measured, stage.every, stage.tolerance, folder, run.say)
    run.train(model, neo.bundle.vocabulary, rows, stage, folder, began, PreferenceTrainer, guard)
    step, best = guard.best
    run.say(f"kept step {step}, held out: {best}")


def _write(
    run: Run, stage: PreferenceStage, folder: Path, neo: NeoModel, soft: SoftPrompt | None, out: np.ndarray
) -> None:
    """Pairs, and before them the listener vectors that they stand on."""
    seed, listener, known = run.config.seed, run.config.listener, run.listener_model
    pairs = Pairs(run.known, run.visible, stage, neo.bundle.history_length, out, np.random.default_rng([seed, 7]))
    long_term = LongTerm(soft, listener, np.random.default_rng([seed, 9])) if soft and listener else None
    asked = pairs.asked(stage.lists, long_term)
    told = pairs.asked(stage.texts)
    if soft is not None and long_term is not None and known is not None:
        vectors = long_term.vectors(known, run.known.events, run.known.listeners).values.astype(np.float16)
        save_file({"vectors": vectors}, folder / VECTORS)
        soft.source = vectors
    run.say(f"{len(asked):,} moments for lists, {len(told):,} for explanations, {stage.drawn} answers each")
    lists = (("list", pair) for pair in pairs.of_items(neo, asked))
    texts = (("explain", pair) for pair in pairs.of_texts(neo, told))
    renderer = Renderer(neo.bundle.vocabulary, run.sids.table)
    write_pairs((*lists, *texts), renderer, folder / PAIRS, stage.max_tokens, run.say)
