"""Groups of answers to one request, and GRPO's loss over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from neo.language.vocabulary import Vocabulary
from neo.training.batches import Steps
from neo.training.codebooks import Codebooks
from neo.training.config import Grpo
from neo.training.precision import attention_in_float32, bf16_is_fast
from neo.training.preference.tree import Tree, chosen_log_probs, node_log_probs


@dataclass(eq=False)
class Group:
    """Answers to one request. places: of each answer, choice by choice, the nodes of the tree that it is made of.

    in_turn: see `chosen_log_probs`. gains: of each choice. worth: each answer's reward. was, began: each choice's
    log-probability in the model that drew it, and in the one that the stage began with.
    """

    prompt: list[int]
    tree: Tree
    in_turn: bool
    places: list[list[list[int]]] = field(default_factory=list)
    gains: list[list[float]] = field(default_factory=list)
    worth: list[float] = field(default_factory=list)
    was: list[list[float]] = field(default_factory=list)
    began: list[list[float]] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        tree = self.tree
        return {**vars(self), "tree": [tree.tokens, tree.parents, tree.among, tree.barred]}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Group:
        return cls(**{**plain, "tree": Tree(*plain["tree"])})


def group_loss(
    model: PreTrainedModel, vocabulary: Vocabulary, codebooks: Codebooks, groups: Sequence[Group], method: Grpo
) -> Tensor:
    """The mean over all answers of what their choices add up to: clipped gains, less what moving away costs."""
    now = log_probs(model, vocabulary, codebooks, groups, method.temperature)
    if not now:
        return 0 * next(weight for weight in model.parameters() if weight.requires_grad).sum()
    total, answers = torch.zeros((), device=model.device), 0
    for group, chosen in zip(groups, now, strict=True):
        for logp, was, began, gains in zip(chosen, group.was, group.began, group.gains, strict=True):
            known = (logp.new_tensor(values) for values in (was, began, gains))
            total = total + choice_loss(logp, *known, method=method).sum()
        answers += len(chosen)
    return total / answers


def choice_loss(now: Tensor, was: Tensor, began: Tensor, gains: Tensor, *, method: Grpo) -> Tensor:
    """[n] of choices, from log-probabilities now, when they were drawn and in the model that the stage began with.

    What it costs to have moved is Schulman's estimate of the divergence: never negative, and 0 where nothing moved.
    """
    ratio = (now - was).exp()
    clipped = ratio.clamp(1 - method.clip, 1 + method.clip)
    moved = (began - now).exp() - (began - now) - 1
    return method.kl * moved - torch.minimum(ratio * gains, clipped * gains)


def log_probs(
    model: PreTrainedModel,
    vocabulary: Vocabulary,
    codebooks: Codebooks,
    groups: Sequence[Group],
    temperature: float = 1.0,
) -> list[list[Tensor]]:
    """Of each group, answer by answer, those of its choices. temperature: of lists."""
    if not groups:
        return []
    prompts, trees = [group.prompt for group in groups], [group.tree for group in groups]
    scored = node_log_probs(model, vocabulary, codebooks, prompts, trees, temperature)
    return [chosen_log_probs(nodes, group.places, group.in_turn) for nodes, group in zip(scored, groups, strict=True)]


@torch.no_grad()
def remembered(
    model: PreTrainedModel,
    vocabulary: Vocabulary,
    codebooks: Codebooks,
    groups: Sequence[Group],
    tokens: int,
    temperature: float = 1.0,
) -> list[list[list[float]]]:
    """`log_probs` as numbers, in the precision that is trained in, batch by batch."""
    lengths = np.array([len(group.prompt) + len(group.tree) for group in groups])
    found: list[list[list[float]]] = [[] for _ in groups]
    with attention_in_float32(model), torch.autocast(model.device.type, torch.bfloat16, enabled=bf16_is_fast()):
        for places in Steps(lengths, tokens, 1, seed=0):
            some = log_probs(model, vocabulary, codebooks, [groups[place] for place in places], temperature)
            for place, answers in zip(places, some, strict=True):
                found[place] = [logp.tolist() for logp in answers]
    return found
