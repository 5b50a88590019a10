"""Who asks, and which items may be named to them: by type, filter, mode and what their words plainly wish for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from neo.catalog.activity import Meeting
from neo.catalog.item_types import ItemType
from neo.decoding.index import SidIndex
from neo.language.reading_most import Most
from neo.language.said import Said, Wished
from neo.language.wishes import Wish
from neo.model.bundle import Bundle
from neo.model.candidates import Candidates, every_type
from neo.model.discovery import Discovery
from neo.model.keeping import less
from neo.model.listener import NOTHING, Asker, asker, item_rows
from neo.model.requests import filter_from, one_id
from neo.model.speaking import Speaking
from neo_sdk.types import Filter

MODES_SAID = {"familiar": "that you know", "unfamiliar": "that is new to you"}
Filtering = Filter | Mapping[str, Any] | None
Later = Callable[[str], Sequence[Meeting]]


class Choosing(Speaking):
    """A bundle, and what may be named of it.

    later: what a listener, by their id, did since the bundle was made.
    """

    def __init__(self, bundle: Bundle, later: Later = lambda listener: ()) -> None:
        super().__init__(bundle)
        self.later = later

    def _asker(self, listener: str | None, history: Sequence[str] | None, long_term: bool = True) -> Asker:
        later = self.later(one_id("listener", listener)) if listener is not None else ()
        return asker(self.bundle, listener, history, long_term, later)

    def _choose(
        self,
        asked: tuple[ItemType, ...],
        who: Asker,
        exclude_heard: bool,
        filter: Filtering,
        within: Sequence[str] | None,
        exclude: Sequence[str],
        found: Discovery | None = None,
        named: np.ndarray = NOTHING,
        wishes: tuple[Wish, ...] = (),
        unsaid: tuple[Wish, ...] = (),
        count: int = 1,
    ) -> Candidates:
        """unsaid: wishes that go without saying, where as many items as are asked for grant them too."""
        asked_for, excluded = filter_from(filter), item_rows(self.bundle, "exclude", exclude)
        given = {"type": True, "within": within is not None, "exclude": len(excluded) > 0}
        in_words = found is not None and found.in_words
        given["mode"] = found is not None and found.mode != "any" and not in_words
        given |= {f"filter.{name}": True for name in (asked_for or Filter()).model_dump(exclude_defaults=True)}
        given |= {f"words: {wish}": True for wish in wishes}
        given |= {f"words: {found.mode}": True} if found is not None and in_words else {}
        heard = who.heard if exclude_heard else NOTHING
        if found is not None and found.familiar is not None:
            # A show is familiar because it was met: to leave it out would leave nothing.
            heard = heard[self.bundle.catalog.parent_rows[heard] >= 0]
        choice = Candidates.choose(
            self.index,
            self.bundle.sids.table,
            asked,
            heard=heard,
            named=named,
            excluded=excluded,
            within=None if within is None else item_rows(self.bundle, "within", within),
            passing=None
            if asked_for is None and not (wishes or unsaid)
            else self.passing(asked_for, (*wishes, *unsaid)),
            familiar=None if found is None else found.familiar,
            met=NOTHING if found is None else found.met,
            guaranteed=tuple(name for name, narrows in given.items() if narrows),
        )
        if unsaid and len(choice) < count:
            anywhere = self._choose(asked, who, exclude_heard, filter, within, exclude, found, named, wishes)
            if not anywhere.let_go:
                return anywhere
        if len(choice) or not (wishes or in_words):
            return choice
        # Said and not to be had, or not meant so: what comes nearest is more than nothing.
        rest, mode = less(wishes), found
        if rest == wishes:
            rest, mode = (wishes, None) if in_words else ((), found)
        nearer = self._choose(asked, who, exclude_heard, filter, within, exclude, mode, named, rest, unsaid, count)
        gone = [str(wish) for wish in wishes if wish not in rest]
        gone += [found.mode] if found is not None and mode is not found else []
        every = [*map(str, wishes), *([found.mode] if found is not None and in_words else [])]
        warning = f"There is nothing {', '.join(every)} to name: the answer is not kept to {', '.join(gone)}."
        missed = [wish.phrase for wish in wishes if wish not in rest and not wish.avoid]
        missed += [MODES_SAID[found.mode]] if found is not None and mode is not found else []
        let_go = tuple(dict.fromkeys((*missed, *nearer.let_go)))
        return replace(nearer, warnings=(warning, *nearer.warnings), let_go=let_go)

    def _understood(self, who: Asker, said: Said, filter: Filtering) -> tuple[Wish, ...]:
        """That it is in a language that who asks has met, where they have met some and say nothing of it."""
        asked, wishes = filter_from(filter), (*said.wishes, *(wish for part in said.parts for wish in part.wishes))
        if any(wish.aspect == "language" for wish in wishes) or (asked is not None and asked.languages is not None):
            return ()
        column = self.bundle.catalog.column("language")
        tags = Counter(column[row].as_py() for row in who.context.history)
        known = sorted({re.split("[-_]", tag)[0].lower() for tag, times in tags.items() if tag and times > 1})
        return (Wish("language", "|".join((*known, ""))),) if known else ()

    def _extreme(self, choice: Candidates, most: Most | None, count: int) -> Candidates:
        """What of it is most so: as many as are asked for, of those whose field says how much so they are."""
        if most is None or not len(choice):
            return choice
        rows = [part.rows.numpy(force=True) for part in choice.index.types.values()]
        every, catalog = np.sort(np.concatenate(rows)), self.bundle.catalog
        match most:
            case "shortest" | "longest":
                durations = catalog.fields.durations[every].astype(np.float64)
                values = np.where(durations > 0, durations, np.nan)
            case "newest" | "oldest":
                days = catalog.released[every]
                values = np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(np.float64))
            case "most popular":
                values = catalog.column("popularity").to_numpy()[every].astype(np.float64)
        known = ~np.isnan(values)
        order = np.argsort(values[known] if most in ("shortest", "oldest") else -values[known], kind="stable")
        if not len(order):
            return choice
        index = choice.index.among(self.bundle.sids.table, every[known][order[:count]])
        return replace(choice, index=index, guaranteed=(*choice.guaranteed, f"words: {most}"))

    def _choose_each(
        self,
        parts: Sequence[Wished],
        who: Asker,
        exclude_heard: bool,
        filter: Filtering,
        found: Discovery | None,
        named: np.ndarray,
        wishes: tuple[Wish, ...],
        unsaid: tuple[Wish, ...] = (),
    ) -> tuple[Candidates, tuple[SidIndex, ...]]:
        """What the first item may be that is asked for, part by part, and what each of those after it may be.

        wishes: of all parts. What only may be meant to hold of a part goes before anything else does.
        """

        def choose(part: Wished, wished: Sequence[Wish]) -> Candidates:
            kind, every = every_type(self.bundle.catalog, [part.type]), tuple(dict.fromkeys((*wished, *wishes)))
            return self._choose(kind, who, exclude_heard, filter, None, (), found, named, every, unsaid, part.count)

        chosen, warnings = list[Candidates](), list[str]()
        for part in parts:
            choice = choose(part, (*part.wishes, *part.doubted))
            if part.doubted and choice.warnings:
                choice = choose(part, part.wishes)
            warnings += [*choice.warnings, *([choice.gap(self.bundle.catalog)] if len(choice) < part.count else [])]
            chosen.append(choice)
        of_all = [name for name in chosen[0].guaranteed if all(name in choice.guaranteed for choice in chosen)]
        own = [_kept(part, choice, of_all) for part, choice in zip(parts, chosen, strict=True)]
        guaranteed = (*dict.fromkeys(own), *(name for name in of_all if name != "type"))
        plan = [choice for part, choice in zip(parts, chosen, strict=True) for _ in range(part.count) if len(choice)]
        first, *then = plan or chosen[:1]
        let_go = tuple(dict.fromkeys(words for choice in chosen for words in choice.let_go))
        first = replace(first, guaranteed=guaranteed, warnings=tuple(dict.fromkeys(warnings)), let_go=let_go)
        return first, tuple(choice.index for choice in then)


def _kept(part: Wished, choice: Candidates, of_all: Sequence[str]) -> str:
    """What a part is kept to, beside what all are: `words: episodes: jazz and blues`."""
    kind = choice.asked[0]
    noun = kind.name if part.count == 1 else kind.plural
    return ": ".join(
        ["words", noun, *(name.removeprefix("words: ") for name in choice.guaranteed if name not in of_all)]
    )
