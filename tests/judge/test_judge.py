"""That labels are what is drawn, and that the judge shares nothing with the training but the letters."""

import ast
import io
import json
import math
import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from capture import LEVELS
from capture.picture import homography, project
from capture.photo import LEAST_COVERED, LEAST_PIXELS_PER_MM, MOST_COVERED, MOST_TILT_DEGREES, view_of
from capture.scan import MOST_DEGREES
from dataset import make, page, records, splits
from pages import documents, holders, typefaces, zone_letters, zones
from pages.browser import Browser, BrowserError
from pages.sheet import Page, opened

HERE = Path(__file__).resolve().parent
TRAINING = HERE.parents[1] / "adapters/training/dossier_training"
SEED = 4711


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as one:
        yield opened(one)


@pytest.fixture(scope="module")
def drawn(browser: Browser) -> dict[str, list[Page]]:
    """Pages as drawn, before any capture."""
    return {name: [lay(Random(f"{name}{i}")).draw(browser, 700) for i in range(2)] for name, lay in documents.ALL.items()}


def told_by(file: str, name: str) -> object:
    """What a module of the training binds to a name, read without running it."""
    for node in ast.parse((TRAINING / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == name for target in node.targets):
            return node.value
    raise AssertionError(f"{file} has no {name}")


def words(file: str, name: str) -> set[str]:
    """The words of a list that stands there as `"...".split()`, in one string or in several."""
    texts = [n.value for n in ast.walk(told_by(file, name)) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return {word for text in texts for word in text.split()}


def ink(page: Page, below: int = 128) -> np.ndarray:
    """Where the page is darker than that."""
    return np.asarray(Image.alpha_composite(Image.new("RGBA", page.picture.size, "white"), page.picture).convert("L")) < below


def spelled(face: str) -> str:
    return re.sub(r"[^a-z0-9]", "", face.lower())


def test_no_typeface_is_one_of_the_training(browser: Browser) -> None:
    lists = ("_SANS", "_CONDENSED", "_SERIF", "_MONOSPACED", "OCR_B", "OCR_A", "KEPT_BACK")
    theirs = {spelled(face) for name in lists for face in words("typeset/typefaces.py", name)}
    packages = words("typeset/typefaces.py", "PACKAGES")
    assert len(theirs) > 100 and len(packages) > 40
    assert not packages & set(typefaces.PACKAGES)
    assert not theirs & {spelled(Path(face.file).stem) for face in typefaces.ALL.values()}
    for name, lay in documents.ALL.items():
        seen = {}
        for i in range(3):
            lay(Random(f"{name}{i}")).draw(browser, 400)
            seen |= browser.typefaces_drawn("svg text")
        assert seen and not theirs & {spelled(face) for face in seen}, name
        # A letter that a typeface lacked would have been drawn in one of the system's.
        assert all(seen.values()), seen



def test_values_are_of_the_letters_and_field_names_of_the_vocabulary(drawn: dict[str, list[Page]]) -> None:
    source = (TRAINING / "typeset/letters.py").read_text(encoding="utf-8")
    space = {"unicodedata": unicodedata}
    vocabulary = (TRAINING / "vocabulary.py").read_text(encoding="utf-8")
    names = ast.literal_eval(told_by("vocabulary.py", "FIELD_NAMES"))
    accented = re.search(r'ACCENTED = "(.+)"', vocabulary).group(1)
    letters = set("\n" + "".join(map(chr, range(0x20, 0x7F))) + accented)
    # The lists of letters alone: the module itself asks for the training's libraries.
    for name in ("_LATIN", "_LATIN_MORE", "_VIETNAMESE", "_GREEK", "_CYRILLIC", "_SIGNS"):
        letters |= set(eval(compile(ast.Expression(told_by("typeset/letters.py", name)), source, "eval"), space))
    listed = (HERE / "pages/names.toml").read_text(encoding="utf-8")
    for text in (listed, *documents.nordhavn._REMARKS, *documents.nordhavn._NATIONS.values(), *documents.maravel._EYES, *map("".join, documents.thalassia._EYES.values())):
        assert unicodedata.is_normalized("NFC", text) and set(text) <= letters, set(text) - letters
    scripts = set()
    for document_type, lay in documents.ALL.items():
        for i in range(16):
            for item in lay(Random(f"{document_type}/letters/{i}")).items:
                if item["field"]:
                    text = item["text"]
                    assert unicodedata.is_normalized("NFC", text), text
                    assert set(text) <= letters, set(text) - letters
                    assert text == " ".join(text.split())
                    assert item["field"] in names
                    scripts |= {unicodedata.name(c).split()[0] for c in text if c.isalpha()}
    assert scripts == {"LATIN", "GREEK", "CYRILLIC"}
    assert all("mrz" in drawn[name][0].fields for name in ("maravel/passport/2022", "thalassia/id-card-back/2019"))


def test_each_field_s_polygon_holds_its_ink_and_little_beside_it_does(browser: Browser) -> None:
    """Drawn with nothing below, a page's dark pixels are its values and captions: each line's must fill its figure."""
    for name, lay in documents.ALL.items():
        sheet = lay(Random(f"{name}/ink"))
        sheet.below = [part for part in sheet.below if 'stroke-linejoin="round"' in part]
        sheet.above, sheet.ground = [], "#fff"
        sheet.items = [item for item in sheet.items if item["field"]]
        for item in sheet.items:
            item["colour"] = "#000"
        page = sheet.draw(browser, 1400)
        # A serif is thinner than a pixel, and grey.
        dark, grey = ink(page), ink(page, 225)
        left = dark.copy()
        for field, placed in page.fields.items():
            assert placed.text == "".join(c for c, _, _ in placed.characters), field
            for quad in placed.quads:
                (x0, y0), (x1, y1) = np.min(quad, 0), np.max(quad, 0)
                within = np.s_[max(0, math.floor(y0)) : math.ceil(y1) + 1, max(0, math.floor(x0)) : math.ceil(x1) + 1]
                assert dark[within].mean() > 0.08, (name, field)
                box = grey[within]
                # Ink reaches all four sides but for two pixels; letters of a zone have cells of one width.
                across = 8 if field == "mrz" else 3
                for side in (box[:3], box[-3:], box[:, :across], box[:, -across:]):
                    assert side.any(), (name, field)
                # The tail of Q hangs a little lower than the zone's letters stand.
                left[math.floor(y0) - 3 : math.ceil(y1) + 4, max(0, math.floor(x0) - 3) : math.ceil(x1) + 4] = False
            for character, x, y in placed.characters:
                assert 0 < x < dark.shape[1] + 60 and 0 < y < dark.shape[0], (name, field, character)
        assert not left.any(), (name, np.argwhere(left)[:5])


def test_heights_are_true_in_millimetres(browser: Browser) -> None:
    """The capital that a page prints is measured on the picture, not asked of the typeface."""
    for name, lay in documents.ALL.items():
        sheet = lay(Random(f"{name}/height"))
        kept = next(item for item in sheet.items if item["field"] in ("surname", "full_name", "address"))
        kept.update(text="H", colour="#000", heavier=0.0)
        sheet.items, sheet.below, sheet.above, sheet.ground, sheet.zone = [kept], [], [], "#fff", None
        page = sheet.draw(browser, 3000)
        rows = np.flatnonzero(ink(page).any(1))
        assert (rows[-1] - rows[0] + 1) / page.pixels_per_mm == pytest.approx(kept["cap"], abs=0.04), name
        assert 1.4 <= kept["cap"] <= 2.6


def test_print_is_as_small_as_documents_print(drawn: dict[str, list[Page]]) -> None:
    for name, pages in drawn.items():
        for one in pages:
            for field, placed in one.fields.items():
                assert 1.0 <= placed.cap_mm <= 2.7, (name, field)
                assert placed.cap_mm >= 0.7 * placed.asked_mm, (name, field)
        assert any(placed.cap_mm <= 1.7 for one in pages for placed in one.fields.values()), name


def test_no_value_touches_another_nor_the_edge(drawn: dict[str, list[Page]]) -> None:
    for name, pages in drawn.items():
        for one in pages:
            boxes = [(field, *np.min(quad, 0), *np.max(quad, 0)) for field, placed in one.fields.items() for quad in placed.quads]
            edge = one.pixels_per_mm
            for at, (field, x0, y0, x1, y1) in enumerate(boxes):
                assert edge < x0 and edge < y0 and x1 < one.picture.width - edge and y1 < one.picture.height - edge, (name, field)
                for other, u0, v0, u1, v1 in boxes[at + 1 :]:
                    assert x1 <= u0 or u1 <= x0 or y1 <= v0 + 1 or v1 <= y0 + 1, (name, field, other)


def test_check_digits_are_those_of_icao_s_specimens() -> None:
    specimen = zones.Entry("P", "UTO", "UTO", "L898902C3", "Eriksson", "Anna Maria", date(1974, 8, 12), "F", date(2012, 4, 15), "ZE184226B")
    assert zones.td3(specimen) == ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]
    card = zones.Entry("I", "UTO", "UTO", "D23145890", "Eriksson", "Anna Maria", date(1974, 8, 12), "F", date(2012, 4, 15))
    assert zones.td1(card) == ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"]
    assert zones.letters("Müller-Þórsson Đỗ") == "MUELLER<THORSSON<DO"
    assert zones.letters("Щербюк Ђорђе Παπαδόπουλος") == "SHCHERBIUK<DORDE<PAPADOPOULOS"


def test_zones_hold_by_rules_written_out_once_more(drawn: dict[str, list[Page]]) -> None:
    def digit(text: str) -> str:
        values = {c: i for i, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}
        return str(sum(values[c] * (7, 3, 1)[i % 3] for i, c in enumerate(text)) % 10)

    empty = set()
    for i in range(60):
        one, two = documents.ALL["maravel/passport/2022"](Random(i)).zone[0]
        assert len(one) == len(two) == 44 and set(one + two) <= set(zone_letters.STROKES)
        for start, end in ((0, 9), (13, 19), (21, 27)):
            assert two[end] == digit(two[start:end])
        if two[28:42] == "<" * 14:
            empty.add(two[42])
        else:
            assert two[42] == digit(two[28:42])
        assert two[43] == digit(two[:10] + two[13:20] + two[21:43])
        one, two, three = documents.ALL["thalassia/id-card-back/2019"](Random(i)).zone[0]
        assert len(one) == len(two) == len(three) == 30
        assert one[14] == digit(one[5:14]) and two[6] == digit(two[:6]) and two[14] == digit(two[8:14])
        assert two[29] == digit(one[5:] + two[:7] + two[8:15] + two[18:29])
    assert empty == {"0", "<"}
    for pages in drawn.values():
        for one_page in pages:
            if "mrz" in one_page.fields and "document_number" in one_page.fields:
                assert one_page.fields["document_number"].text in one_page.fields["mrz"].text


def test_names_are_of_many_languages() -> None:
    assert len(holders.languages()) >= 20
    rng = Random(1)
    marks = {unicodedata.normalize("NFD", c)[1:] for language in holders.languages() for _ in range(60) for c in holders.holder(rng, (language,)).surname}
    assert len(marks) >= 12


@pytest.mark.parametrize("level", LEVELS)
def test_captures_keep_their_bounds_and_their_truth(browser: Browser, level: str) -> None:
    for name in ("maravel/passport/2022", "thalassia/id-card-back/2019", "nordhavn/residence-permit/2023"):
        size_mm, captured = page(browser, name, level, SEED, 0)
        picture = Image.open(io.BytesIO(captured.jpeg))
        assert picture.format == "JPEG" and picture.size == captured.size and max(picture.size) <= 2400
        metadata, places, truth = records("a.jpg", name, level, size_mm, captured)
        label = json.loads(metadata["ground_truth"])["gt_parse"]
        assert label.keys() == places["places"].keys() == truth["fields"].keys()
        width, height = picture.size
        for field, text in label.items():
            assert len(places["places"][field]) == len(text)
            assert all(0 < x < 1 and 0 < y < 1 for (x, y), c in zip(places["places"][field], text) if c != "\n"), field
            assert all(0 <= x <= width and 0 <= y <= height for x, y in truth["fields"][field]["polygon"]), field
        (x0, y0), (x1, y1) = truth["corners"][:2]
        if level == "scan":
            assert abs(math.degrees(math.atan2(y1 - y0, x1 - x0))) <= MOST_DEGREES + 1e-6
            assert 0.94 * width <= max(x for x, _ in truth["corners"]) - min(x for x, _ in truth["corners"]) <= 1.02 * width
            assert 1000 <= width <= 1750
        else:
            told = truth["conditions"]
            assert LEAST_COVERED - 0.01 <= told["covered"] <= MOST_COVERED + 0.01
            assert told["tilt"] <= MOST_TILT_DEGREES and told["pixels_per_mm"] >= LEAST_PIXELS_PER_MM


def test_a_polygon_in_the_picture_shows_what_stands_there_on_the_page(browser: Browser) -> None:
    """The projection told is the projection made: what the picture shows, laid flat by the corners, is the page."""
    for level in LEVELS:
        _, captured = page(browser, "drevania/id-card/2021", level, SEED, 3)
        w, h = captured.page.picture.size
        back = homography([(0, 0), (w, 0), (w, h), (0, h)], captured.corners())
        picture = Image.open(io.BytesIO(captured.jpeg)).convert("L")
        flat = picture.transform((w, h), Image.Transform.PERSPECTIVE, (back / back[2, 2]).ravel()[:8], Image.Resampling.BICUBIC)
        for field in ("surname", "date_of_birth", "document_number"):
            (x0, y0), _, (x1, y1), _ = captured.page.fields[field].quads[0]
            box = (round(x0) - 4, round(y0) - 4, round(x1) + 4, round(y1) + 4)
            ours = np.asarray(captured.page.picture.convert("L").crop(box), float).ravel()
            seen = np.asarray(flat.crop(box), float).ravel()
            assert np.corrcoef(ours, seen)[0, 1] > 0.8, (level, field)


def test_views_cover_all_that_a_hand_may_do() -> None:
    views = [view_of(Random(i), 85.6, 53.98) for i in range(300)]
    assert min(view.covered for view in views) < 0.12 and max(view.covered for view in views) > 0.85
    assert max(view.tilt for view in views) > 30
    assert len({int(view.degrees // 30) for view in views}) == 12


def test_homographies_go_there_and_back() -> None:
    source, target = [(0, 0), (10, 0), (10, 5), (0, 5)], [(3, 1), (12, 2), (11, 9), (2, 7)]
    found = project(homography(source, target), source)
    assert np.allclose(found, target)


def test_the_same_seed_makes_the_same_data_set(browser: Browser, tmp_path: Path) -> None:
    name = "ostrovar/driving-licence/2020"
    make(tmp_path / "set", name, 4, "scan", 5)
    told = {}
    for split in ("train", "validation", "test"):
        lines = [json.loads(line) for line in (tmp_path / "set" / split / "metadata.jsonl").read_text(encoding="utf-8").splitlines()]
        assert lines and all((tmp_path / "set" / split / line["file_name"]).is_file() for line in lines)
        for other in ("places", "truth"):
            text = (tmp_path / "set" / split / f"{other}.jsonl").read_text(encoding="utf-8")
            assert [json.loads(line)["file_name"] for line in text.splitlines()] == [line["file_name"] for line in lines]
        told |= {line["file_name"]: line["ground_truth"] for line in lines}
    assert len(told) == 4 and len(set(told.values())) == 4
    _, again = page(browser, name, "scan", 5, 0)
    assert (tmp_path / "set/test/000000.jpg").read_bytes() == again.jpeg
    with pytest.raises(FileExistsError):
        make(tmp_path / "set", name, 4, "scan", 5)
    with pytest.raises(ValueError, match="3 pages"):
        make(tmp_path / "few", name, 3, "scan", 5)


def test_splits_are_of_the_size_that_is_told() -> None:
    assert {split: splits(250).count(split) for split in ("train", "validation", "test")} == {"train": 185, "validation": 25, "test": 40}


def test_text_that_does_not_fit_is_an_error(browser: Browser) -> None:
    sheet = documents.ALL["drevania/id-card/2021"](Random(1))
    sheet.print("Neuvěřitelně dlouhé příjmení bez konce", 31, 20, 2.2, "caliban", "surname", 10)
    with pytest.raises(BrowserError, match="surname: the text does not fit"):
        sheet.draw(browser, 1000)


def test_nobody_trains_on_the_judge() -> None:
    """No file of the training, and none of the fleet, names this folder."""
    adapters = HERE.parents[1] / "adapters"
    files = [*adapters.glob("training/**/*.py"), *adapters.glob("**/*.toml")]
    assert len(files) > 20
    for file in files:
        assert not re.search(r"tests/judge|tests\.judge", file.read_text(encoding="utf-8")), file
