"""What tells document types apart: made of captures of pages, the same in the host."""

import json
from pathlib import Path

import numpy as np
import pytest

from dossier_training.document_types import DOCUMENT_TYPES
from dossier_training.identification import embedding, fit, prototypes
from dossier_training.identification.captures import ALL_LEVELS, captured
from dossier_training.identification.embedding import Directions, Encoder

ADAPTERS = Path(__file__).parents[2]
BASE = ADAPTERS / "base/dossier-small"


def test_what_differs_between_captures_of_a_page_counts_little():
    rng = np.random.default_rng(1)
    pages = np.repeat(np.arange(60), 4)
    # The first number of each cell tells pages apart, the second is as large and tells captures apart.
    cells = np.stack([rng.normal(size=60)[pages], rng.normal(size=240)], axis=1)[:, None, :] + 0.01 * rng.normal(size=(240, 48, 2))
    found = embedding.fitted(cells, pages, 2, 4)
    made = found.of(cells)
    assert np.allclose(np.linalg.norm(made, axis=1), 1)
    same = np.mean([made[4 * page] @ made[4 * page + 1] for page in range(60)])
    others = np.mean([made[4 * page] @ made[(4 * page + 4) % 240] for page in range(60)])
    assert same > 0.6 and others < 0.3


def test_directions_are_read_as_they_were_written(tmp_path):
    rng = np.random.default_rng(2)
    written = Directions(rng.normal(size=(4, 2)), rng.normal(size=(8, 6, 2)), rng.normal(size=(96, 5)))
    written.save(tmp_path, {"likeness": 1.0, "lead": 2.0, "intercept": -3.0, "apart": 4.0})
    cells = rng.normal(size=(3, 48, 4))
    assert np.allclose(Directions.read(tmp_path).of(cells), written.of(cells), atol=1e-2)
    assert json.loads((tmp_path / "type_embedding.json").read_text())["apart"] == 4.0
    assert embedding.has_directions(tmp_path) and embedding.digest(tmp_path) != embedding.digest(BASE)


def test_who_is_sure_is_like_one_type_and_no_other():
    likeness = np.array([[0.9, 0.1, -0.2], [0.5, 0.6, 0.0], [0.2, 0.1, 0.3]])
    right, first, lead = fit.standing(likeness, np.array([0, 0, 2]))
    assert right.tolist() == [True, False, True]
    assert np.allclose(first, [0.9, 0.6, 0.3]) and np.allclose(lead, [0.8, 0.1, 0.1])
    assert fit.without_own(likeness, np.array([0, 0, 2]))[0].tolist() == [-1.0, 0.1, -0.2]
    weights = fit.logistic(np.array([[0.9], [0.8], [0.7], [0.2], [0.1], [0.0]]), np.array([1, 1, 1, 0, 0, 0], dtype=bool))
    assert weights[0] > 0 and 0.2 < -weights[1] / weights[0] < 0.7


def test_a_lead_says_the_more_the_rarer_it_is_wrong():
    often = np.array([[0.5, 0.4], [0.5, 0.4], [0.4, 0.5]])
    own = np.zeros(3, dtype=int)
    assert np.isclose(fit.apart(often, own), np.log(2) / 0.1, rtol=0.2)
    assert fit.apart(np.array([[0.5, 0.4]] * 20 + [[0.4, 0.5]]), np.zeros(21, dtype=int)) > fit.apart(often, own)


@pytest.mark.parametrize("document_type", ["utopia/passport/2024", "helvetara/id-card/2015"])
def test_shipped_prototypes_are_of_the_shipped_base(document_type):
    shipped = json.loads((ADAPTERS / document_type / prototypes.PROTOTYPES).read_text())
    assert shipped["embedding"] == embedding.digest(BASE)
    rng = np.random.default_rng(3)
    page = DOCUMENT_TYPES[document_type](rng).pages[0]
    made = Directions.read(BASE).of(Encoder(BASE).cells(captured(page, level, rng) for level in ALL_LEVELS))
    likeness = made @ np.array(shipped["prototypes"]).T
    assert likeness.min() > 0.3 and likeness.mean() > 0.6
