"""docs/conformance.md says what the code does."""

import re

from imaging.dicom.errors import REFUSALS
from tests.paths import REPOSITORY

PAGE = (REPOSITORY / "docs" / "conformance.md").read_text()
SOURCES = [*(REPOSITORY / "imaging" / "dicom").glob("*.py"), REPOSITORY / "imaging" / "raster.py"]


def test_the_page_lists_every_refusal_with_its_sentence_and_remedy() -> None:
    listed = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert listed == [(code, row.message, row.remedy) for code, row in REFUSALS.items()]


def test_every_refusal_of_the_table_is_raised_somewhere_and_every_one_raised_is_in_the_table() -> None:
    sources = [*SOURCES, *(REPOSITORY / "imaging").glob("sandbox*.py")]
    text = "\n".join(path.read_text() for path in sources if path.name != "errors.py")
    raised = set(re.findall(r'refused\(\s*"(\w+)"', text)) | set(re.findall(r'"(\w+)" if [^\n]*else "\w+"\)', text))
    raised |= set(re.findall(r'else "(\w+)"\)', text))
    assert raised >= set(REFUSALS)
    assert set(re.findall(r'refused\(\s*"(\w+)"', text)) <= set(REFUSALS)


def test_the_page_names_every_notice() -> None:
    text = "\n".join(path.read_text() for path in SOURCES)
    codes = set(re.findall(r'(?:Notice|_note)\(\s*"(\w+)"', text)) | {"uid_missing", "uid_invalid"}
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()
