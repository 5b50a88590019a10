"""The rows of a base's new tokens: where they start from, before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from transformers import PreTrainedModel

from neo.language.vocabulary import Vocabulary
from neo.sids.table import SidTable

# Of a code's row, in spreads of the old rows: its items' words, its meaning, and chance, for codes that share both.
WORDS, MEANING, CHANCE = 0.8, 0.5, 0.33


def extend(
    model: PreTrainedModel,
    vocabulary: Vocabulary,
    sids: SidTable,
    texts: Mapping[int, str],
    meanings: Mapping[str, np.ndarray],
    seed: int,
) -> None:
    """Gives the model rows for the control and SID tokens, in place. Old rows keep every bit.

    A code's row starts from the mean text embedding of the items that carry it, so it stands among their words, and
    from its meaning, so codes stand as far from one another as the items that they tell apart.
    transformers would draw all new rows from almost one point (std 0.001 where real rows have 0.02).

    Args:
        texts: what each catalog row with a SID is about, by row.
        meanings: float32 [levels, K, dim] by type, see `code_meanings`; zero vectors say nothing.
    """
    tied = model.config.tie_word_embeddings
    old_size = model.get_input_embeddings().weight.shape[0]
    if vocabulary.size > old_size:
        model.resize_token_embeddings(vocabulary.size, mean_resizing=False)
    matrices = [model.get_input_embeddings().weight]
    if not tied:
        matrices.append(model.get_output_embeddings().weight)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for matrix in matrices:
            old = matrix[: vocabulary.text_size].float().cpu()  # a base in 4 bits lies on the GPU
            words = _of_texts(old, vocabulary, sids, texts)
            meant = _of_meanings(vocabulary, meanings, old.shape[1], seed)
            parts = [(WORDS, words), (MEANING, meant)]
            matrix[vocabulary.new_rows.start : vocabulary.size] = _start(old, vocabulary, parts, generator)


def _start(
    old: torch.Tensor,
    vocabulary: Vocabulary,
    parts: Sequence[tuple[float, Iterator[tuple[int, torch.Tensor]]]],
    generator: torch.Generator,
) -> torch.Tensor:
    """float32 [new rows, width]: chance, mixed with all that is known; at the place and spread of the old rows."""
    rows = CHANCE * torch.randn(len(vocabulary.new_rows), old.shape[1], generator=generator)
    share = torch.full((len(rows), 1), CHANCE**2)
    for weight, of_books in parts:
        for first, known in of_books:
            seen = known.abs().sum(1) > 0
            place = first - vocabulary.text_size + torch.nonzero(seen).squeeze(1)
            size = known[seen].square().mean().sqrt() if len(place) else 1.0
            rows[place] += weight * known[seen] / size
            share[place] += weight**2
    return old.mean(0) + old.std(0).mean() * rows / share.sqrt()


def _of_meanings(
    vocabulary: Vocabulary, meanings: Mapping[str, np.ndarray], width: int, seed: int
) -> Iterator[tuple[int, torch.Tensor]]:
    """Per type and level: the first token id and, by code, its meaning less the level's mean, `width` wide.

    Wider meanings keep their principal axes, narrower ones all distances.
    """
    generator = torch.Generator().manual_seed(seed)
    for name, of_type in meanings.items():
        books = torch.from_numpy(of_type).float()
        known = books.abs().sum(2, keepdim=True) > 0
        books = (books - (books * known).sum(1, keepdim=True) / known.sum(1, keepdim=True).clamp(min=1)) * known
        if books.shape[2] > width:
            books = books @ torch.linalg.svd(books.flatten(0, 1), full_matrices=False).Vh[:width].T
        if books.shape[2] < width:  # also where there are fewer codes than axes were wanted
            books = books @ torch.linalg.qr(torch.randn(width, books.shape[2], generator=generator)).Q.T
        for level, book in enumerate(books):
            yield vocabulary.code_start(name, level), book


def _of_texts(
    old: torch.Tensor, vocabulary: Vocabulary, sids: SidTable, texts: Mapping[int, str]
) -> Iterator[tuple[int, torch.Tensor]]:
    """Per type and level: the first token id and, by code, its items' mean text embedding less the type's mean."""
    for name in vocabulary.type_names:
        part = sids.of(name)
        keep = [i for i, row in enumerate(part.rows.tolist()) if row in texts]
        if not keep:
            continue
        ids = vocabulary.encode_batch(texts[int(part.rows[i])] for i in keep)
        means = torch.stack([old[torch.tensor(i)].mean(0) if i else old.mean(0) for i in ids])
        means = means - means.mean(0)
        codes = torch.from_numpy(part.codes[np.array(keep)].astype(np.int64))
        for level in range(vocabulary.levels):
            total = torch.zeros(vocabulary.codes(name), old.shape[1]).index_add_(0, codes[:, level], means)
            number = torch.bincount(codes[:, level], minlength=vocabulary.codes(name)).clamp(min=1)
            yield vocabulary.code_start(name, level), total / number.unsqueeze(1)
