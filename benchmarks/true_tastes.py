"""What any listener's vector could be worth at most: the world's true tastes in its place.

    neo ablate benchmarks/listeners.yaml seed=S name=quickstart-S --json FILE
    python benchmarks/true_tastes.py FILE recipes/quickstart.yaml evaluation.cases=1000 evaluation.searches=1 \\
        seed=S name=quickstart-S-true [--json FILE]

The generator knows every listener's taste over subtopics and tones, how much they explore, follow and read: no model
of events can know more. That, in the listener vectors' form and width, is what this model is trained with and asked
with; everything else is as it is in FILE, whose tables are printed with one more row.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from unittest.mock import patch

import numpy as np
from segments import NEO, WITHOUT, markdown

from neo.catalog.activity import Events, Listeners
from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.people import People, make_people
from neo.catalog.starter.vocabulary import words
from neo.catalog.starter.world import interest_of_the_world
from neo.evaluation.neo_method import NeoMethod
from neo.listeners.model import ListenerModel, Vectors
from neo.model.neo_model import NeoModel
from neo.training.config import load_config
from neo.training.pipeline import measure
from neo.training.run import Run

TRUE = "the true tastes as the vector"


def people_of(config: WorldConfig) -> People:
    vocabulary = words()
    return make_people(config, vocabulary, interest_of_the_world(config, vocabulary))


def as_vectors(people: People, dim: int) -> np.ndarray:
    """float32 [listeners, dim]: the principal components of all that is true of them, of unit variance on average."""
    taste, chances = np.sqrt(people.taste), np.stack([people.explore, people.follows, people.books], axis=1)
    parts = [taste, people.tone, np.log(people.activity)[:, None], np.sqrt(chances)]
    # A taste is many numbers for one thing: each part counts as its spread does, and tones as tastes do.
    parts = [(part - part.mean(0)) / part.std(0).mean() / np.sqrt(part.shape[1]) for part in parts]
    parts[0] = parts[0] * 4  # what is played follows from the subtopics most of all
    every = np.concatenate(parts, axis=1)
    _, _, directions = np.linalg.svd(every, full_matrices=False)
    found = every @ directions[:dim].T
    found = np.pad(found, ((0, 0), (0, dim - found.shape[1])))
    return (found / found.std()).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("beside", type=Path)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("settings", nargs="+")
    parser.add_argument("--json", type=Path, help="FILE with the new row in it")
    options = parser.parse_args()
    run = Run(load_config(options.recipe, options.settings), print)
    world, listener = run.config.data.world, run.config.listener
    assert world is not None and listener is not None, "only a generated world knows the truth"
    truth = as_vectors(people_of(world), listener.dim)

    def told(
        self: ListenerModel, events: Events, who: np.ndarray, when: np.ndarray, listeners: Listeners, rows: np.ndarray
    ) -> Vectors:
        return Vectors(self.space, np.where(rows[:, None] >= 0, truth[rows], 0).astype(np.float32))

    with patch.object(ListenerModel, "vectors", told):
        run.all()
        method = NeoMethod(NeoModel.load(run.bundle_folder), run.config.evaluation.beams)
        report = measure(run, [method], print, baselines=False)
    found = json.loads(options.beside.read_text(encoding="utf-8"))
    kept = {name: found["reports"][name] for name in (NEO, WITHOUT)}
    found["reports"] = {**kept, TRUE: report.model_dump(mode="json")}
    made = options.json or run.folder / "true_tastes.json"
    made.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(markdown([made]))


if __name__ == "__main__":
    main()
