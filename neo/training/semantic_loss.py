"""Semantic loss: what a discovery mode's word asks for is a set of items, and its probability is trained too.

The word leaves many items to choose from: all that are new to this listener. Cross-entropy shows one of them at a time,
and a small model copies what it has seen long before it learns when not to. So the minus logarithm of a probability is
added (Xu et al. 2018, arXiv 1711.11157), code by code: of the codes that lead on to an item, that it is one which leads
on to an item of the set. What is right counts as of the set where it is the label. What a row names beside it does not:
nothing is named twice.

Nearly all items are new, so the first codes can hardly leave the set, and along the codes of what is right nothing is
left to learn: a search goes wrong along those of what was not asked for. So rows end with some of that, as no label,
where each code is told which ones it should have been.

No recipe asks for it: with it the word obeys (85% new in place of 20%, quickstart, weight 10), and finds less of what
is right (HR@30 .033 in place of .083, 121 cases); see docs/results/listeners.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from neo.language.render import IGNORED
from neo.training.codebooks import Codebooks

MOST_ITEMS = 100_000  # a row keeps a bit for each of them, and a batch of rows unpacks them


def packed(fitting: np.ndarray) -> bytes:
    """A set of catalog rows, bool [items], as a bit an item."""
    return np.packbits(fitting, bitorder="little").tobytes()


def unpacked(sets: Sequence[bytes | None]) -> Tensor | None:
    """bool [rows, items, rounded up], from a set for each row, of which some have none; None where no row has one."""
    longest = max((len(one) for one in sets if one is not None), default=0)
    if not longest:
        return None
    found = np.full((len(sets), longest), 255, dtype=np.uint8)  # without a set anything fits
    for place, one in enumerate(sets):
        if one is not None:
            found[place, : len(one)] = np.frombuffer(one, dtype=np.uint8)
    return torch.from_numpy(np.unpackbits(found, axis=1, bitorder="little").astype(np.bool_))


def semantic_loss(
    hidden: Tensor, ids: Tensor, labels: Tensor, fitting: Tensor, head: nn.Linear, codebooks: Codebooks
) -> Tensor:
    """Summed over all codes that are labels or WRONG, where a code could stand that leads on to an item of the set.

    hidden: [rows, length - 1, d], from which the labels [rows, length] after the first are predicted; fitting: bool
    [rows, items], all of them for rows without a set.
    """
    asking = ~fitting.all(1)
    asked = (labels[:, 1:] != IGNORED) & asking[:, None]
    sets, of = fitting[asking], (asking.cumsum(0) - 1)[asked.nonzero()[:, 0]]
    total, hidden, wanted = hidden.new_zeros(()), hidden[asked], labels[:, 1:][asked]
    parts, sums = codebooks.parts_of(head), dict[str, Tensor]()
    for book, own, prefixes in codebooks.prefixes(ids, functional.pad(asked, (1, 0))):
        if book.type not in sums:  # how many items of each set come before each place
            sums[book.type] = functional.pad(sets[:, book.sids.rows].cumsum(1, dtype=torch.int32), (1, 0))
        edges, right = book.sids.edges(prefixes, book.level), (wanted[own] - book.start)[:, None]
        fits = sums[book.type][of[own][:, None], edges].diff() > 0
        fits |= right == torch.arange(book.size, device=right.device)  # of WRONG it is none
        some = fits.any(1)
        logits = functional.linear(hidden[own][some], *parts[book.start]).float()
        leads_on, fits = (edges.diff() > 0)[some], fits[some]
        every, fitted = (logits.masked_fill(~among, -torch.inf).logsumexp(1) for among in (leads_on, fits))
        total = total + (every - fitted).sum()
    return total
