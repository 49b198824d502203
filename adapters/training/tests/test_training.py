"""Training: packed rows compute what single rows do, runs go on where they stopped, exports load in transformers and PEFT."""

import contextlib
import importlib
import io
import json
import subprocess
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from PIL import Image
from safetensors.torch import load_file
from transformers import AutoTokenizer, VisionEncoderDecoderModel

from dossier_training import vocabulary
from dossier_training.checkpoints import export_base, load_base
from dossier_training.documents import random_document
from dossier_training.lessons import Asking, Lessons, collate, decode_packed
from dossier_training.methods import TARGETS, adapt
from dossier_training.model import new_model
from dossier_training.page import Glyph
from dossier_training.places import corners_around
from dossier_training.train_encoder import normalise

PACKAGE = Path(__file__).parents[1]


def _run(module: str, *arguments: object) -> str:
    """The module's command line, in this process: torch is loaded once."""
    command = [module, *map(str, arguments), "--threads", "1", "--workers", "0"]
    with mock.patch.object(sys, "argv", command), contextlib.redirect_stdout(io.StringIO()) as output:
        importlib.import_module(f"dossier_training.{module}").main()
    return output.getvalue()


def test_packed_rows_equal_single_rows():
    torch.manual_seed(0)
    model = new_model().eval()
    source = iter(Lessons(random_document, Asking(spelled=0.5, absent=1.0), seed=1))
    batch = collate([next(source) for _ in range(2)])
    with torch.no_grad():
        states = model.encoder(pixel_values=normalise(batch["pixels"])).last_hidden_state
        packed, _ = decode_packed(model.decoder, states, batch, attentions=False)
        rows = 0
        for page in range(2):
            for row in range(int(batch["rows"][page].max()) + 1):
                here = batch["rows"][page] == row
                single = model.decoder(input_ids=batch["ids"][page, here][None], encoder_hidden_states=states[page : page + 1]).logits[0]
                assert torch.allclose(packed[page, here], single, atol=1e-4)
                rows += 1
    assert rows >= 6


def test_the_vocabulary_reads_back(tmp_path):
    vocabulary.PRESENT.save(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    text = "P<UTO 12.03.1985\nÄÖÜ'-"
    ids = tokenizer(text, add_special_tokens=False).input_ids
    assert ids == vocabulary.PRESENT.text_ids(text)
    assert tokenizer("<s_mrz>A", add_special_tokens=False).input_ids == [vocabulary.PRESENT.ids["<s_mrz>"], vocabulary.PRESENT.ids["A"]]
    assert tokenizer.decode(ids) == text


def test_an_exported_base_computes_the_same(tmp_path):
    torch.manual_seed(0)
    model = new_model().eval()
    export_base(model, tmp_path)
    assert (tmp_path / "model.safetensors").stat().st_size < 40_000_000
    loaded = VisionEncoderDecoderModel.from_pretrained(tmp_path, dtype=torch.float32).eval()
    pixels, ids = torch.rand(1, 3, 256, 384) * 2 - 1, torch.tensor([vocabulary.PRESENT.prompt_ids("surname")])
    with torch.no_grad():
        before = model(pixel_values=pixels, decoder_input_ids=ids).logits
        after = loaded(pixel_values=pixels, decoder_input_ids=ids).logits
        again = load_base(tmp_path).eval()(pixel_values=pixels, decoder_input_ids=ids).logits
    assert (before - after).abs().max() < 0.05  # f16 weights
    assert torch.allclose(after, again, atol=1e-5)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    _run("train_encoder", "--run", folder / "encoder", "--steps", 2, "--batch", 2)
    _run("train_base", "--run", folder / "base", "--encoder", folder / "encoder", "--steps", 2, "--batch", 2, "--export", folder / "exported")
    _exported(folder, "lora", 8, "peft")
    return folder


def _exported(runs: Path, method: str, rank: int, name: str, factors: Path | None = None) -> None:
    """An adapter that changes something, as if it had been trained."""
    base = runs / "exported"
    adapted = adapt(load_base(base), method, rank, factors)
    for parameter in adapted.inner.parameters():
        if parameter.requires_grad:
            parameter.data.add_(0.01 * torch.randn(parameter.shape))
    adapted.export(base, runs / name)


def test_a_run_goes_on_where_it_stopped(runs):
    output = _run("train_base", "--run", runs / "base", "--steps", 3, "--batch", 2)
    assert "going on from step 2" in output
    assert json.loads((runs / "base" / "log.jsonl").read_text().splitlines()[-1])["step"] == 3


def test_an_exported_base_is_a_start(runs):
    _run("train_base", "--run", runs / "base-2", "--start", runs / "exported", "--steps", 1, "--batch", 1)


@pytest.fixture(scope="module")
def methods(runs):
    """Exported adapters of other methods; two of them loaded and exported again."""
    base = runs / "exported"
    for method in ("dora", "vera", "lora-xs"):
        _exported(runs, method, 4, f"{method}-1")
        if method != "dora":
            factors = runs / "lora-xs-1" / "lora_xs_factors.safetensors" if method == "lora-xs" else None
            again = adapt(load_base(base), method, 4, factors)
            again.load(runs / f"{method}-1")
            again.export(base, runs / f"{method}-2")
    return runs


def test_every_method_is_exported_and_started_from(methods):
    revision = json.loads((methods / "peft" / "adapter_config.json").read_text())["revision"]
    assert revision.startswith("sha256:")
    for method, key, value in [("dora", "use_dora", True), ("vera", "peft_type", "VERA"), ("lora-xs", "peft_type", "LORA_XS")]:
        config = json.loads((methods / f"{method}-1" / "adapter_config.json").read_text())
        assert config[key] == value and config["revision"] == revision and config["r"] == 4
        if method != "dora":
            for file in (methods / f"{method}-1").glob("*.safetensors"):
                before, after = load_file(file), load_file(methods / f"{method}-2" / file.name)
                assert before.keys() == after.keys() and len(before) >= 48
                assert all(torch.equal(before[name], after[name]) for name in before), method
        if method != "lora-xs":
            PeftModel.from_pretrained(load_base(methods / "exported"), methods / f"{method}-1")


def test_lora_xs_is_the_lora_of_b_r_and_a(methods):
    folder = methods / "lora-xs-1"
    # The file is small: 4 x 4 numbers a layer.
    assert (folder / "adapter_model.safetensors").stat().st_size < 20_000
    adapted = adapt(load_base(methods / "exported"), "lora-xs", 4, folder / "lora_xs_factors.safetensors")
    adapted.load(folder)
    torch.manual_seed(0)
    for layer in adapted.layers.values():
        layer.r.data.normal_(0.0, 0.3)
    plain = get_peft_model(load_base(methods / "exported"), LoraConfig(r=4, lora_alpha=8, target_modules=TARGETS)).eval()
    for name, layer in adapted.layers.items():
        lora = plain.base_model.model.get_submodule(name)
        lora.lora_A["default"].weight.data.copy_(layer.a)
        lora.lora_B["default"].weight.data.copy_(layer.b @ layer.r)
    pixels, ids = torch.rand(1, 3, 256, 384) * 2 - 1, torch.tensor([vocabulary.PRESENT.prompt_ids("surname")])
    with torch.no_grad():
        expected = plain(pixel_values=pixels, decoder_input_ids=ids).logits
        found = adapted.inner.eval()(pixel_values=pixels, decoder_input_ids=ids).logits
        base = load_base(methods / "exported").eval()(pixel_values=pixels, decoder_input_ids=ids).logits
    assert torch.allclose(found, expected, atol=1e-4)
    assert (found - base).abs().max() > 0.01


def test_an_exported_adapter_is_peft_s_own_form(runs):
    base = VisionEncoderDecoderModel.from_pretrained(runs / "exported", dtype=torch.float32)
    adapted = PeftModel.from_pretrained(base, runs / "peft").eval()
    assert (runs / "peft" / "adapter_model.safetensors").stat().st_size < 1_000_000
    deltas = [p for name, p in adapted.named_parameters() if "lora_B" in name]
    assert len(deltas) == 8 * 6 + 3 * 10
    assert any(float(p.abs().max()) > 0 for p in deltas)


def _dataset(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "dossier_training.dataset", *map(str, arguments)], cwd=PACKAGE, check=True)


