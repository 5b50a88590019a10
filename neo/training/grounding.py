"""Stage 2: the base gets rows for NEO's tokens, and learns them while all that it knew stays as it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neo.language.render import Renderer
from neo.language.vocabulary import Vocabulary
from neo.sids.meanings import code_meanings
from neo.training.examples.grounding import grounding_examples
from neo.training.examples.language import story
from neo.training.examples.rows import write_rows
from neo.training.freeze import train_only_rows
from neo.training.new_rows import extend
from neo.training.processes import first_makes, launched
from neo.training.steps import ROWS

if TYPE_CHECKING:
    from neo.training.run import Run


def ground(run: Run, folder: Path) -> None:
    """Leaves the vocabulary, the rows that were trained on, and the model in `folder/model`."""
    model, tokenizer = run.base_model()
    table, catalog, stage, seed = run.sids.table, run.full.catalog, run.config.grounding, run.config.seed
    vocabulary = Vocabulary.extend(tokenizer, table.levels, table.codebook_sizes)
    about = {int(row): story(catalog, int(row)) for row in run.visible}
    books = code_meanings(table, run.visible, run.meant())
    extend(model, vocabulary, table, about, books, seed)

    def write() -> None:
        vocabulary.save(folder)
        examples = grounding_examples(catalog, run.visible, stage, seed)
        write_rows(examples, Renderer(vocabulary, table), folder / ROWS, stage.max_tokens, False, run.say)

    first_makes(folder / ROWS, write)
    if not (stage.verbalize or stage.ground or stage.type):
        if launched().first:
            model.save_pretrained(folder / "model")
        return
    train_only_rows(model, vocabulary.new_rows)
    run.train(model, vocabulary, run.rows(folder), stage, folder, folder)
