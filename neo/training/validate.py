"""`neo recipes validate`: a recipe's settings, data, rows, memory and time, before anything long begins."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from tokenizers import Tokenizer

from neo.decoding.index import SidIndex
from neo.language.render import Renderer
from neo.language.vocabulary import Vocabulary
from neo.training import base
from neo.training.codebooks import Codebooks
from neo.training.config import Stage, load_config
from neo.training.cost import Cost, Row, expected_cost, gb
from neo.training.enough import too_few_cases, too_little
from neo.training.examples.language import texts_of
from neo.training.expected_rows import TaskRows, any_sids, expected_rows
from neo.training.pretrained import pretrained_tokenizer
from neo.training.run import Run
from neo_sdk.errors import TrainingError

TEXTS = 20_000  # that a scratch tokenizer is learned from here, in place of all
TRIED = 1_000  # rows that steps are tried with


def validate(recipe: Path, settings: Sequence[str], say: Callable[[str], None]) -> None:
    """Prints what a recipe has and takes. Nothing that a run has made is touched.

    Raises ConfigError for settings, CatalogError with every problem of the data, and TrainingError with a sentence for
    each thing that there is too little of: items, events, codes, cases or memory.
    """
    config = load_config(recipe, settings)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(config.model_copy(update={"output": Path(folder)}), lambda _: None)
        say("reading the data ...")
        run.read_data()
        _print_data(run)
        problems, notes = list(too_little(run)), list(too_few_cases(run))
        problems += [sentence for refused, sentence in notes if refused]
        if not problems:
            say("making a few rows of each task ...")
            tasks, cost = _forecast(run, Path(folder), say)
            _print_rows(run, tasks)
            _print_cost(cost, "stage 4, which is not counted, and " if config.preference else "")
            problems += [cost.too_large] if cost.too_large else []
            notes += [(False, note) for note in _odd(tasks)]
    for _, note in (note for note in notes if not note[0]):
        print(f"Note: {note}")
    if problems:
        raise TrainingError("This recipe will not do:\n" + "\n".join(f"  {problem}" for problem in problems))


def _forecast(run: Run, folder: Path, say: Callable[[str], None]) -> tuple[list[TaskRows], Cost]:
    config, table = run.config, any_sids(run.full.catalog, run.config.sids)
    texts = texts_of(run.known, run.visible, config.language.texts)
    tokenizer, tasks = _tokenizer(run, texts), list[TaskRows]()
    if config.base.scratch is not None:
        tasks.append(_language(run, texts, tokenizer))
    vocabulary = Vocabulary.extend(tokenizer, table.levels, table.codebook_sizes)
    tasks += expected_rows(run, Renderer(vocabulary, table), folder)
    rows = _mixed(tasks)
    say("trying a few steps ...")
    largest: Stage = max((config.instruction, config.grounding), key=lambda stage: stage.tokens)
    stages = {"language": config.language, "grounding": config.grounding, "instruction": config.instruction}
    tokens = sum(task.total * stages[task.stage].epochs for task in tasks)
    trained = sum(task.rows * task.trained * stages[task.stage].epochs for task in tasks)
    books = Codebooks.of(vocabulary, SidIndex.build(table))
    return tasks, expected_cost(config.base, vocabulary.size, largest, rows, tokens, trained, books, config.lora)


def _tokenizer(run: Run, texts: list[str]) -> Tokenizer:
    if run.config.base.scratch is not None:
        some = np.random.default_rng(run.config.seed).permutation(len(texts))[:TEXTS]
        return base.scratch_tokenizer([texts[at] for at in some], run.config.base.scratch.vocabulary)
    released = run.config.base.pretrained
    assert released is not None
    return pretrained_tokenizer(released)


def _language(run: Run, texts: list[str], tokenizer: Tokenizer) -> TaskRows:
    """Stage 0: texts joined and cut into rows of one length."""
    stage = run.config.language
    some = [texts[at] for at in np.random.default_rng(run.config.seed).permutation(len(texts))[:TEXTS]]
    each = np.mean([len(encoding.ids) + 1 for encoding in tokenizer.encode_batch(some)])
    there = int(np.ceil(each * len(texts) / stage.max_tokens))
    rows = there if stage.rows is None else min(there, stage.rows)
    return TaskRows(
        "language", "texts", rows, rows, float(stage.max_tokens), float(stage.max_tokens), stage.max_tokens, 0, 0, ()
    )


def _mixed(tasks: Sequence[TaskRows]) -> list[Row]:
    """Rows of the last stage, of each task as large a share as it will have, and the longest of all."""
    last = [task for task in tasks if task.stage == "instruction" and task.sample]
    total, rows = sum(task.rows for task in last), list[Row]()
    for task in last:
        share = max(1, round(TRIED * task.rows / total))
        rows += [task.sample[at % len(task.sample)] for at in range(share)]
        rows.append(max(task.sample, key=lambda row: len(row[0])))
    return rows


def _odd(tasks: Sequence[TaskRows]) -> list[str]:
    """What becomes of rows that somebody may not expect."""
    found = []
    for task in tasks:
        name = f"{task.stage}.{task.task}"
        if not task.rows:
            found.append(f"{name} asks for {task.asked:,} rows, and the data gives none.")
        if task.dropped:
            share = f"{task.dropped:.0%} of the rows of {name}"
            found.append(f"{share} are longer than {task.stage}.max_tokens and will be left out.")
    return found


def _print_data(run: Run) -> None:
    full, known = run.full, run.known
    counts = [f"{len(full.catalog.rows_of(t.name)):,} {t.plural}" for t in full.catalog.types]
    print(
        f"Data: {', '.join(counts)}; {len(full.listeners):,} listeners, {len(full.events):,} events, "
        f"{len(full.searches):,} searches."
    )
    print(
        f"To learn from: {len(run.visible):,} items, {len(known.events):,} events, {len(known.searches):,} searches; "
        f"the rest is asked for."
    )


def _print_rows(run: Run, tasks: Sequence[TaskRows]) -> None:
    table = Table()
    table.add_column("rows of", no_wrap=True)
    for name in ("rows", "tokens", "longest", "cut", "million"):
        table.add_column(name, justify="right", no_wrap=True)
    for task in tasks:
        cut = f"{task.cut:.0%}" if task.cut else ""
        numbers = (f"{task.rows:,}", f"{task.tokens:.0f}", f"{task.longest}", cut, f"{task.total / 1e6:.2f}")
        table.add_row(f"{task.stage}.{task.task}", *numbers)
    total = sum(task.total for task in tasks)
    table.add_row("all", f"{sum(task.rows for task in tasks):,}", "", "", "", f"{total / 1e6:.2f}")
    Console().print(table)
    print("tokens: of a row; cut: rows whose history is shortened to fit; million: tokens of all rows.")


def _print_cost(cost: Cost, later: str) -> None:
    how = "some steps tried" if cost.tried else "by a count of operations"
    low, high = (_minutes(seconds) for seconds in cost.seconds)
    trained = "all of them" if cost.trained == cost.weights else f"{cost.trained / 1e6:.1f} of them"
    print(f"Weights: {cost.weights / 1e6:.1f} million, {trained} trained.")
    print(f"Memory: {gb(cost.memory)} in stages 2 and 3; {cost.free / 1e9:.1f} GB are free.")
    print(f"Training: {low} to {high} here ({how}), and then {later}the evaluation.")


def _minutes(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5_400 else f"{seconds / 3_600:.0f} hours"