def test_data_sets_have_donut_s_form(tmp_path):
    _dataset("--type", "utopia/passport/2024", "utopia/id-card/2023", "--without", "utopia/id-card/2023", "--count", 2, "--seed", 9, "--out", tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "metadata.jsonl").read_text().splitlines()]
    assert [line["file_name"] for line in lines] == ["000000-page-1.png", "000001-page-1.png"]
    parsed = json.loads(lines[0]["ground_truth"])["gt_parse"]
    assert set(parsed) >= {"surname", "mrz"} and np.all([isinstance(v, str) for v in parsed.values()])


def test_samples_are_a_folder_a_document(tmp_path):
    _dataset("--type", "utopia/id-card/2023", "--count", 1, "--seed", 9, "--samples", "jpg", "--out", tmp_path)
    assert sorted(file.name for file in (tmp_path / "1").iterdir()) == ["page-1.jpg", "page-2.jpg", "truth.json"]
    truth = json.loads((tmp_path / "1" / "truth.json").read_text())
    assert {"surname", "mrz", "authority"} <= truth["fields"].keys() == truth["places"].keys()
    assert {place["page"] for place in truth["places"].values()} == {1, 2}
    for name, place in truth["places"].items():
        page = np.asarray(Image.open(tmp_path / "1" / f"page-{place['page']}.jpg").convert("L"))
        (left, top), (right, _), _, (_, bottom) = ([round(part) for part in corner] for corner in place["corners"])
        inside = page[max(0, top) : bottom, max(0, left) : right]
        assert inside.size and int(inside.max()) - int(inside.min()) > 60, f"nothing is printed at {name}"


def test_corners_run_along_the_text():
    def glyph(x, y):
        # Three wide and four high, turned by the 3-4-5 triangle.
        across, down = np.array((0.8, 0.6)), np.array((-0.6, 0.8))
        corners = [np.array((x, y)) + across * right + down * below for right, below in ((0, 0), (3, 0), (3, 4), (0, 4))]
        return Glyph(x, y, "A", "surname", 0, tuple((float(px), float(py)) for px, py in corners))

    found = corners_around([glyph(10, 10), Glyph(0, 0, " ", "surname", 1), glyph(10 + 0.8 * 6, 10 + 0.6 * 6)])
    expected = [(10, 10), (17.2, 15.4), (14.8, 18.6), (7.6, 13.2)]
    assert np.allclose(found, expected)
    assert corners_around([Glyph(0, 0, " ", "surname", 1)]) is None
