"""The model as the judge of what requests mean: it was trained to say it, and is asked before it answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock

import torch
from transformers import PreTrainedModel

from neo.decoding.context import head_logits, position_limit, read
from neo.language.judging import Chances, Question, first_tokens, question
from neo.language.render import Renderer
from neo.language.segments import Turn

JUDGED = 4096  # answers at hand: a conversation's earlier requests are asked of again with each new one


class OwnJudge:
    """Asks the model for the first token of each answer that there may be: one pass over a text of a line or two."""

    def __init__(self, model: PreTrainedModel, renderer: Renderer) -> None:
        self.model, self.renderer = model, renderer
        self._asking = Lock()
        self._answered = lru_cache(JUDGED)(self._answer)

    def aim(self, text: str) -> Chances:
        return self._answered("aim", text, ())[0]

    def mode(self, text: str) -> Chances:
        return self._answered("mode", text, ())[0]

    def numbers(self, text: str, numbers: Sequence[re.Match[str]]) -> list[float]:
        found = self._answered("number", text, tuple(number.span("number") for number in numbers))
        return [chances["asked"] for chances in found]

    @torch.inference_mode()
    def _answer(self, kind: Question, text: str, numbers: tuple[tuple[int, int], ...]) -> list[Chances]:
        """To a question about a text, or about each of its numbers."""
        asked = [question(kind, text, number) for number in numbers] if numbers else [question(kind, text)]
        vocabulary, most = self.renderer.vocabulary, position_limit(self.model)
        prompts = [self.renderer.prompt([Turn(request)])[-most:] for request in asked]
        said = first_tokens(vocabulary.encode, kind)
        with self._asking:
            hidden = read(self.model, prompts, vocabulary.pad).hidden
        logits = [head_logits(self.model, hidden, token, token + 1) for token in said.values()]
        chances = torch.cat(logits, -1).softmax(-1).tolist()
        return [dict(zip(said, row, strict=True)) for row in chances]
