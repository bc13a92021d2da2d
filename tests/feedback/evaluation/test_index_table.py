"""The tables that people write."""

from pathlib import Path

import pytest

from feedback.evaluation.errors import DatasetColumnsMissing, DatasetDuplicate, DatasetEmpty, DatasetUnreadable
from feedback.evaluation.index_table import age_band, index_read, names_of


def read(folder: Path, text: str, *, box_labels: tuple[str, ...] = (), encoding: str = "utf-8"):
    path = folder / "labels.csv"
    path.write_bytes(text.encode(encoding))
    return index_read(path, box_labels=box_labels)


@pytest.mark.parametrize("separator", [";", "|"])
def test_findings_are_split_by_semicolon_or_bar(tmp_path: Path, separator: str) -> None:
    table = read(tmp_path, f"file,findings\na.png,Pleural thickening{separator}mass\nb.png,no_finding\n")
    assert [row.present for row in table.rows] == [{"pleural_thickening", "mass"}, frozenset()]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_delimiters_blanks_case_and_byte_order_mark_do_not_matter(
    tmp_path: Path, delimiter: str, encoding: str
) -> None:
    header, line = [" File_Name", "Patient ID ", "LABELS"], ["a.png", " 7 ", "mass|nodule"]
    table = read(tmp_path, f"{delimiter.join(header)}\r\n{delimiter.join(line)}\r\n\r\n", encoding=encoding)
    assert (table.rows[0].file, table.rows[0].group) == ("a.png", "7")
    assert table.rows[0].present == {"mass", "nodule"}


@pytest.mark.parametrize("column", ["patient_id", "group", "group_id"])
def test_patients_and_groups_have_three_names(tmp_path: Path, column: str) -> None:
    assert read(tmp_path, f"file,{column},findings\na.png,g1,mass\n").rows[0].group == "g1"


def test_one_column_a_label_holds_counts_and_labels_for_narrows_them(tmp_path: Path) -> None:
    text = "file,caries,restoration,labels_for\na.png,2,0,caries|restoration\nb.png,0,5,caries\nc.png,,1,\n"
    first, second, third = read(tmp_path, text, box_labels=("caries", "restoration")).rows
    assert (first.present, first.annotated) == ({"caries"}, {"caries", "restoration"})
    assert (second.present, second.annotated) == (frozenset(), {"caries"})
    assert (third.present, third.annotated) == ({"restoration"}, {"restoration"})


def test_strata_keep_the_age_as_its_band_and_a_missing_group_is_said(tmp_path: Path) -> None:
    table = read(tmp_path, "file,findings,view,age,sex,weather\na.png,mass,AP,057Y,F,rain\n")
    assert table.rows[0].strata == {"view": "AP", "sex": "F", "age_band": "40-59"}
    assert [notice for notice in table.notices if "weather" in notice]
    assert [notice for notice in table.notices if "every image counts as a patient" in notice]


@pytest.mark.parametrize(("text", "band"), [("9.0", "0-17"), ("80", "80+"), ("", ""), ("old", ""), ("017", "0-17")])
def test_ages_fall_into_bands(text: str, band: str) -> None:
    assert age_band(text) == band


def test_words_for_nothing_are_no_finding() -> None:
    assert names_of("No Finding; ;normal|no-fracture") == frozenset()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", DatasetEmpty),
        ("file,findings\n", DatasetEmpty),
        ("name,findings\na.png,mass\n", DatasetColumnsMissing),
        ("file,colour\na.png,red\n", DatasetColumnsMissing),
        ("file,findings\na.png,mass\na.png,\n", DatasetDuplicate),
        ("file,findings\na.png\n", DatasetUnreadable),
        ("file,file\na.png,b\n", DatasetUnreadable),
        ('file,findings\n"a.png,mass\n', DatasetUnreadable),
    ],
)
def test_what_cannot_be_used_says_why(tmp_path: Path, text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(tmp_path, text)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(b"file,findings\n\xff\xfe.png,mass\n")
    with pytest.raises(DatasetUnreadable):
        index_read(tmp_path / "labels.csv")
