"""Print as it is: letters, typefaces, sheets, and what the next base is told of them."""

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dossier_training import vocabulary
from dossier_training.base_form import BaseForm
from dossier_training.checkpoints import base_digest
from dossier_training.factory import donut, pages
from dossier_training.factory.adapter import Order, make
from dossier_training.factory.pages import Teacher
from dossier_training.factory.settings import Training
from dossier_training.lessons import collate, decode_packed, text_losses
from dossier_training.page_form import PageForm
from dossier_training.train_encoder import normalise
from dossier_training.typeset import dense, forms, letters, phrases, strips, typefaces, zone_strips, zones
from dossier_training.typeset.export import export
from dossier_training.typeset.exposure import Exposure
from dossier_training.typeset.lessons import Mix, SheetLessons, lesson
from dossier_training.typeset.reader import begin_as, keep, new_reader, taught_by
from dossier_training.typeset.sheet import Ink, Sheet
from dossier_training.typeset.text_sheets import text_sheet

BASE = Path(__file__).parents[2] / "base/dossier-small"


def test_letters_only_add_to_the_present_vocabulary():
    present, following = vocabulary.PRESENT.tokens, letters.VOCABULARY.tokens
    assert following[: len(present)] == present
    assert len(set(following)) == len(following) <= letters.VOCABULARY.size


@pytest.mark.parametrize("text", ["Łódź", "Çeşme", "Șerban", "Nguyễn Thị Ánh", "Əliyev", "Þórður", "Αθήνα", "Київ", "Ђорђе", "Ħal Għaxaq"])
def test_letters_write_names_of_many_languages(text):
    assert letters.written(unicodedata.normalize("NFD", text)) == text
    assert letters.VOCABULARY.text(letters.VOCABULARY.text_ids(text)) == text


def test_twins_of_two_scripts_are_one_shape():
    assert letters.SHAPE_OF["А"] == letters.SHAPE_OF["A"] == letters.SHAPE_OF["Α"]
    assert letters.SHAPE_OF["Ж"] != letters.SHAPE_OF["X"]


def test_sixty_typefaces_draw_every_letter_of_english():
    names = [name for names, _ in typefaces.KINDS.values() for name in names]
    assert len(set(names)) >= 60
    plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    lacking = [name for name in {*names, *typefaces.KEPT_BACK} - {"OCRA"} if not typefaces.covers(name, plain)]
    assert lacking == []
    assert not set(names) & set(typefaces.KEPT_BACK)


def test_every_text_can_be_written():
    rng = np.random.default_rng(1)
    for number in range(3000):
        script = ("latin", "greek", "cyrillic")[number % 3]
        for text in (phrases.any_text(rng, script), phrases.address(rng, script), phrases.zone_like(rng, 44)):
            letters.VOCABULARY.text_ids(text)


def test_ink_is_where_a_glyph_is_said_to_be():
    sheet = Sheet(384, 256, (255, 255, 255))
    sheet.text(40, 60, "HMENHMEN", Ink("DejaVuSans", 20, (0, 0, 0)))
    still = Exposure.draw(np.random.default_rng(0), 0.0)
    pixels, glyphs = still.apply(sheet, np.random.default_rng(0))
    assert len(glyphs) == 8
    for glyph in glyphs:
        near = pixels[int(glyph.y) - 8 : int(glyph.y) + 8, int(glyph.x) - 6 : int(glyph.x) + 6]
        assert near.min() < 100, glyph.character


