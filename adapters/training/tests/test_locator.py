"""Scenes with documents in them, and the network that marks their corners."""

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from dossier_training.locate import grounds
from dossier_training.locate.export import export, folded
from dossier_training.locate.finding import documents
from dossier_training.locate.network import Locator
from dossier_training.locate.scenes import SIDE, Faces, Scene, scenes
from dossier_training.locate.train_locator import offset_losses, targets
from dossier_training.train_encoder import normalise


@pytest.fixture
def photographs(tmp_path, monkeypatch):
    """A wallpaper, so that none has to be installed."""
    pixels = np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "ground.png")
    monkeypatch.setattr(grounds, "_photographs", lambda: (tmp_path / "ground.png",))


def _logits(chances: np.ndarray) -> torch.Tensor:
    clipped = np.clip(chances, 1e-4, 1 - 1e-4)
    return torch.from_numpy(np.log(clipped / (1 - clipped)))


def test_what_is_taught_is_what_is_found(photographs):
    rng = np.random.default_rng(1)
    faces, seen = Faces(rng, kept=4), 0
    for _ in range(12):
        for scene in scenes(rng, faces):
            taught = targets(scene)
            # A network that begins at the corner before the one that is read first.
            offsets, first = torch.from_numpy(np.roll(taught["offsets"], 2, axis=0)), torch.zeros(4, 32, 32)
            first[1] = 1.0
            found = documents(_logits(taught["middle"]), offsets, first, _logits(taught["corner"]))
            assert len(found) == len(scene.corners)
            for corners in scene.corners:
                best = min(found, key=lambda one: np.abs(one.corners - corners).max())
                assert np.abs(best.corners - corners).max() < 2.0
                seen += 1
    assert seen > 20


def test_a_quarter_turn_moves_corners_with_the_picture(photographs):
    """The corner that is taught as the first is the same corner of the same document in every view."""
    rng = np.random.default_rng(2)
    faces = Faces(rng, kept=4)
    for _ in range(6):
        views = scenes(rng, faces, views=4)
        for view in views[1:]:
            for here, there in zip(views[0].corners, view.corners, strict=True):
                turned = here
                for _ in range(4):
                    if np.allclose(turned, there, atol=1e-3):
                        break
                    turned = np.stack([turned[:, 1], SIDE - turned[:, 0]], axis=-1)
                assert np.allclose(turned, there, atol=1e-3)


def test_a_picture_without_a_document_teaches_none():
    taught = targets(Scene(np.zeros((SIDE, SIDE, 3), np.uint8), np.zeros((0, 4, 2), np.float32)))
    assert taught["middle"].max() == taught["corner"].max() == taught["counted"].max() == 0


@pytest.mark.parametrize("begins", range(4))
def test_corners_count_from_whichever_the_network_begins_at(photographs, begins):
    rng = np.random.default_rng(3)
    scene = next(one for one in scenes(rng, Faces(rng, kept=2)) if len(one.corners))
    batch = {name: torch.from_numpy(part)[None] for name, part in targets(scene).items()}
    first = torch.full((1, 4, 32, 32), -9.0)
    first[:, begins] = 9.0
    where, begun, rates = offset_losses(batch["offsets"].roll(2 * begins, dims=1), first, batch)
    assert where.item() < 1e-6 and begun.item() < 1e-3 and rates == {"pixels_off": 0.0, "begun_right": pytest.approx(1.0, abs=1e-4)}
    assert offset_losses(batch["offsets"] + 0.5, first, batch)[2]["pixels_off"] == pytest.approx(32, rel=0.01)


def test_folding_batch_norm_changes_no_answer(tmp_path):
    torch.manual_seed(0)
    model = Locator()
    pixels = normalise(torch.randint(0, 255, (4, 3, SIDE, SIDE), dtype=torch.uint8))
    model(pixels)
    model.eval()
    weights = folded(model)
    stem = model.stem
    expected = stem.norm(stem.conv(pixels))
    found = torch.nn.functional.conv2d(pixels, weights["stem.weight"], weights["stem.bias"], stride=2, padding=2)
    assert torch.allclose(expected, found, atol=1e-4)
    export(model, tmp_path)
    assert load_file(tmp_path / "model.safetensors").keys() == weights.keys()
