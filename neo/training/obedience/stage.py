"""From the model that stage 3 has left to one that does by itself what the constraint made it do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from datasets import Dataset as Rows
from safetensors.numpy import load_file, save_file

from neo.listeners.soft_prompt import soft_prompt_of
from neo.model.neo_model import NeoModel
from neo.training.config import ObedienceStage
from neo.training.examples.long_term import LongTerm
from neo.training.instruction import VECTORS
from neo.training.lora import adapt
from neo.training.obedience.asked import Questions
from neo.training.obedience.lists import Lister, Lists, write_lists
from neo.training.obedience.trainer import ObedienceTrainer, with_rows
from neo.training.preference.guard import answering

if TYPE_CHECKING:
    from neo.training.run import Run

LISTS = "lists.parquet"


def obey(run: Run, stage: ObedienceStage, folder: Path) -> None:
    """Leaves the lists, the listener vectors that they and the rows of stage 3 stand on, and the model."""
    began = run.folder / "stage3"
    neo = NeoModel(run.bundle(run.asked_of(began)))
    model, vocabulary = neo.bundle.model, neo.bundle.vocabulary
    if not (folder / LISTS).exists():
        _list(run, stage, folder, neo)
    if (soft := soft_prompt_of(model)) is not None:
        soft.source = load_file(folder / VECTORS)["vectors"]
    if run.config.lora is not None:
        adapt(model, vocabulary.new_rows, run.config.lora, run.config.seed)
    lists = Rows.from_parquet(str(folder / LISTS), cache_dir=str(folder / "cache"))
    rows, learned = with_rows(lists, run.rows(began)), Lists(lists, vocabulary)
    run.train(model, vocabulary, rows, stage, folder, began, ObedienceTrainer, lists=learned)


def _list(run: Run, stage: ObedienceStage, folder: Path, neo: NeoModel) -> None:
    soft, listener, known = soft_prompt_of(neo.bundle.model), run.config.listener, run.listener_model
    seed, vectors, asked = run.config.seed, None, None
    if soft is not None and listener is not None and known is not None:
        before = load_file(run.folder / "stage3" / VECTORS)["vectors"]
        asked = LongTerm(soft, listener, np.random.default_rng([seed, 16]), first=len(before))
    questions = Questions(neo, run.known, stage, run.config.instruction.recency_days, seed, asked)
    all_of_them = list(questions.asked())
    if asked is not None and known is not None:
        found = asked.vectors(known, run.known.events, run.known.listeners)
        vectors = np.concatenate([before, found.values.astype(np.float16)])
        save_file({"vectors": vectors}, folder / VECTORS)
    with answering(neo.bundle.model, vectors):
        write_lists(Lister(neo, questions, run.visible, stage.items), all_of_them, folder / LISTS, run.say)
