"""The rounds of GRPO: what is asked, and the groups that are drawn for it from the model as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from datasets import Dataset as Rows
from transformers import PreTrainedModel

from neo.listeners.soft_prompt import soft_prompt_of
from neo.model.neo_model import NeoModel
from neo.training.config import Grpo, PreferenceStage
from neo.training.preference.asked import Asked, Questions
from neo.training.preference.cases import K, asked_why
from neo.training.preference.draws import Drawer
from neo.training.preference.groups import Group, remembered
from neo.training.preference.guard import answering

if TYPE_CHECKING:
    from neo.training.run import Run

NODES = 2  # of a list's tree for each item, about: lists share items, and items share codes
WORDS = 32  # of an explanation's, about


class Rounds:
    """Questions, a row each: those for lists come first.

    began: another copy of the model, which stays as it is. rows: see `GroupTrainer`.
    """

    def __init__(
        self,
        run: Run,
        stage: PreferenceStage,
        method: Grpo,
        neo: NeoModel,
        questions: Questions,
        began: PreTrainedModel,
    ) -> None:
        self.neo, self.questions, self.began, self.method = neo, questions, began, method
        self.tokens, self.seed, self.say = stage.tokens, run.config.seed + stage.seed, run.say
        self.vocabulary = neo.bundle.vocabulary
        self.codebooks = run.codebooks(self.vocabulary)
        self.drawer = Drawer(neo, run.known, run.visible, stage.drawn, stage.rewards, method.temperature)
        for model in (neo.bundle.model, began):
            if (soft := soft_prompt_of(model)) is not None and questions.vectors is not None:
                soft.source = questions.vectors
        self.prompts = [self._opened(one) for one in questions.lists]
        lengths = [len(prompt) + NODES * K * stage.drawn for prompt in self.prompts]
        why = (asked_why(neo, *one.why) for one in questions.texts)
        lengths += [len(request.prompt) + WORDS * stage.drawn for request in why]
        ids = [[self.vocabulary.pad]] * len(lengths)  # the trainer looks for some; a group has its own
        self.rows = Rows.from_dict({"input_ids": ids, "place": range(len(lengths)), "length": lengths})

    def draw(self, rows: Sequence[int], step: int) -> dict[int, Group]:
        """The groups of some rows, in ascending order, as they are drawn at a step."""
        first, asked = len(self.questions.lists), self.questions
        lists, texts = [row for row in rows if row < first], [row for row in rows if row >= first]
        model, seed = self.neo.bundle.model, int(np.random.default_rng([self.seed, 10, step]).integers(1 << 31))
        with answering(model, asked.vectors):
            prompts = [self.prompts[row] for row in lists]
            listed = self.drawer.lists([asked.lists[row] for row in lists], prompts, seed)
            told = self.drawer.texts([asked.texts[row - first] for row in texts], seed)
            groups = {
                row: group for row, group in zip((*lists, *texts), (*listed, *told), strict=True) if len(group.tree)
            }
            self._remember(model, "was", list(groups.values()))
        self._remember(self.began, "began", list(groups.values()))
        self.say(f"step {step}, drawn: {_mean('lists', listed)}{_mean('explanations', told)}")
        return groups

    def _remember(self, model: PreTrainedModel, name: str, groups: Sequence[Group]) -> None:
        codebooks = self.codebooks.to(model.device)
        found = remembered(model, self.vocabulary, codebooks, groups, self.tokens, self.method.temperature)
        for group, known in zip(groups, found, strict=True):
            setattr(group, name, known)

    def _opened(self, one: Asked) -> list[int]:
        """The prompt of a list, as `NeoModel.recommend` asks for it."""
        name, context = self.neo.bundle.catalog.type_names[one.type_code], one.context
        vectors = [context.vector]
        (prompt,) = self.neo.recommend_prompts([context.history], [context.about], name, vectors=vectors)
        return self.neo.opened(prompt)


def _mean(name: str, groups: Sequence[Group]) -> str:
    worth = [value for group in groups for value in group.worth]
    return f"  {name} {np.mean(worth):.4f}" if worth else ""
