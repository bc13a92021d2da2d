"""Documents for print: what stands on every page, any script, and boxes where they belong to the pixel."""

import io

import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray
from PIL import Image

from feedback.reports.kit import (
    NOTICE,
    Block,
    ColourScale,
    Column,
    Facts,
    Heading,
    KeyImage,
    Legend,
    Mark,
    PageBreak,
    PageFrame,
    Pictures,
    Table,
    Text,
    document_pdf,
)
from imaging.pipeline.values import BoundingBox
from tests.feedback.reports.printed import films, page_texts, said

FRAME = PageFrame(
    title="Report of a read",
    place="Żółć Clinic",
    audit_reference="0199-7 sequence 12",
    issued="22 November 2026, 08:40 UTC",
    issued_seconds=1_790_000_000,
)
VIOLET, WHITE = np.array([0xB7, 0x9C, 0xFF]), np.array([0xFF, 0xFF, 0xFF])


def png(pixels: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG")
    return stream.getvalue()


def film(rows: int = 300, columns: int = 400) -> NDArray[np.uint8]:
    return np.tile(np.linspace(10, 120, columns).astype(np.uint8), (rows, 1))


def many_rows(count: int) -> Table:
    return Table(
        (Column("Nr", 0.3, "right"), Column("Said", 3)), tuple((str(at), "words " * 30) for at in range(count))
    )


def test_every_page_carries_the_notice_its_number_and_the_audit_reference() -> None:
    pages = page_texts(document_pdf(FRAME, [Heading("Findings"), many_rows(60), PageBreak(), Text("The end.")]))
    assert len(pages) >= 3
    for number, text in enumerate(pages, start=1):
        assert NOTICE in text
        assert f"Page {number} of {len(pages)}" in text
        assert "Audit reference 0199-7 sequence 12" in text
        assert "DRAFT" not in text


def test_a_mark_stands_on_every_page() -> None:
    frame = PageFrame(title="T", place="P", audit_reference="A", issued="I", mark="DRAFT")
    pages = page_texts(document_pdf(frame, [Text("one"), PageBreak(), Text("two")]))
    assert ["DRAFT" in text for text in pages] == [True, True]


@pytest.mark.parametrize(
    "name", ["Łukasz Đorđević", "Παπαδόπουλος Νίκος", "Щербаков Їжак", "Nguyễn Thị Ánh", "Ðórr ßþæ"]
)
def test_a_name_in_latin_greek_or_cyrillic_reads_back_as_written(name: str) -> None:
    assert name in said(document_pdf(FRAME, [Facts((("Name", name),)), Text(name)]))


def test_a_decomposed_name_is_printed_composed() -> None:
    assert "Åsa" in said(document_pdf(FRAME, [Text("A\N{COMBINING RING ABOVE}sa")]))


def test_a_sign_that_the_typeface_has_not_leaves_a_square_not_a_gap() -> None:
    assert "Li \N{WHITE SQUARE}\N{WHITE SQUARE}" in said(document_pdf(FRAME, [Text("Li 漢字")]))


def test_nothing_in_a_text_is_markup_or_control() -> None:
    hostile = 'a <b>&amp;</b> <para> </td> "q" \x07\u202eb'
    shown = said(document_pdf(FRAME, [Text(hostile), many_rows(1), Facts((("<i>", "<u>"),))])).replace(" ", "")
    assert 'a<b>&amp;</b><para></td>"q"b' in shown


def test_the_same_document_is_the_same_bytes() -> None:
    blocks: list[Block] = [Heading("Ω"), many_rows(3), Pictures((KeyImage(png(film()), 400, 300, "film"),))]
    assert document_pdf(FRAME, blocks) == document_pdf(FRAME, blocks)


def test_metadata_names_title_language_and_date_and_no_patient() -> None:
    document = pypdfium2.PdfDocument(document_pdf(FRAME, [Facts((("Name", "Doe^Jane"),))]))
    metadata = document.get_metadata_dict()
    assert metadata["Title"] == "Report of a read"
    assert metadata["CreationDate"].startswith("D:20260921")
    assert "Doe" not in str(metadata)
    assert b"/Lang (en)" in document_pdf(FRAME, [])


def test_headings_stand_in_the_outline() -> None:
    document = pypdfium2.PdfDocument(document_pdf(FRAME, [Heading("Findings"), Heading("Models")]))
    assert [entry.get_title() for entry in document.get_toc()] == ["Findings", "Models"]


def test_a_table_of_no_rows_says_so_and_one_of_the_wrong_width_is_refused() -> None:
    columns = (Column("a"), Column("b"))
    assert "Nothing was found." in said(document_pdf(FRAME, [Table(columns, (), empty="Nothing was found.")]))
    with pytest.raises(ValueError, match="cells"):
        document_pdf(FRAME, [Table(columns, (("only one",),))])


def test_a_key_image_that_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="no picture"):
        document_pdf(FRAME, [Pictures((KeyImage(b"not a picture", 10, 10, "x"),))])


