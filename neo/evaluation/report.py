"""What an evaluation found, as data: one row for each method, task and group of cases, and what reruns it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from neo.catalog.strict import Strict
from neo.evaluation.discovery_report import CodeShare, ModeResult
from neo.evaluation.machine import Machine
from neo.evaluation.metrics import Estimate
from neo.evaluation.obedience import Steering
from neo.evaluation.sign_test import Versus
from neo.evaluation.spread import Spread
from neo.evaluation.text_report import Texts
from neo.listeners.familiarity import Familiarity
from neo_sdk.errors import InvalidRequestError

ORACLE = "oracle"
NEO = "NEO"  # what the names of our own methods begin with
ALL = "all"
Task = Literal["recommend", "search"]
Activity = Literal["quiet", "busy"]


class Setting(Strict):
    """What was asked, of what, and from which seed.

    A protocol in time has a cut and a horizon; leave-one-out has neither, but a longest history, and the number of last
    items that were withheld from each listener. `events_before_cut` and `searches_before_cut` count what could be
    learned from, under either; `untimed_searches` are those of the latter that have no time, and are known because
    their query is not asked for.
    """

    protocol: Literal["time", "leave_one_out"] = "time"
    split: str
    cut: int | None
    horizon_days: float | None
    history: int | None = None
    withheld: int | None = None
    seed: int
    ks: tuple[int, ...]
    items: dict[str, int]
    listeners: int
    events_before_cut: int
    searches_before_cut: int
    untimed_searches: int = 0


class Result(Strict):
    """One method on one group of cases.

    `group` is an item type for recommendation; a kind of query, or "all", for search. `listeners` is "new"
    for the slice of listeners with fewer than 5 events; "quiet" or "busy" for the third of the others' cases with the
    fewest events before them, and with the most; or says how well they know what is asked for. `metrics`
    maps HR@10 and so on to a mean with its 95% interval; `share_of_oracle` to the mean divided by the oracle's on
    the same cases, where there is an oracle above 0.
    """

    method: str
    task: Task
    group: str
    listeners: Literal["all", "new"] | Activity | Familiarity = "all"
    n: int
    metrics: dict[str, Estimate]
    share_of_oracle: dict[str, float] = Field(default_factory=dict)


class Report(Strict):
    """`seconds`: what ranking took, by method and task; `fit_seconds`: fitting, where it was done for the report.

    `methods` keep the order they were given in. `peak_gb`: of the whole process, what was fitted and loaded included.
    """

    setting: Setting
    machine: Machine
    methods: tuple[str, ...]
    results: tuple[Result, ...]
    seconds: dict[str, dict[Task, float]]
    fit_seconds: dict[str, float] = Field(default_factory=dict)
    peak_gb: float | None = None
    steering: Steering | None = None
    texts: Texts | None = None
    versus: tuple[Versus, ...] = ()
    spread: tuple[Spread, ...] = ()
    modes: tuple[ModeResult, ...] = ()
    codes: tuple[CodeShare, ...] = ()

    def find(self, method: str, task: Task, group: str, listeners: str = "all") -> Result | None:
        """The row of a method for a group, None where it was not measured."""
        wanted = (method, task, group, listeners)
        return next((r for r in self.results if (r.method, r.task, r.group, r.listeners) == wanted), None)

    def value(self, method: str, task: Task, group: str, metric: str) -> float | None:
        """For example `value("NEO", "recommend", "show", "NDCG@10")`."""
        found = self.find(method, task, group)
        return found.metrics[metric].value if found is not None and metric in found.metrics else None

    def groups(self, task: Task, listeners: str = "all") -> tuple[str, ...]:
        """Item types or query kinds that have cases, in order of first appearance."""
        return tuple(dict.fromkeys(r.group for r in self.results if r.task == task and r.listeners == listeners))

    def save(self, path: str | Path) -> None:
        """Writes the report as JSON."""
        text = json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False, allow_nan=False)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Report:
        """Reads what `save` wrote. Raises InvalidRequestError for a file that is no report."""
        try:
            return cls.model_validate_json(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ValidationError) as error:
            raise InvalidRequestError(f"{path} is not a report that can be read: {error}") from error


def with_shares(results: list[Result]) -> tuple[Result, ...]:
    """The results, each with its share of what the oracle reaches on the same cases."""
    ceilings = {(r.task, r.group, r.listeners): r for r in results if r.method == ORACLE}
    shared = []
    for result in results:
        ceiling = ceilings.get((result.task, result.group, result.listeners))
        if result.method != ORACLE and ceiling is not None:
            tops = {name: estimate.value for name, estimate in ceiling.metrics.items() if estimate.value > 0}
            shares = {name: result.metrics[name].value / top for name, top in tops.items()}
            result = result.model_copy(update={"share_of_oracle": shares})
        shared.append(result)
    return tuple(shared)
