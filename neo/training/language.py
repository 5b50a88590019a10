"""Stage 0: a decoder from nothing learns to read the catalog's texts. A pretrained base skips this."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from datasets import Dataset as Rows
from transformers import PreTrainedTokenizerFast

from neo.training import base
from neo.training.config import Scratch
from neo.training.examples.language import language_rows, texts_of
from neo.training.processes import launched
from neo.training.sharded import trainer_of
from neo.training.trainer import drop_checkpoints, train_stage

if TYPE_CHECKING:
    from neo.training.run import Run


def teach_language(run: Run, scratch: Scratch, folder: Path) -> None:
    """Leaves the model and its tokenizer in `folder/model`."""
    config, seed = run.config.language, run.config.seed
    texts = texts_of(run.known, run.visible, config.texts)
    tokenizer = base.scratch_tokenizer(texts, scratch.vocabulary)
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    rows = list(language_rows(encoded, tokenizer.encode("\n").ids, config.max_tokens, seed))[: config.rows]
    run.say(f"{len(texts):,} texts, {len(rows):,} rows of {config.max_tokens} tokens")
    model = base.scratch_model(scratch, tokenizer.get_vocab_size(), seed)
    if rows:
        base.start_from(model, base.token_vectors(encoded, tokenizer.get_vocab_size(), scratch.hidden, seed), seed)
        padded = PreTrainedTokenizerFast(tokenizer_object=tokenizer)
        padded.pad_token = tokenizer.id_to_token(0)  # rows are of equal length: nothing is ever padded but the last
        kind = trainer_of(run.config)
        train_stage(model, padded, Rows.from_list(rows), config, folder, seed, run.say, kind=kind)
    if launched().first:
        base.save_base(model, tokenizer, folder / "model")
        drop_checkpoints(folder)