@pytest.mark.parametrize("width", [384, 768])
def test_a_lesson_asks_for_what_stands_on_the_sheet(width):
    rng, mix = np.random.default_rng(3), Mix(width=width, height=width * 2 // 3, spelled=0.0)
    asked = 0
    for _ in range(6):
        sheet, fields = forms.form(rng, mix.width, mix.height)
        drawn = lesson(rng, sheet, fields, mix)
        assert drawn["pixels"].shape == (3, mix.height, mix.width)
        for row, name in enumerate(drawn["names"]):
            labels = drawn["labels"][drawn["rows"] == row]
            text = letters.VOCABULARY.text([token for token in labels if token >= 0 and token != vocabulary.EOS_ID])
            assert text == fields.get(name, "")
            asked += 1
        rows, columns = dense.grid(mix.height, mix.width)
        assert drawn["guide"].max() < rows * columns
    assert asked > 20


def test_a_sheet_is_full_of_text():
    rng = np.random.default_rng(4)
    counts = [len(text_sheet(rng, 384, 256).glyphs) for _ in range(8)]
    assert np.mean(counts) > 200


def test_the_next_base_begins_as_the_present_one():
    from dossier_training.checkpoints import load_base

    present, following = load_base(BASE).eval(), new_reader(384, 256).eval()
    begin_as(following, BASE)
    batch = collate(next(iter(SheetLessons(Mix(text=0.0, spelled=0.0), 5, 2))))
    batch["ids"] = batch["ids"].clamp(max=len(vocabulary.PRESENT.tokens) - 1)
    pixels = normalise(batch["pixels"])
    with torch.no_grad():
        before, _ = decode_packed(present.decoder, present.encoder(pixel_values=pixels).last_hidden_state, batch, attentions=False)
        after, _ = decode_packed(following.decoder, following.encoder(pixel_values=pixels).last_hidden_state, batch, attentions=False)
    known = len(vocabulary.PRESENT.tokens)
    assert torch.allclose(before[..., :known], after[..., :known], atol=1e-4)


def test_a_batch_of_whole_pages_is_as_large_as_the_host_reads_and_has_a_quarter_of_the_lessons():
    batch = collate(next(iter(SheetLessons(Mix(strips=0.0, whole=1.0), 7, 8))))
    assert batch["pixels"].shape == (2, 3, 512, 768)
    assert batch["shapes"].shape == (2, 32, 96, 4)


def test_a_step_of_training_changes_every_part():
    torch.manual_seed(0)
    model = new_reader(384, 256)
    begin_as(model, BASE)
    heads = dense.DenseHeads(model.encoder.config.hidden_size)
    batch = collate(next(iter(SheetLessons(Mix(), 6, 3))))
    states = model.encoder(pixel_values=normalise(batch["pixels"])).last_hidden_state
    logits, attentions = decode_packed(model.decoder, states, batch, attentions=True)
    losses = {**heads(states, batch["shapes"], batch["fields"], batch["indices"])[0], **text_losses(logits, attentions, batch)[0]}
    sum(losses.values()).backward()
    still = [name for name, parameter in [*model.named_parameters(), *heads.named_parameters()] if parameter.grad is None or not parameter.grad.isfinite().all()]
    # The encoder's pooled output is asked by nobody.
    assert [name for name in still if "layernorm" not in name] == []


def test_an_adapter_learns_on_a_base_of_other_pages_and_letters(licences, tmp_path):
    torch.manual_seed(1)
    form = BaseForm(288, 192, letters.VOCABULARY)
    model = new_reader(384, 256)
    mean = {f"module.{name}": weight * 0.5 if weight.is_floating_point() else weight for name, weight in model.state_dict().items()}
    torch.save({"model": model.state_dict(), "averaged": mean | {"n_averaged": torch.tensor(3)}, "heads": {}, "step": 3, "seen": 24}, tmp_path / "checkpoint.pt")
    keep(taught_by(tmp_path / "checkpoint.pt"), tmp_path / "kept.pt")
    # The running mean is what a training came to, and what the next begins as.
    kept = taught_by(tmp_path / "kept.pt")
    assert (kept.steps, kept.sheets) == (3, 24)
    assert all(torch.allclose(kept.model[name].float(), weight * 0.5, atol=1e-3) for name, weight in model.state_dict().items() if weight.is_floating_point())
    base = tmp_path / "base"
    assert export(tmp_path / "kept.pt", base, form.width, form.height) == BaseForm.read(base) == form
    records = donut.split(donut.read(licences)[0])
    batch = pages.examination(records[:2], PageForm(base))
    assert batch["pixels"].shape == (2, 3, 192, 288)
    asked = Teacher(records, PageForm(base), 2, 1, augment=True).batch(0)
    guide = asked["guide"][asked["guide"] >= 0]
    assert len(guide) > 20 and guide.max() < form.rows * form.columns
    order = Order("utopia/driving-licence/2022", licences, base, tmp_path / "adapter", tmp_path / "run", Training(steps=2, batch=2, evaluate_every=2, r=4, warm_up=1))
    record = make(order, quiet=True)
    assert record["base"]["digest"] == base_digest(base)


def test_a_base_that_others_wrote_is_refused(tmp_path):
    folder = tmp_path / "base"
    folder.mkdir()
    tokens = dict(vocabulary.PRESENT.ids)
    tokens["<s_mrz>"], tokens["<s_sex>"] = tokens["<s_sex>"], tokens["<s_mrz>"]
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": tokens}}))
    with pytest.raises(vocabulary.ForeignVocabulary):
        vocabulary.Vocabulary.read(folder)


def test_strips_are_a_data_set_of_zones_whose_characters_are_all_seen(tmp_path):
    zone_strips.write(tmp_path, 6, seed=1)
    zone_strips.write(tmp_path / "again", 6, seed=1)
    assert (tmp_path / "metadata.jsonl").read_bytes() == (tmp_path / "again" / "metadata.jsonl").read_bytes()
    records, faults = donut.read(tmp_path)
    assert len(records) == 6 and not faults
    for record in records:
        with Image.open(record.file) as image:
            assert image.size == (strips.WIDTH, strips.HEIGHT)
        text, places = record.fields["mrz"], record.places["mrz"]
        assert len(places) == len(text) and all((place is None) == (character == "\n") for place, character in zip(places, text, strict=True))
        assert all(0 < share < 1 for place in places if place for share in place)
        lines = [[place[1] for place in places[start : start + len(line)]] for start, line in _lines(text)]
        assert all(max(upper) < min(lower) + 0.2 for upper, lower in zip(lines, lines[1:], strict=False))


def _lines(text):
    start = 0
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1


def test_a_visa_has_no_check_digit_behind_its_expiry():
    for seed in range(8):
        upper, lower = zones.zone(np.random.default_rng(seed), "visa-b").split("\n")
        assert len(upper) == len(lower) == 36
        assert not lower[28:].strip("<") or lower[28] != "<"
