"""Groups of answers to one request, drawn by the decoder that answers, and what each of their choices was worth.

A list of items is as many choices as it has items. What a choice gained is what the list's reward gained by it and by
all that came after it, less the mean of that over the group at this place of the list: what was named before it has
nothing to do with it, so leaving that out takes nothing from the gradient but noise. A choice in an explanation is a
token, and all of them gain what the whole is worth, less the mean of the group.

No gain is divided by the spread of its group, and no answer's by its length (Liu et al. 2025, "Understanding
R1-Zero-Like Training", arXiv 2503.20783): a group in which all are nearly alike would count like any other, and what is
wrong at length less than what is wrong in short.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from neo.catalog.activity import Dataset
from neo.decoding.beam import search_context
from neo.decoding.context import read
from neo.decoding.index import SidIndex, TypeIndex
from neo.decoding.lookup import Lookup
from neo.decoding.loops import third_time
from neo.decoding.request import ScoredItem, SpanRequest
from neo.decoding.sampling import Sampling
from neo.model.neo_model import NeoModel
from neo.training.preference.asked import Asked
from neo.training.preference.cases import K, Told, explanations
from neo.training.preference.groups import Group
from neo.training.preference.rewards import Rewards, place_rewards, truth
from neo.training.preference.tree import Tree

AT_ONCE = 16  # prompts that are read together


class Drawer:
    """Draws groups from a model as it is now."""

    def __init__(
        self,
        neo: NeoModel,
        dataset: Dataset,
        visible: np.ndarray,
        drawn: int,
        rewards: Rewards,
        temperature: float = 1.0,
    ) -> None:
        """visible: catalog rows that may be named; drawn: answers of a group; temperature: of lists."""
        self.neo, self.dataset, self.drawn, self.rewards, self.temperature = neo, dataset, drawn, rewards, temperature
        known = np.isin(np.arange(len(dataset.catalog)), visible)
        self.index = neo.index.filtered(known)

    def lists(self, asked: Sequence[Asked], prompts: Sequence[list[int]], seed: int) -> list[Group]:
        """For each prompt, which ends where an item may come, lists of K items drawn without replacement."""
        model, vocabulary = self.neo.bundle.model, self.neo.bundle.vocabulary
        sampling, found = Sampling(self.temperature, generator=torch.Generator().manual_seed(seed)), []
        for start in range(0, len(asked), AT_ONCE):
            some = asked[start : start + AT_ONCE]
            requests = [self._request(one) for one in some]
            context = read(model, prompts[start : start + AT_ONCE], vocabulary.pad)
            again = [place for place in range(len(some)) for _ in range(self.drawn)]
            lists = search_context(model, vocabulary, context.only(again), [requests[at] for at in again], sampling)
            for place, one in enumerate(some):
                mine = lists[place * self.drawn : (place + 1) * self.drawn]
                found.append(self._group(one, list(prompts[start + place]), requests[place].index, mine))
        return found

    def texts(self, asked: Sequence[Asked], seed: int) -> list[Group]:
        """Explanations of what each listener met next."""
        told = explanations(self.neo, [one.why for one in asked for _ in range(self.drawn)], 1.0, seed)
        return [self._of_texts(told[at * self.drawn : (at + 1) * self.drawn]) for at in range(len(asked))]

    def _request(self, one: Asked) -> SpanRequest:
        """As the listener would ask: of the type, what they had not met by then."""
        moment, name = one.moment, self.dataset.catalog.type_names[one.type_code]
        events = self.dataset.events
        heard = events.history(moment.listener)[events.times(moment.listener) < moment.when]
        left = self.index.only([name]).without_rows(self.neo.bundle.sids.table, np.unique(heard))
        return SpanRequest((name,), left, K, K)

    def _group(self, one: Asked, prompt: list[int], left: SidIndex, lists: Sequence[Sequence[ScoredItem]]) -> Group:
        catalog, table, moment = self.neo.bundle.catalog, self.neo.bundle.sids.table, one.moment
        lists = [sorted(items, key=lambda item: -item.value) for items in lists]  # as they were drawn
        met, history = set(moment.upcoming), np.array(moment.history, dtype=np.int64)
        values = [
            place_rewards(rows, met, history, catalog.parent_rows, table, self.rewards, K)
            for rows in (np.array([item.row for item in items], dtype=np.int64) for items in lists)
        ]
        tree = Tree()
        places = self._paths(tree, left, lists)
        return Group(prompt, tree, True, places, list_gains(values), [float(value.sum()) for value in values])

    def _paths(self, tree: Tree, left: SidIndex, lists: Sequence[Sequence[ScoredItem]]) -> list[list[list[int]]]:
        """Of each item of each list the nodes of its codes."""
        vocabulary, (name,) = self.neo.bundle.vocabulary, left.types
        starts = [vocabulary.code_start(name, level) for level in range(vocabulary.levels)]
        among = leading_on(left.of(name), [item.codes for items in lists for item in items], starts)
        found = []
        for items in lists:
            paths = []
            for item in items:
                parent, path = -1, list[int]()
                for level, code in enumerate(item.codes):
                    parent = tree.child(parent, starts[level] + code, among[item.codes[:level]])
                    path.append(parent)
                paths.append(path)
            found.append(paths)
        return found

    def _of_texts(self, told: Sequence[Told]) -> Group:
        vocabulary, tree, places = self.neo.bundle.vocabulary, Tree(), []
        for one in told:
            parent, mine = -1, []
            for at, token in enumerate((*one.said, *([vocabulary.end] if one.whole else []))):
                barred = third_time(one.said[:at], vocabulary.decode)
                parent = tree.child(parent, token, barred=sorted(barred))
                mine.append([parent])
            places.append(mine)
        worth = [self.rewards.truth * truth(one.checked) for one in told]
        mean = sum(worth) / len(worth)
        gains = [[value - mean] * len(mine) for value, mine in zip(worth, places, strict=True)]
        return Group(list(told[0].prompt), tree, False, places, gains, worth)


def leading_on(
    part: TypeIndex, items: Sequence[tuple[int, ...]], starts: Sequence[int]
) -> dict[tuple[int, ...], list[int]]:
    """For each beginning of these items' codes the tokens that lead on to an item. starts: code 0 of each level."""
    lookup, found = Lookup([part]), dict[tuple[int, ...], list[int]]()
    for level, start in enumerate(starts):
        begun = sorted({codes[:level] for codes in items})
        keys = [sum(code << part.base.bits * place for place, code in enumerate(reversed(codes))) for codes in begun]
        prefixes = torch.tensor(keys, dtype=torch.int64, device=part.gone.device)
        allowed = lookup.allowed(torch.zeros_like(prefixes), prefixes, level).cpu()
        for codes, leads in zip(begun, allowed, strict=True):
            found[codes] = (start + leads.nonzero()[:, 0]).tolist()
    return found


def list_gains(values: Sequence[np.ndarray]) -> list[list[float]]:
    """From what each place of each list of a group adds: what it and those after it add, less the group's mean of
    that. Of lists of different lengths, none of which can be longer, what is not there adds nothing."""
    longest = max(map(len, values))
    padded = np.array([np.pad(value, (0, longest - len(value))) for value in values])
    coming = padded[:, ::-1].cumsum(axis=1)[:, ::-1]
    left = coming - coming.mean(axis=0)
    return [row[: len(value)].tolist() for row, value in zip(left, values, strict=True)]