def test_a_word_without_blanks_and_a_very_long_comment_fit_the_page() -> None:
    text = document_pdf(FRAME, [Text("x" * 3000), Table((Column("a"), Column("b")), (("y" * 500, "z " * 3000),))])
    assert said(text).count("z") == 3000


def picture_on_page(image: KeyImage) -> tuple[NDArray[np.uint8], float]:
    """Its pixels on the page, and how many of them one pixel of the stored frame takes."""
    (picture,) = films(document_pdf(FRAME, [Pictures((image,), across=1, max_height_mm=120)]), 0)
    return picture, picture.shape[1] / image.columns


def test_the_film_stands_upright_and_unmirrored() -> None:
    corner = film()
    corner[:40, :60] = 230
    picture, scale = picture_on_page(KeyImage(png(corner), 400, 300, ""))
    grey = picture.mean(axis=2)
    bright = [grey[int(20 * scale), int(30 * scale)] > 200, grey[int(20 * scale), int(370 * scale)] > 200]
    assert [*bright, grey[int(280 * scale), int(30 * scale)] > 200] == [True, False, False]
    assert grey[int(150 * scale), int(390 * scale)] > grey[int(150 * scale), int(100 * scale)] + 50


@pytest.mark.parametrize(("shown", "whose", "colour"), [((300, 400), "model", VIOLET), ((75, 100), "reader", WHITE)])
def test_a_box_lies_within_a_source_pixel_of_where_it_belongs(
    shown: tuple[int, int], whose: str, colour: NDArray[np.int64]
) -> None:
    """Whatever the size of the shown picture, the box is in pixels of the stored frame."""
    mark = Mark(BoundingBox(50.0, 100.0, 250.0, 220.0), "", whose)  # type: ignore[arg-type]
    picture, scale = picture_on_page(KeyImage(png(film(*shown)), 400, 300, "", marks=(mark,)))
    line = np.argwhere(np.abs(picture.astype(int) - colour).max(axis=2) < 24)
    top, left = line.min(axis=0) / scale
    bottom, right = (line.max(axis=0) + 1) / scale
    assert np.abs(np.array([left, top, right, bottom]) - [50, 100, 250, 220]).max() <= 1.0


def test_a_heatmap_covers_the_whole_frame_and_lets_the_film_through() -> None:
    overlay = np.zeros((30, 40, 4), np.uint8)
    overlay[10:20, 10:20] = (255, 90, 30, 255)
    image = KeyImage(png(film()), 400, 300, "", heatmap=png(overlay))
    picture, scale = picture_on_page(image)
    assert picture[int(150 * scale), int(150 * scale), 0] > 220
    outside = picture[int(250 * scale), int(150 * scale)]
    assert outside.max() - outside.min() < 12


def test_legend_and_scale_say_what_lines_and_colours_mean() -> None:
    legend = Legend((("model", "the model's box"), ("reader", "the reader's box"), ("rejected", "rejected")))
    scale = ColourScale(((59, 47, 128), (255, 233, 168)), "nothing", "0.02 logits per cell")
    words = said(document_pdf(FRAME, [legend, scale]))
    assert all(part in words for part in ("the model's box", "the reader's box", "rejected", "0.02 logits per cell"))
