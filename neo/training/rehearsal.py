"""What a pretrained base says by itself, written down before it is trained: rows of stage 3 that keep its language.

Instructions about a catalog take a base away from all else that it knew: the perplexity of Python's documentation to
SmolLM2-135M went from 20.9 to 116.5. Cross-entropy over what the base itself draws is, but for a constant, how far the
trained model has moved from it there, and needs nobody's texts (self-synthesized rehearsal, arXiv 2403.01244). Texts
begin with a token of any kind, as in data-free quantization (arXiv 2305.17888), and go on as the base draws them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from tokenizers import Tokenizer
from transformers import GenerationConfig, PreTrainedModel

from neo.training.examples.language import language_rows
from neo.training.examples.rows import SCHEMA
from neo.training.precision import bf16_is_fast
from neo.training.steps import ROWS

LENGTH = 256  # ids of a row and at most of a text: as long as most histories, or few labels would vanish beside many
LEAST = 16  # ids of a text: a base that wants to say nothing still says this much
TOGETHER = 64  # texts that are drawn at once
SECONDS = 10  # between two lines of progress


def write_rehearsal(
    model: PreTrainedModel, tokenizer: Tokenizer, rows: int, seed: int, folder: Path, say: Callable[[str], None]
) -> None:
    """Leaves `rows` rows of LENGTH ids of what the base draws in `folder`, as `write_rows` leaves others."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = model.to(device).eval()
    texts, written, reported = list[list[int]](), 0, time.monotonic()
    newline = tokenizer.encode("\n", add_special_tokens=False).ids
    for text in drawn(model, tokenizer, seed):
        texts.append(text)
        written += len(text) + len(newline)
        if time.monotonic() - reported > SECONDS:
            reported = time.monotonic()
            say(f"{written // LENGTH:,} of {rows:,} rows of the base's own words")
        if written >= rows * LENGTH:
            break
    made = list(language_rows(texts, newline, LENGTH, seed))[:rows]
    part = folder / f"{ROWS}.part"
    pq.write_table(pa.Table.from_pylist([row | {"task": "rehearsal"} for row in made], schema=SCHEMA), part)
    part.rename(folder / ROWS)


def drawn(model: PreTrainedModel, tokenizer: Tokenizer, seed: int) -> Iterator[list[int]]:
    """Texts without end, as ids: of none that is a control token, and without what the base begins every text with.

    A text ends where the base ends it, or at LENGTH ids.
    """
    control, size = sorted(tokenizer.get_added_tokens_decoder()), tokenizer.get_vocab_size()
    words = torch.tensor(sorted(set(range(size)) - set(control)))
    begin = torch.tensor([tokenizer.encode("").ids], dtype=torch.long).expand(TOGETHER, -1)
    embedding = model.get_input_embeddings().weight
    device, unused = embedding.device, list(range(size, len(embedding)))  # rows that no token of the base has
    settings = GenerationConfig(
        do_sample=True,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        max_new_tokens=LENGTH - 1,
        min_new_tokens=LEAST,
        eos_token_id=control or None,
        pad_token_id=control[0] if control else 0,
        suppress_tokens=unused or None,
    )
    choose = torch.Generator().manual_seed(seed)
    for call in range(1 << 30):
        first = words[torch.randint(len(words), (TOGETHER, 1), generator=choose)]
        start = torch.cat([begin, first], 1).to(device)
        with (
            torch.random.fork_rng([device] if device.type == "cuda" else []),
            torch.inference_mode(),
            torch.autocast(device.type, torch.bfloat16, enabled=bf16_is_fast()),
        ):
            torch.manual_seed(seed + call)
            found = model.generate(start, attention_mask=torch.ones_like(start), generation_config=settings)
        for ids in found[:, begin.shape[1] :].tolist():
            yield ids[: next((at for at, token in enumerate(ids) if token in control), len(ids))]
