"""Barcodes of licences: what they hold, and whether they can be read again from what is drawn."""

import re
from datetime import date

import numpy as np
import zxingcpp

from dossier_training import barcodes
from dossier_training.dataset import captured_documents
from dossier_training.people import Person

LICENCE = "meridia/driving-licence/2025"


def test_a_designator_says_where_its_subfile_is() -> None:
    content = barcodes.subfile("639999", [("DAQ", "A1"), ("DCS", "MÜÑOZ")])
    assert content.startswith("@\n\x1e\rANSI 63999911000" + "1DL")
    place = re.search(r"1DL(\d{4})(\d{4})", content)
    assert place
    offset, length = int(place[1]), int(place[2])
    assert content[offset : offset + length] == "DLDAQA1\nDCSMÜÑOZ\r"
    assert offset + length == len(content)


def test_what_is_not_there_is_stated() -> None:
    person = Person("DOE", "ANN", "X", date(1985, 3, 12), date(2024, 6, 6), date(2030, 12, 10), "")
    values = {"surname": "DOE", "given_names": "ANN", "address": "A 1", "height": "98 CM", "eye_colour": "BLUE", "categories": "B", "restrictions": "01", "document_number": "A1"}
    content = barcodes.aamva("639999", person, values)
    for element in ("DACANN\n", "DADNONE\n", "DBC9\n", "DAU098 cm\n", "DBB03121985\n", "DBA12102030\n", "DAYBLU\n"):
        assert element in content, element


def test_letters_beyond_iso_8859_1_have_no_room() -> None:
    assert barcodes.holds("MÜÑOZ") and not barcodes.holds("ŠTĚPÁN")


def test_another_reader_reads_the_back_of_a_licence() -> None:
    read = 0
    for front, back in captured_documents(LICENCE, 10, 11, ["clean"]):
        assert not front.barcodes and len(back.barcodes) == 1 and back.fields == {}
        source, content = back.barcodes[0]
        assert source == "barcode.pdf417" and front.fields["document_number"] in content
        found = zxingcpp.read_barcodes(np.asarray(back.image), zxingcpp.BarcodeFormat.PDF417)
        # What it doesn't read is no matter; it must not read another.
        assert all(one.bytes.decode("latin-1") == content for one in found)
        read += len(found)
    assert read >= 5
