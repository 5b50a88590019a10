"""Stage 4, from the model that stage 3 has left to the one that is packed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from datasets import Dataset as Rows
from safetensors.numpy import load_file, save_file
from transformers import PreTrainedModel

from neo.language.render import Renderer
from neo.listeners.soft_prompt import soft_prompt_of
from neo.model.neo_model import NeoModel
from neo.training.config import PreferenceStage
from neo.training.lora import adapt, quantized
from neo.training.preference.asked import Questions
from neo.training.preference.cases import Worth, held_out, last_cases, worth
from neo.training.preference.grpo import GroupTrainer
from neo.training.preference.guard import Guard
from neo.training.preference.pairs import Pairs, write_pairs
from neo.training.preference.rounds import Rounds
from neo.training.preference.trainer import PreferenceTrainer, references
from neo.training.trainer import read_rows
from neo_sdk.errors import TrainingError

if TYPE_CHECKING:
    from neo.training.run import Run

PAIRS, VECTORS, REFERENCE = "pairs.parquet", "vectors.safetensors", "reference.safetensors"


def prefer(run: Run, stage: PreferenceStage, folder: Path) -> None:
    config, began = run.config, run.folder / "stage3"
    neo = NeoModel(run.bundle(_left(run, began)))
    model, vocabulary = neo.bundle.model, neo.bundle.vocabulary
    seed = config.seed + stage.seed
    out = held_out(len(run.known.listeners), stage.held_out, seed)
    cases = last_cases(
        run.known.events, neo.bundle.catalog.type_codes, neo.bundle.catalog.type_names, out, stage.cases, seed
    )
    if not cases:
        raise TrainingError(
            "Stage 4 is guarded by listeners that it does not learn from, and of these nobody met two things: raise "
            "preference.held_out, or leave stage 4 out with preference=null."
        )

    def measured() -> Worth:
        return worth(neo, cases, stage.told, stage.rewards, config.evaluation.beams)

    guard = Guard(model, measured, stage.every, stage.tolerance, folder, run.say)
    if stage.dpo is not None:
        rows = _pairs(run, stage, folder, neo, out)
        _adapt(run, neo)
        run.train(model, vocabulary, rows, stage, folder, began, PreferenceTrainer, guard)
    elif stage.grpo is not None:
        rounds = Rounds(run, stage, stage.grpo, neo, Questions.of(run, stage, neo, out), _left(run, began))
        _adapt(run, neo)
        run.train(
            model,
            vocabulary,
            rounds.rows,
            stage,
            folder,
            began,
            GroupTrainer,
            guard,
            rounds=rounds,
        )
    step, best = guard.best
    run.say(f"kept step {step}, held out: {best}")


def _left(run: Run, began: Path) -> PreTrainedModel:
    """What the stage before has left, where it is trained: it is asked from the beginning on."""
    model = run.left_by(began, quantized(run.config.lora)).eval()
    return model.to("cuda") if torch.cuda.is_available() and model.device.type == "cpu" else model


def _adapt(run: Run, neo: NeoModel) -> None:
    if run.config.lora is not None:
        adapt(neo.bundle.model, neo.bundle.vocabulary.new_rows, run.config.lora, run.config.seed)


def _pairs(run: Run, stage: PreferenceStage, folder: Path, neo: NeoModel, out: np.ndarray) -> Rows:
    """Rows of pairs, which lie in the folder once they are drawn."""
    model, soft = neo.bundle.model, soft_prompt_of(neo.bundle.model)
    if not (folder / PAIRS).exists():
        questions = Questions.of(run, stage, neo, out)
        if soft is not None and questions.vectors is not None:
            save_file({"vectors": questions.vectors}, folder / VECTORS)
            soft.source = questions.vectors
        pairs = Pairs(run.known, run.visible, stage, np.random.default_rng([run.config.seed + stage.seed, 12]))
        lists = (("list", pair) for pair in pairs.of_items(neo, questions.lists))
        texts = (("explain", pair) for pair in pairs.of_texts(neo, questions.texts))
        renderer = Renderer(neo.bundle.vocabulary, run.sids.table)
        write_pairs((*lists, *texts), renderer, folder / PAIRS, stage.max_tokens, run.say)
    if soft is not None:
        soft.source = load_file(folder / VECTORS)["vectors"]
    rows = read_rows(folder / PAIRS)
    if not (folder / REFERENCE).exists():
        codebooks = run.codebooks(neo.bundle.vocabulary)
        found = np.array(references(model, rows, stage, neo.bundle.vocabulary.pad, codebooks), dtype=np.float32)
        save_file({"reference": found}, folder / REFERENCE)
    return rows.add_column("reference", load_file(folder / REFERENCE)["reference"])
