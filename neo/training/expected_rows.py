"""How many rows a recipe will make of its data, and how long they are, by task: told from a few rows of each.

SIDs are not learned for it. An item is as many tokens whatever its codes are, so any codes will do here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from neo.catalog.catalog import Catalog
from neo.language.render import Renderer
from neo.sids.config import SidConfig
from neo.sids.table import SidTable
from neo.training.config import GroundingStage, InstructionStage
from neo.training.examples.grounding import grounding_examples
from neo.training.examples.instruction import InstructionExamples
from neo.training.examples.near import Near
from neo.training.examples.rows import Example, write_rows
from neo.training.examples.walks import Walks
from neo.training.run import Run
from neo.training.teacher.built_in import BuiltInTeacher

SAMPLE = 200  # rows of a task that are made
TASKS = (  # of stage 3, the settings that are numbers of rows
    "recommend", "recommend_short", "histories", "familiar", "unfamiliar", "walks", "search", "lookup", "verbalize",
    "ground", "type", "explain", "understand", "recommend_mixed", "search_mixed", "chat", "wishes",
    "counted", "conversations", "mentions", "read",
)  # fmt: skip


@dataclass(frozen=True)
class TaskRows:
    """A task of a stage. asked: rows that the recipe asks for; rows: that it will get, of `tokens` on average, of which
    `trained` carry a label. cut, dropped: shares of the asked. sample: some of them, as (ids, labels)."""

    stage: str
    task: str
    asked: int
    rows: int
    tokens: float
    trained: float
    longest: int
    cut: float
    dropped: float
    sample: tuple[tuple[list[int], list[int]], ...]

    @property
    def total(self) -> float:
        """Tokens of all its rows."""
        return self.rows * self.tokens


def any_sids(catalog: Catalog, config: SidConfig) -> SidTable:
    """Codes of the shape that the recipe will learn, without meaning: different ones for all items that fit."""
    rows = {name: catalog.rows_of(name) for name in catalog.type_names if len(catalog.rows_of(name))}
    sizes = {name: config.codes_of(name) for name in rows}
    codes = {name: _counted(len(mine), sizes[name], config.levels) for name, mine in rows.items()}
    return SidTable.from_codes(rows, codes, sizes)


def expected_rows(run: Run, renderer: Renderer, folder: Path) -> list[TaskRows]:
    """Every task of stages 2 and 3 that a recipe asks for. folder: for files that are of no use afterwards."""
    return [*_grounding(run, renderer, folder), *_instruction(run, renderer, folder)]


def _grounding(run: Run, renderer: Renderer, folder: Path) -> Iterator[TaskRows]:
    stage, visible, seed = run.config.grounding, run.visible, run.config.seed
    some = np.random.default_rng([seed, 12]).permutation(visible)[:SAMPLE]
    for task in ("verbalize", "ground", "type"):
        if each := getattr(stage, task):
            only = GroundingStage(verbalize=0, ground=0, type=0).model_copy(update={task: 1})
            examples = grounding_examples(run.full.catalog, some, only, seed)
            yield _made("grounding", task, each * len(visible), len(some), examples, renderer, stage, folder)


def _instruction(run: Run, renderer: Renderer, folder: Path) -> Iterator[TaskRows]:
    stage, seed = run.config.instruction, run.config.seed
    near = Near.among(run.visible, _somewhere(len(run.visible)), run.full.catalog.type_codes)
    nothing = stage.model_copy(update=dict.fromkeys(TASKS, 0))
    for task in TASKS:
        if asked := getattr(stage, task):
            wanted = min(asked, SAMPLE)
            walks = Walks.among(run.visible, _somewhere(len(run.visible))) if task == "walks" else None
            only = nothing.model_copy(update={task: wanted})
            drafts = InstructionExamples(run.known, run.visible, only, seed, walks, near=near)
            examples = drafts.examples(BuiltInTeacher())
            yield _made("instruction", task, asked, wanted, examples, renderer, stage, folder)


def _made(
    stage: str,
    task: str,
    asked: int,
    wanted: int,
    examples: Iterable[Example],
    renderer: Renderer,
    settings: GroundingStage | InstructionStage,
    folder: Path,
) -> TaskRows:
    path = folder / f"{stage}-{task}.parquet"
    whole = isinstance(settings, InstructionStage) and settings.learn_history
    count = write_rows(examples, renderer, path, settings.max_tokens, whole, lambda _: None)
    table = pq.read_table(path)
    sample = tuple(zip(table["input_ids"].to_pylist(), table["labels"].to_pylist(), strict=True))
    lengths = [len(ids) for ids, _ in sample]
    labels = [sum(label >= 0 for label in labels) for _, labels in sample]
    return TaskRows(
        stage=stage,
        task=task,
        asked=asked,
        rows=round(asked * count.kept / max(wanted, 1)),
        tokens=float(np.mean(lengths)) if lengths else 0.0,
        trained=float(np.mean(labels)) if labels else 0.0,
        longest=max(lengths, default=0),
        cut=count.cut / max(wanted, 1),
        dropped=count.dropped / max(wanted, 1),
        sample=sample,
    )


def _counted(count: int, size: int, levels: int) -> np.ndarray:
    """int64 [count, levels]: 0, 1, 2, ... in base `size`, at most as many as there are tuples."""
    numbers = np.arange(count) % size**levels
    return np.stack([numbers // size**level % size for level in reversed(range(levels))], axis=1)


def _somewhere(count: int) -> np.ndarray:
    """Vectors for walks and what is like something, which are as long wherever they lead."""
    return np.random.default_rng(0).standard_normal((count, 8), dtype=np.float32)
