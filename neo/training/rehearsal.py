"""What a pretrained base says by itself, written down before it is trained: rows of stage 3 to keep its language by.

Instructions about a catalog take a base away from all else that it knew: the perplexity of Python's documentation to
SmolLM2-135M went from 20.9 to 116.5. Cross-entropy over what the base itself draws is, on average and but for a
constant, how far the trained model has moved from it there, and needs nobody's texts (self-synthesized rehearsal, arXiv
2403.01244). Texts begin with a token of any kind, as in data-free quantization (arXiv 2305.17888), and go on as the
base draws them. In the one comparison so far, at a sixteenth of a run, it did not help: benchmarks/english.py.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from tokenizers import Tokenizer
from transformers import GenerationConfig, PreTrainedModel

from neo.language.render import IGNORED
from neo.language.vocabulary import Vocabulary
from neo.training.examples.rows import SCHEMA
from neo.training.precision import bf16_is_fast
from neo.training.steps import ROWS

LENGTH = 256  # ids of a row and at most of a text: as long as most histories, or few labels would vanish beside many
LEAST = 16  # ids of a text: a base that wants to say nothing still says this much
TOGETHER = 64  # texts that are drawn at once
TEXTS = "texts.jsonl"


@dataclass(frozen=True)
class Speaker:
    """A base before it is trained. vocabulary: NEO's of it; begin: the token that it begins every text with, if any."""

    model: PreTrainedModel
    vocabulary: Vocabulary
    begin: tuple[int, ...]

    @classmethod
    def of(cls, model: PreTrainedModel, tokenizer: Tokenizer, vocabulary: Vocabulary) -> Speaker:
        plain = Tokenizer.from_str(tokenizer.to_str())
        plain.no_padding()
        plain.no_truncation()
        model.generation_config = GenerationConfig()  # a released one may say how to chat: penalties, and likely words
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        return cls(model.to(device).eval(), vocabulary, tuple(plain.encode("").ids[:1]))

    def draw(self, call: int, seed: int) -> list[list[int]]:
        """Some texts, as ids of plain text, the same for the same call and seed. They end where the base ends them, or
        at LENGTH ids."""
        model, vocabulary = self.model, self.vocabulary
        ends = sorted(vocabulary.special_ids | self._ends())
        words = torch.tensor([i for i in range(vocabulary.text_size) if i not in ends and vocabulary.decode([i])])
        embedding = model.get_input_embeddings().weight
        settings = GenerationConfig(
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            max_new_tokens=LENGTH - 1,
            min_new_tokens=LEAST,
            eos_token_id=ends or None,
            pad_token_id=ends[0] if ends else 0,
            suppress_tokens=list(range(vocabulary.text_size, len(embedding))) or None,  # rows that no token has
        )
        chosen = torch.Generator().manual_seed(seed + call)
        first = words[torch.randint(len(words), (TOGETHER, 1), generator=chosen)]
        begin = torch.tensor([self.begin], dtype=torch.long).expand(TOGETHER, -1)
        start = torch.cat([begin, first], 1).to(embedding.device)
        with (
            torch.random.fork_rng([start.device] if start.is_cuda else []),
            torch.inference_mode(),
            torch.autocast(start.device.type, torch.bfloat16, enabled=bf16_is_fast()),
        ):
            torch.manual_seed(seed + call)
            found = model.generate(start, attention_mask=torch.ones_like(start), generation_config=settings)
        texts = found[:, len(self.begin) :].tolist()
        return [ids[: next((at for at, token in enumerate(ids) if token in ends), len(ids))] for ids in texts]

    def _ends(self) -> set[int]:
        end = self.model.config.eos_token_id
        found = end if isinstance(end, list) else [] if end is None else [end]
        return {token for token in found if 0 <= token < self.vocabulary.text_size}


def write_rehearsal(speaker: Speaker, rows: int, seed: int, folder: Path, say: Callable[[str], None]) -> None:
    """Leaves `rows` rows of LENGTH ids in `folder`, as `write_rows` leaves others. What was drawn before an
    interruption is not drawn again."""
    if (folder / ROWS).exists():
        return
    drawn, newline, started = folder / TEXTS, speaker.vocabulary.encode("\n"), time.monotonic()
    calls = _calls(drawn)
    for call in count(len(calls)):
        written = sum(len(text) + len(newline) for texts in calls for text in texts)
        if written >= rows * LENGTH:
            break
        calls.append(speaker.draw(call, seed))
        with drawn.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(calls[-1]) + "\n")
        made = min(rows, (written + sum(map(len, calls[-1]))) // LENGTH)
        say(f"{made:,} of {rows:,} rows in the base's own words  {time.monotonic() - started:.0f} s")
    found = [row | {"task": "rehearsal"} for row, _ in zip(_rows(calls, newline), range(rows), strict=False)]
    part = folder / f"{ROWS}.part"
    pq.write_table(pa.Table.from_pylist(found, schema=SCHEMA), part)
    part.rename(folder / ROWS)
    drawn.unlink()


def _calls(drawn: Path) -> list[list[list[int]]]:
    """What each call has drawn so far; a line that was cut off is removed."""
    lines = drawn.read_text(encoding="utf-8").splitlines(keepends=True) if drawn.exists() else []
    whole = [line for line in lines if line.endswith("\n")]
    if len(whole) < len(lines):
        drawn.write_text("".join(whole), encoding="utf-8")
    return [json.loads(line) for line in whole]


def _rows(calls: Iterable[list[list[int]]], newline: list[int]) -> Iterator[dict[str, list[int]]]:
    """Texts joined by line breaks, and cut. What the base has not drawn, the first id of a text and the break after one
    that was cut off, is no label."""
    ids, labels = list[int](), list[int]()
    for text in (text for texts in calls for text in texts):
        ids += [*text, *newline]
        cut = len(text) == LENGTH
        labels += [IGNORED, *text[1:], *([IGNORED] * len(newline) if cut else newline)]
        while len(ids) >= LENGTH:
            yield {"input_ids": ids[:LENGTH], "labels": labels[:LENGTH]}
            ids, labels = ids[LENGTH:], labels[LENGTH:]
