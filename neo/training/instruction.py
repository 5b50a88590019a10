"""Stage 3: every task, in words and items, with all weights or with adapters."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load_file, save_file

from neo.language.judging import ANSWERS, first_tokens
from neo.language.render import Renderer
from neo.language.vocabulary import Vocabulary
from neo.listeners.soft_prompt import SoftPrompt, attach
from neo.training import base
from neo.training.examples.instruction import InstructionExamples
from neo.training.examples.long_term import LongTerm
from neo.training.examples.near import Near
from neo.training.examples.rows import write_rows
from neo.training.examples.walks import Walks
from neo.training.lora import adapt
from neo.training.processes import first_makes
from neo.training.soft_start import new_soft_prompt
from neo.training.steps import ROWS
from neo.training.teacher.ask import Teacher
from neo.training.teacher.built_in import BuiltInTeacher
from neo.training.teacher.endpoint import EndpointTeacher

if TYPE_CHECKING:
    from neo.training.run import Run

VECTORS = "vectors.safetensors"


def instruct(run: Run, folder: Path) -> None:
    """Leaves the rows that were trained on, the listener vectors before them, and the model in `folder/model`."""
    model = base.load_model(run.folder / "stage2" / "model")
    vocabulary = Vocabulary.load(run.folder / "stage2")
    stage, listener, soft = run.config.instruction, run.config.listener, None
    if listener is not None and (known := run.listener_model) is not None:
        table, seed = run.sids.table, run.config.seed
        soft = new_soft_prompt(model, vocabulary, table, known, run.known, listener.positions, seed)
    first_makes(folder / ROWS, partial(write_instructions, run, folder, vocabulary, soft))
    rows = run.rows(folder)
    if run.config.lora is not None:
        adapt(model, vocabulary.new_rows, run.config.lora, run.config.seed)
    if soft is not None:
        soft.source = load_file(folder / VECTORS)["vectors"]
        attach(model, soft)
    run.train(model, vocabulary, rows, stage, folder, run.folder / "stage2")


def write_instructions(run: Run, folder: Path, vocabulary: Vocabulary, soft: SoftPrompt | None) -> None:
    """The rows, and before them, as they must not be there without, the listener vectors that they stand on."""
    stage, seed, listener = run.config.instruction, run.config.seed, run.config.listener
    for kind in ANSWERS if stage.read else ():
        first_tokens(vocabulary.encode, kind)  # refused before anything is written
    walks = Walks.among(run.visible, run.meant()) if stage.walks else None
    asked = LongTerm(soft, listener, np.random.default_rng([seed, 6])) if soft and listener else None
    talked = stage.conversations or stage.mentions
    near = Near.among(run.visible, run.meant(), run.full.catalog.type_codes) if talked else None
    drafts = InstructionExamples(run.known, run.visible, stage, seed, walks, asked, near)
    renderer = Renderer(vocabulary, run.sids.table)

    def finish() -> None:
        if asked is not None and run.listener_model is not None:
            vectors = asked.vectors(run.listener_model, run.known.events, run.known.listeners)
            save_file({"vectors": vectors.values.astype(np.float16)}, folder / VECTORS)

    endpoint, answers = run.config.teacher, run.folder / "teacher.jsonl"
    teacher: Teacher = EndpointTeacher(endpoint, answers) if endpoint else BuiltInTeacher()
    examples = drafts.examples(teacher)
    write_rows(examples, renderer, folder / ROWS, stage.max_tokens, stage.learn_history, run.say, finish)
