"""A mixed-membership recurrent network: what a listener turns to drifts with each event, and back with time.

After Fazelnia, Ibrahim, Modarres, Wu and Paisley, "Mixed Membership Recurrent Neural Networks" (2018): a dynamic
topic model of grouped sequences. Topics are fixed distributions over items; a listener's mixture of them follows
from a recurrent state, which in the time between two events reverts to a base of the listener's own. Ours differs
in small things: a gated cell, an exponential reversion with a learned rate for each dimension of the state, and
a Gaussian prior that ties the bases to their mean.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from neo.baselines.fitting import Fitting, Say, SequenceModel, fit, seeded
from neo.baselines.popularity import Popularity
from neo.baselines.scoring import check_k, rank_scores
from neo.baselines.sequences import Batch, hold_back, of_histories, windows
from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo_sdk.errors import InvalidRequestError

# Starter world, validation week, HR@10 of shows / episodes / audiobooks: .266 / .210 / .230 in 110 s of one busy core,
# seed 1 .264 / .190 / .229. A tenth held back: .259 / .190 / .226, seed 1 .274 / .200 / .237; that with a prior of 3:
# .271 / .181 / .230, seed 1 .264 / .207 / .226. The base knows the long past, so that a short window will do; with 100
# events an epoch takes about twice as long.
WIDTH, TOPICS, LENGTH, PRIOR, DROPOUT = 64, 256, 32, 1.0, 0.2
FITTING = Fitting(learning_rate=0.03, weight_decay=0.0, tokens=2048, steps=1500)
FASTEST, SLOWEST = 24.0, 0.02  # the rates of reversion to begin with, from once an hour to once in 50 days
BATCH = 256


class MembershipRnn:
    """One sequence of all types with its times; who listens matters, and how long ago."""

    name = "membership RNN"

    def __init__(self, model: MembershipModel, fallback: Popularity) -> None:
        """`fallback` decides among equals."""
        self.model = model.eval()
        self.fallback = fallback

    @classmethod
    def fit(
        cls,
        events: Events,
        catalog: Catalog,
        fallback: Popularity,
        *,
        seed: int = 0,
        width: int = WIDTH,
        topics: int = TOPICS,
        length: int = LENGTH,
        prior: float = PRIOR,
        dropout: float = DROPOUT,
        fitting: Fitting = FITTING,
        say: Say = lambda line: None,
    ) -> MembershipRnn:
        """`length`: how many events are looked at. `prior`: the precision of the bases around their mean; the higher,
        the more alike listeners are. `say` gets a line of progress now and then.
        """
        with seeded(seed):
            left, held_back = hold_back(events, length, fitting.hold_back, seed)
            training, counts = windows(left, length), np.bincount(left.item, minlength=len(catalog))
            pieces = np.bincount(training.listeners, minlength=events.n_listeners)
            model = MembershipModel(counts, pieces, width, topics, length, prior, dropout)
            fit(model, training, held_back, fitting, seed, lambda line: say(f"membership RNN: {line}"))
        return cls(model, fallback)

    @torch.inference_mode()
    def rank_timed(
        self,
        listeners: Sequence[int],
        histories: Sequence[np.ndarray],
        times: Sequence[np.ndarray],
        type_name: str,
        k: int,
        now: int,
    ) -> list[np.ndarray]:
        """For each history at most `k` rows of the type, best first, as of the time `now` (seconds).

        `histories`: catalog rows of any type, oldest first; `times`: int64 seconds, one an event. Items of the
        history are left out. A listener without events before the cut, and -1, have the mean of all bases.
        Raises InvalidRequestError where the columns don't fit together.
        """
        check_k(k)
        if [len(history) for history in histories] != [len(when) for when in times] or len(listeners) != len(times):
            raise InvalidRequestError("listeners, histories and times differ in length, expected one time an event")
        order = self.fallback.order(type_name)
        chances = self.model.topics.log_softmax(dim=1).exp()[:, torch.from_numpy(order)]
        ranked: list[np.ndarray] = []
        for start in range(0, len(histories), BATCH):
            part = slice(start, start + BATCH)
            # What comes next is an event at `now` whose item is not known: the row 0 that stands for it is not read.
            pasts = [np.append(history, 0) for history in histories[part]]
            when = [np.append(time, now) for time in times[part]]
            sequences = of_histories(pasts, self.model.length + 1, when, listeners[part])
            memberships = self.model.log_memberships(sequences.batch(np.arange(len(sequences)))).exp()
            ranked += rank_scores((memberships @ chances).numpy(), order, histories[part], k)
        return ranked


class MembershipModel(SequenceModel):
    """State, memberships, topics. Listener rows from 0; what is not among them has the mean base."""

    def __init__(
        self, counts: np.ndarray, pieces: np.ndarray, width: int, topics: int, length: int, prior: float, dropout: float
    ) -> None:
        """`counts` int64[n_items]: how often each item was met; the topics begin as that, with noise.

        `pieces` int64[n_listeners]: in how many sequences each listener's events are trained on.
        """
        super().__init__()
        self.length, self.prior = length, prior
        self.items = nn.Embedding(len(counts), width)
        self.cell = nn.GRUCell(width, width)
        self.base = nn.Parameter(torch.zeros(width))
        self.pieces = torch.from_numpy(pieces)
        self.offsets = nn.Parameter(torch.zeros(max(len(pieces), 1), width))
        self.log_rates = nn.Parameter(torch.linspace(float(np.log(SLOWEST)), float(np.log(FASTEST)), width))
        self.dropout = nn.Dropout(dropout)
        self.read = nn.Linear(width, topics)
        self.topics = nn.Parameter(torch.randn(topics, len(counts)) + torch.from_numpy(counts + 1.0).float().log())

    def offset(self, listeners: torch.Tensor) -> torch.Tensor:
        """float32[b, width]: how far each base is from the mean; exactly 0 for a listener not fitted."""
        known = (listeners >= 0) & (listeners < len(self.offsets))
        return self.offsets[listeners * known] * known.unsqueeze(1)

    def log_memberships(self, batch: Batch) -> torch.Tensor:
        """float32[number of wanted events, topics]: the mixture of topics just before each wanted event.

        The first event of a sequence meets the base; each later one the state that the events before it left,
        e^(-rate x days) of the way from the base.
        """
        base = self.base + self.offset(batch.listeners)
        keep = torch.exp(-self.log_rates.exp() * batch.gaps.unsqueeze(2))
        inputs = self.dropout(self.items(batch.items))
        state, states = base, []
        for step in range(batch.items.shape[1]):
            state = base + keep[:, step] * (state - base)
            states.append(state)
            state = self.cell(inputs[:, step], state)
        return F.log_softmax(self.read(self.dropout(torch.stack(states, dim=1)[batch.wanted])), dim=1)

    def losses(self, batch: Batch) -> torch.Tensor:
        """-log sum over topics of membership x chance of the item in the topic; in training, with the prior.

        A listener's prior counts once, however many sequences their events fill.
        """
        chances = self.topics.log_softmax(dim=1).T[batch.items[batch.wanted]]
        losses = -torch.logsumexp(self.log_memberships(batch) + chances, dim=1)
        if not self.training:
            return losses
        size = self.prior / 2 * self.offset(batch.listeners).square().sum(dim=1)
        each = size / self.pieces[batch.listeners] / batch.wanted.sum(dim=1)
        return losses + each.unsqueeze(1).expand_as(batch.wanted)[batch.wanted]
