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

from neo.training import rehearsal
from neo.training.base import scratch_tokenizer
from neo.training.config import load_config
from neo.training.examples.rows import SCHEMA
from neo.training.rehearsal import drawn, write_rehearsal
from neo.training.steps import ROWS
from neo_sdk.errors import ConfigError

UNUSED = 7  # rows of the embedding that no token has, as released models have them


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> tuple[PreTrainedModel, Tokenizer]:
    """A base that likes to end its texts, and begins every one with a token of its own."""
    monkeypatch.setattr(rehearsal, "LENGTH", 24)
    monkeypatch.setattr(rehearsal, "LEAST", 4)
    tokenizer = scratch_tokenizer(TEXTS, 300)
    tokenizer.add_special_tokens([AddedToken("<|begin|>"), AddedToken("<|end|>")])
    tokenizer.add_tokens([AddedToken("<think>", special=False)])
    begin = tokenizer.token_to_id("<|begin|>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|begin|> $A", special_tokens=[("<|begin|>", begin)]
    )
    torch.manual_seed(0)
    model = qwen3(tokenizer.get_vocab_size() + UNUSED, False).eval()
    with torch.no_grad():
        model.get_output_embeddings().weight.mul_(8)
    return model, tokenizer


def test_texts_are_plain_words_and_end_where_the_base_ends_them(base: tuple[PreTrainedModel, Tokenizer]) -> None:
    model, tokenizer = base
    control = set(tokenizer.get_added_tokens_decoder())
    texts = list(islice(drawn(model, tokenizer, 0), 300))
    said = {token for text in texts for token in text}
    assert not said & control and max(said) < tokenizer.get_vocab_size()
    lengths = [len(text) for text in texts]
    assert min(lengths) > rehearsal.LEAST and max(lengths) == rehearsal.LENGTH
    assert len({text[0] for text in texts}) > 100
    assert list(islice(drawn(model, tokenizer, 0), 300)) == texts
    assert list(islice(drawn(model, tokenizer, 1), 300)) != texts


def test_they_are_drawn_from_the_bases_own_probabilities(base: tuple[PreTrainedModel, Tokenizer]) -> None:
    """Of tokens before any text may end: how surprising they are, less how surprising they should be, is 0 on average.

    With the 50 likeliest alone, which transformers draws from where nothing is said, it would be far below.
    """
    model, tokenizer = base
    control, size = sorted(tokenizer.get_added_tokens_decoder()), tokenizer.get_vocab_size()
    texts = torch.tensor([text[: rehearsal.LEAST] for text in islice(drawn(model, tokenizer, 0), 1_000)])
    begin = torch.full((len(texts), 1), tokenizer.token_to_id("<|begin|>"))
    with torch.inference_mode():
        logits = model(torch.cat([begin, texts], 1)).logits[:, 1:-1].double()
        logits[..., [*control, *range(size, logits.shape[-1])]] = -1e9
        log_probs = logits.log_softmax(-1)
        surprise = -log_probs.gather(-1, texts[:, 1:, None])[..., 0]
        excess = surprise - -(log_probs.exp() * log_probs).sum(-1)
    error = float(excess.std()) / excess.numel() ** 0.5
    assert abs(float(excess.mean())) < 4 * error < 0.1


def test_rows_are_as_others_and_wholly_trained(base: tuple[PreTrainedModel, Tokenizer], tmp_path: Path) -> None:
    write_rehearsal(*base, 9, 0, tmp_path, lambda _: None)
    table = pq.read_table(tmp_path / ROWS)
    assert table.schema == SCHEMA and table["task"].to_pylist() == ["rehearsal"] * 9
    assert table["labels"] == table["input_ids"]
    assert {len(row) for row in table["input_ids"].to_pylist()} == {rehearsal.LENGTH}
    assert [file.name for file in tmp_path.iterdir()] == [ROWS]


def test_a_base_from_nothing_has_nothing_to_rehearse(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: a\ndata: {world: {}}\ninstruction: {rehearsal: 5}\n")
    with pytest.raises(ConfigError, match=r"instruction\.rehearsal is what a pretrained base says"):
        load_config(tmp_path / "a.yaml")
