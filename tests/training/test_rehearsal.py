"""What a base says by itself: drawn from its own probabilities, plain words only, the same for the same seed."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch
from small_models import TEXTS, qwen3
from tokenizers import AddedToken, Tokenizer, processors
from transformers import PreTrainedModel

from neo.language.render import IGNORED
from neo.language.vocabulary import Vocabulary
from neo.training import rehearsal
from neo.training.base import scratch_tokenizer
from neo.training.config import load_config
from neo.training.examples.rows import SCHEMA
from neo.training.rehearsal import Speaker, write_rehearsal
from neo.training.steps import ROWS
from neo_sdk.errors import ConfigError

UNUSED = 7  # rows of the embedding that no token has, as released models have them
CALLS = 6


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> tuple[PreTrainedModel, Tokenizer]:
    """A base that begins every text with a token of its own, and ends it with a word; and that is set up to chat."""
    monkeypatch.setattr(rehearsal, "LENGTH", 24)
    monkeypatch.setattr(rehearsal, "LEAST", 4)
    tokenizer = scratch_tokenizer(TEXTS, 300)
    tokenizer.add_special_tokens([AddedToken("<|begin|>"), AddedToken("<|over|>")])
    tokenizer.add_tokens([AddedToken("<think>", special=False)])
    begin, end = tokenizer.token_to_id("<|begin|>"), tokenizer.token_to_id("<|over|>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|begin|> $A <|over|>", special_tokens=[("<|begin|>", begin), ("<|over|>", end)]
    )
    tokenizer.enable_padding(length=8)
    torch.manual_seed(0)
    model = qwen3(tokenizer.get_vocab_size() + UNUSED, False).eval()
    model.config.eos_token_id = tokenizer.encode("a", add_special_tokens=False).ids[0]
    model.generation_config.repetition_penalty, model.generation_config.top_k = 5.0, 3
    with torch.no_grad():
        model.get_output_embeddings().weight.mul_(8)
    return model, tokenizer


def speaker(base: tuple[PreTrainedModel, Tokenizer]) -> Speaker:
    return Speaker.of(*base, Vocabulary.extend(base[1], 2, {"show": 3}))


def test_texts_are_plain_words_and_end_where_the_base_ends_them(base: tuple[PreTrainedModel, Tokenizer]) -> None:
    one = speaker(base)
    texts = [text for call in range(CALLS) for text in one.draw(call, 0)]
    said = {token for text in texts for token in text}
    assert not said & {*one.vocabulary.special_ids, base[0].config.eos_token_id}
    assert max(said) < one.vocabulary.text_size
    lengths = [len(text) for text in texts]
    assert rehearsal.LEAST < min(lengths) < rehearsal.LENGTH == max(lengths)
    assert len({text[0] for text in texts}) > 100
    assert [text for call in range(CALLS) for text in one.draw(call, 0)] == texts
    assert one.draw(1, 0) != one.draw(0, 0) and one.draw(0, 7) != one.draw(0, 0)


def test_they_are_drawn_from_the_bases_own_probabilities(base: tuple[PreTrainedModel, Tokenizer]) -> None:
    """Of tokens before any text may end: how surprising they are, less how surprising they should be, is 0 on average.

    With the 3 likeliest alone, as this base is set up to chat, it would be far below.
    """
    one = speaker(base)
    ends = [*one.vocabulary.special_ids, one.model.config.eos_token_id]
    drawn = [text[: rehearsal.LEAST] for call in range(3 * CALLS) for text in one.draw(call, 0)]
    texts = torch.tensor(drawn)
    begin = torch.full((len(texts), 1), base[1].token_to_id("<|begin|>"))
    with torch.inference_mode():
        logits = one.model(torch.cat([begin, texts], 1)).logits[:, 1:-1].double()
        logits[..., [*ends, *range(one.vocabulary.text_size, logits.shape[-1])]] = -1e9
        log_probs = logits.log_softmax(-1)
        surprise = -log_probs.gather(-1, texts[:, 1:, None])[..., 0]
        excess = surprise - -(log_probs.exp() * log_probs).sum(-1)
    error = float(excess.std()) / excess.numel() ** 0.5
    assert abs(float(excess.mean())) < 4 * error < 0.1


def test_rows_are_trained_where_the_base_spoke(base: tuple[PreTrainedModel, Tokenizer], tmp_path: Path) -> None:
    one = speaker(base)
    write_rehearsal(one, 90, 0, tmp_path, lambda _: None)
    table = pq.read_table(tmp_path / ROWS)
    assert table.schema == SCHEMA and table["task"].to_pylist() == ["rehearsal"] * 90
    ids, labels = ([i for row in table[name].to_pylist() for i in row] for name in ("input_ids", "labels"))
    assert {len(row) for row in table["input_ids"].to_pylist()} == {rehearsal.LENGTH}
    newline, at = one.vocabulary.encode("\n"), 0
    for text in islice((text for call in range(9) for text in one.draw(call, 0)), 60):
        after = [IGNORED] * len(newline) if len(text) == rehearsal.LENGTH else newline
        end = at + len(text) + len(newline)
        assert (ids[at:end], labels[at:end]) == ([*text, *newline], [IGNORED, *text[1:], *after])
        at = end
    assert [file.name for file in tmp_path.iterdir()] == [ROWS]


def test_what_was_drawn_before_a_crash_is_not_drawn_again(
    base: tuple[PreTrainedModel, Tokenizer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, whole, torn = speaker(base), tmp_path / "whole", tmp_path / "torn"
    whole.mkdir()
    torn.mkdir()
    write_rehearsal(one, 150, 0, whole, lambda _: None)

    calls, draw = list[int](), Speaker.draw

    def stopped(self: Speaker, call: int, seed: int) -> list[list[int]]:
        calls.append(call)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return draw(self, call, seed)

    monkeypatch.setattr(Speaker, "draw", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_rehearsal(one, 150, 0, torn, lambda _: None)
    with (torn / rehearsal.TEXTS).open("a") as lines:
        lines.write("[[5, 6")  # the power went
    write_rehearsal(one, 150, 0, torn, lambda _: None)
    assert calls[:4] == [0, 1, 2, 2] and pq.read_table(torn / ROWS) == pq.read_table(whole / ROWS)


def test_a_base_from_nothing_has_nothing_to_rehearse(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: a\ndata: {world: {}}\ninstruction: {rehearsal: 5}\n")
    with pytest.raises(ConfigError, match=r"instruction\.rehearsal is what a pretrained base says"):
        load_config(tmp_path / "a.yaml")
