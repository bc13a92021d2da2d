"""Patient, study, series and instance attributes of a header, as clean text. Source: DICOM PS3.5 section 6.2."""

import re
import unicodedata
from math import isfinite

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from imaging.dicom.errors import refused, tag_text
from imaging.dicom.part10 import HEADER_FAULTS, Part10
from imaging.dicom.uids import is_damaged_uid, is_usable_uid, is_valid_uid
from imaging.dicom.values import Notice, PatientHeader, StudyHeader

_MAX_TEXT = 256
_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
_PATH_OR_MARKUP = re.compile(r"\.\.[/\\]|^/|^[A-Za-z]:\\|[<>]|%2[eEfF]")
_LONG_SPACE = re.compile(r"\s+")


class HeaderText:
    """Reads attributes and notes what had to be cleaned."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self.notices: list[Notice] = []

    def text(self, keyword: str) -> str:
        """Text without control and bidirectional override characters, at most 256 long; "" when it is missing."""
        raw = self._raw(keyword)
        clean = _LONG_SPACE.sub(" ", "".join(" " if _is_unsafe(char) else char for char in raw)).strip()
        if len(clean) > _MAX_TEXT or any(_is_unsafe(char) for char in raw.strip("\0 \r\n\t")):
            self._note("text_cleaned", "A text of the header held unusual characters or was too long.", keyword)
        if _PATH_OR_MARKUP.search(clean):
            self._note("text_unusual", "A text of the header looks like a path or markup; it stays text.", keyword)
        return clean[:_MAX_TEXT]

    def _raw(self, keyword: str) -> str:
        try:
            value = self._dataset.get(keyword)
        except HEADER_FAULTS:
            self._note("text_unreadable", "A text of the header cannot be read.", keyword)
            return ""
        if value is None:
            return ""
        return "\\".join(str(part) for part in value) if isinstance(value, MultiValue | list) else str(value)

    def uid(self, keyword: str) -> str | None:
        """A UID that identifies, else None and a notice.

        Raises:
            RefusedFile: uid_damaged.
        """
        text = self._raw(keyword).strip("\0 ")
        if is_damaged_uid(text):
            raise refused("uid_damaged", tag=tag_for_keyword(keyword))
        if is_usable_uid(text):
            if not is_valid_uid(text):
                self._note("uid_nonconformant", "A UID is not formed as DICOM asks; it is kept as it is.", keyword)
            return text
        code, says = ("uid_missing", "is missing") if not text else ("uid_invalid", "is malformed")
        self._note(code, f"A UID {says}; the platform gives its own.", keyword)
        return None

    def integer(self, keyword: str) -> int | None:
        """An integer that fits into 32 bits, None when missing or unreadable."""
        try:
            value = int(self._dataset.get(keyword))
        except HEADER_FAULTS:
            return None
        return value if abs(value) < 2**31 else None

    def spacing(self) -> tuple[float, float] | None:
        """PixelSpacing (between rows, between columns) in mm; None with a notice when it is there but unusable."""
        try:
            value = self._dataset.get("PixelSpacing")
            if value in (None, ""):
                return None
            rows, columns = (float(part) for part in value)
        except HEADER_FAULTS:
            rows = columns = 0.0
        if all(isfinite(part) and part > 0 for part in (rows, columns)):
            return rows, columns
        self._note("pixel_spacing_unusable", "The pixel spacing is unusable; nothing can be measured.", "PixelSpacing")
        return None

    def _note(self, code: str, message: str, keyword: str) -> None:
        self.notices.append(Notice(code, message, tag_text(tag_for_keyword(keyword))))


def _is_unsafe(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def patient_header(text: HeaderText) -> PatientHeader:
    """Identity as the header states it."""
    return PatientHeader(
        patient_id=text.text("PatientID"),
        patient_name=text.text("PatientName"),
        patient_birth_date=text.text("PatientBirthDate"),
        patient_sex=text.text("PatientSex"),
        issuer_of_patient_id=text.text("IssuerOfPatientID"),
    )


def study_header(text: HeaderText, part10: Part10) -> StudyHeader:
    """Study, series and instance attributes."""
    study, series, instance = (text.uid(keyword) for keyword in _UIDS)
    sop_class = text.text("SOPClassUID") or part10.media_storage_sop_class_uid
    return StudyHeader(
        study_instance_uid=study,
        series_instance_uid=series,
        sop_instance_uid=instance,
        sop_class_uid=sop_class if is_valid_uid(sop_class) else None,
        transfer_syntax_uid=part10.syntax.uid,
        modality=text.text("Modality")[:16],
        study_date=text.text("StudyDate"),
        study_time=text.text("StudyTime"),
        study_description=text.text("StudyDescription"),
        series_description=text.text("SeriesDescription"),
        accession_number=text.text("AccessionNumber"),
        body_part_examined=text.text("BodyPartExamined"),
        view_position=text.text("ViewPosition"),
        image_laterality=text.text("ImageLaterality") or text.text("Laterality"),
        manufacturer=text.text("Manufacturer"),
        series_number=text.integer("SeriesNumber"),
        instance_number=text.integer("InstanceNumber"),
        pixel_spacing=text.spacing(),
    )


def other_words(text: HeaderText, dataset: Dataset) -> str:
    """Protocol name and the meanings of coded region and view: they may name the body part too."""
    words = [text.text("ProtocolName")]
    for keyword in ("AnatomicRegionSequence", "ViewCodeSequence"):
        try:
            words += [str(item.CodeMeaning)[:_MAX_TEXT] for item in dataset.get(keyword) or ()]
        except HEADER_FAULTS:
            continue
    return " ".join(words)


def handling_notices(dataset: Dataset) -> list[Notice]:
    """What the header says about how the picture must be handled."""
    try:
        burned_in = str(dataset.get("BurnedInAnnotation") or "").strip().upper() == "YES"
    except HEADER_FAULTS:
        burned_in = True
    message = "The header says that text is burned into the image; it may name the patient."
    return [Notice("burned_in_annotation", message, "(0028,0301)")] if burned_in else []
