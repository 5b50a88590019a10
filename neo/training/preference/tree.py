"""Answers to one request as a tree behind its prompt: what they share is read once, and scored as it was drawn.

A row of the model is the prompt, read as ever, and behind it all nodes of the tree; each sees the prompt, what it
descends from, and itself. So a group of eight lists of ten items costs its prompt and some hundred positions, where
eighty rows would each read the prompt again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel

from neo.decoding.reading import writable
from neo.language.vocabulary import Vocabulary
from neo.listeners.soft_prompt import embed
from neo.training.codebooks import Codebooks

MOST = 1 - 1e-6  # of all that may be named has been: for float32's sake something is left


@dataclass(eq=False)
class Tree:
    """Nodes in an order in which parents come first.

    tokens, parents: of each node; -1 for what comes right after the prompt. among: which tokens a code was chosen from,
    those that lead on to an item that may be named; for words, which are chosen from all words, nothing. barred: which
    words may not come at a node.
    """

    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    among: list[list[int]] = field(default_factory=list)
    barred: list[list[int]] = field(default_factory=list)
    _places: dict[tuple[int, int], int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.tokens)

    def child(self, parent: int, token: int, among: Sequence[int] = (), barred: Sequence[int] = ()) -> int:
        """The place of a node, which is made where it is not there."""
        place = self._places.setdefault((parent, token), len(self.tokens))
        if place == len(self.tokens):
            self.tokens.append(token)
            self.parents.append(parent)
            self.among.append(list(among))
            self.barred.append(list(barred))
        return place

    def lines(self) -> tuple[Tensor, list[int]]:
        """bool [nodes, nodes], what each node descends from, itself included; and how deep each lies, from 0 on."""
        sees, depths = torch.eye(len(self), dtype=torch.bool), list[int]()
        for place, parent in enumerate(self.parents):
            depths.append(0 if parent < 0 else depths[parent] + 1)
            if parent >= 0:
                sees[place] |= sees[parent]
        return sees, depths


def node_log_probs(
    model: PreTrainedModel,
    vocabulary: Vocabulary,
    codebooks: Codebooks,
    prompts: Sequence[Sequence[int]],
    trees: Sequence[Tree],
    temperature: float = 1.0,
) -> list[Tensor]:
    """float32 [nodes] of each tree: a node's log-probability behind its parent, among what might have stood there.

    temperature: that codes are drawn with; words are drawn as they are.
    """
    hidden = _hidden(model, vocabulary.pad, prompts, trees)
    tokens = torch.tensor([token for tree in trees for token in tree.tokens], device=hidden.device)
    among = [own for tree in trees for own in tree.among]
    barred = [own for tree in trees for own in tree.barred]
    coded = tokens.new_tensor([bool(own) for own in among], dtype=torch.bool)
    parts = codebooks.parts_of(model.get_output_embeddings())
    scored = hidden.new_zeros(len(tokens), dtype=torch.float32)
    for book in codebooks.books:
        if bool((mine := coded & book.holds(tokens)).any()):
            may = _only(mine, among, book.start, book.size)
            scored = scored.masked_scatter(
                mine, _chosen(hidden[mine], *parts[book.start], may, tokens[mine] - book.start, temperature)
            )
    if bool((words := ~coded).any()):
        may = ~_only(words, barred, 0, len(parts[0][0])) & _writable(vocabulary, len(parts[0][0]))
        scored = scored.masked_scatter(words, _chosen(hidden[words], *parts[0], may, tokens[words]))
    return list(scored.split([len(tree) for tree in trees]))


def chosen_log_probs(scored: Tensor, places: Sequence[Sequence[Sequence[int]]], in_turn: bool) -> list[Tensor]:
    """float32 [choices] of each answer, from the log-probabilities of a tree's nodes.

    places: of each answer the nodes of each choice, whose log-probabilities add up. in_turn: choices are items, each
    made among those that the choices before it have left: what these had is shared out in proportion
    (Plackett and Luce), as it is where a decoder draws without replacement.
    """
    found = []
    for answer in places:
        logp = scored[torch.tensor(answer, device=scored.device)].sum(1)
        if in_turn:
            gone = logp.exp().cumsum(0) - logp.exp()
            logp = logp - torch.log1p(-gone.clamp(max=MOST))
        found.append(logp)
    return found


def _hidden(model: PreTrainedModel, pad: int, prompts: Sequence[Sequence[int]], trees: Sequence[Tree]) -> Tensor:
    """[nodes of all trees, d]: what each node is predicted from."""
    longest, most, rows = max(map(len, prompts)), max(map(len, trees)), len(trees)
    ids = torch.full((rows, longest + most), pad)
    positions = torch.zeros((rows, longest + most), dtype=torch.int64)
    positions[:, :longest] = torch.arange(longest)
    sees = torch.eye(longest + most, dtype=torch.bool).repeat(rows, 1, 1)
    sees[:, :longest, :longest] = torch.ones((longest, longest), dtype=torch.bool).tril()
    origins = []
    for row, (prompt, tree) in enumerate(zip(prompts, trees, strict=True)):
        family, depths = tree.lines()
        read, end = len(prompt), longest + len(tree)
        ids[row, :read], ids[row, longest:end] = torch.tensor(prompt), torch.tensor(tree.tokens)
        positions[row, longest:end] = read + torch.tensor(depths)
        sees[row, longest:end, :read], sees[row, longest:end, longest:end] = True, family
        start = row * (longest + most)
        origins += [start + (read - 1 if parent < 0 else longest + parent) for parent in tree.parents]
    out = model.get_decoder()(
        inputs_embeds=embed(model, ids.to(model.device)),
        attention_mask=sees[:, None].to(model.device),
        position_ids=positions.to(model.device),
        use_cache=False,
    )
    hidden: Tensor = out.last_hidden_state.flatten(0, 1)
    return hidden[torch.tensor(origins, device=hidden.device)]


def _only(mine: Tensor, lists: Sequence[Sequence[int]], start: int, size: int) -> Tensor:
    """bool [mine, size]: which tokens, counted from `start`, the lists of these places hold."""
    held = torch.zeros((int(mine.sum()), size), dtype=torch.bool)
    places = mine.nonzero()[:, 0].tolist()
    row = [at for at, place in enumerate(places) for _ in lists[place]]
    held[row, [token - start for place in places for token in lists[place]]] = True
    return held


def _writable(vocabulary: Vocabulary, size: int) -> Tensor:
    """bool [size]: what an answer in words alone is written with."""
    may = writable(vocabulary)
    may[vocabulary.open] = False
    return functional.pad(may, (0, size - len(may)))


def _chosen(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, may: Tensor, wanted: Tensor, temperature: float = 1.0
) -> Tensor:
    """float32 [n]: the log-probability of what is wanted, int64 [n], among what may come, bool [n, rows of weight]."""
    logits = functional.linear(hidden, weight, bias).float() / temperature
    return -functional.cross_entropy(logits.masked_fill(~may.to(hidden.device), -torch.inf), wanted, reduction="none")
