"""One read, gathered: what the reader said, what the models said, who and when. Reads the database, writes nothing."""

from collections.abc import Iterable
from uuid import UUID

from accounts.models import User
from feedback.models import BlindRead, Read, ReadState, SecondReadRequest, Verdict
from feedback.reports.lines import Item, finding_line, items_of
from feedback.reports.plans import image_plans
from feedback.reports.values import Examination, FindingLine, Model, OtherRead, Person, ReadReport
from feedback.reports.words import day, moment, outcome_words, tally
from feedback.selectors import standing_reviews
from imaging.corrections import correction_words
from imaging.models import AnalysisState, Finding, Instance, Study
from imaging.pipeline.values import case_type_words
from imaging.selectors import current_findings, study_detail


def read_report(read: Read, *, others: Iterable[Read]) -> ReadReport:
    """Everything that is reported of a read.

    Args:
        others: the reads of other readers that whoever asks may see.
    """
    study = study_detail(read.study)
    instances: list[Instance] = study.all_instances
    findings = list(current_findings(study).prefetch_related("instance"))
    items = items_of(standing_reviews(read), findings)
    lines = tuple(finding_line(number, item, instances) for number, item in enumerate(items, start=1))
    plans, left_out = image_plans(items, instances)
    signed = read.state == ReadState.SIGNED
    listed = {item.finding.id for item in items if item.finding}
    return ReadReport(
        read_id=read.id,
        person=_person(study),
        examination=_examination(study, len(instances)),
        reader=name_of(read.reader),
        signed=signed,
        begun_at=read.created_at,
        signed_at=read.signed_at,
        outcome=outcome_words(lines, signed=signed, analysed=study.analysis_state == AnalysisState.ANALYSED),
        how=tuple(_how(read)),
        warnings=tuple(_warnings(read, study, lines)),
        notices=tuple(_notices(instances)),
        corrections=tuple(_corrections(findings, instances)),
        findings=lines,
        unlisted=sum(1 for finding in findings if finding.id not in listed),
        images=plans,
        left_out=left_out,
        models=tuple(_models(study, items)),
        others=tuple(_other(one) for one in others),
    )


def name_of(user: User) -> str:
    return f"{user.display_name} ({user.username})" if user.display_name else user.username


def _person(study: Study) -> Person:
    patient = study.patient
    return Person(
        pseudonym=patient.pseudonym,
        name=patient.name.replace("^", " ").strip(),
        patient_id=patient.patient_id,
        birth_date=day(patient.birth_date),
        sex=patient.sex,
    )


def _examination(study: Study, images: int) -> Examination:
    triage = f"{study.triage_class}: {study.triage_reason}" if study.triage_class else study.analysis_reason
    return Examination(
        id=study.id,
        case_type=case_type_words(study.case_type) or "not known",
        study_date=day(study.study_date),
        description=study.description,
        accession_number=study.accession_number,
        received_at=study.created_at,
        site=study.site.name,
        organisation=study.site.organisation.name,
        triage=triage.rstrip(": "),
        images=images,
        synthetic=study.synthetic,
    )


def _how(read: Read) -> Iterable[str]:
    """Blind to the models first; as a second reader, blind to the first or not."""
    blind = BlindRead.objects.filter(study=read.study, reader=read.reader).first()
    if blind is not None:
        count = len(blind.findings)
        yield (
            f"Read blind first: {blind.impression}, {count or 'no'} own finding{'' if count == 1 else 's'}, committed "
            f"{moment(blind.created_at)}, before the models' output was shown."
        )
    asked = SecondReadRequest.objects.filter(study=read.study, fulfilled_by=read.reader).first()
    if asked is not None:
        yield f"Second read ({asked.reason}), blind to the first."
    elif read.second_read:
        yield "Second read; the reader knew that another read was there."


def _warnings(read: Read, study: Study, lines: tuple[FindingLine, ...]) -> Iterable[str]:
    if read.state != ReadState.SIGNED:
        yield "This read is a draft: its reader has not signed it, and may still change every word of it."
    elif read.study_version != study.version:
        yield "The models looked at this study again after the read was signed: their findings may be others by now."
    if study.synthetic:
        yield "A synthetic phantom: nobody's film."
    if study.analysis_state != AnalysisState.ANALYSED:
        yield f"Not analysed by the models: {study.analysis_reason or study.get_analysis_state_display()}."
    if any(line.verdict == "" for line in lines):
        yield "Findings without a verdict are the models' own: no reader confirmed or rejected them."


def _notices(instances: list[Instance]) -> Iterable[str]:
    for number, instance in enumerate(instances, start=1):
        for notice in instance.notices:
            yield f"Image {number}: {notice['message']}" if len(instances) > 1 else str(notice["message"])


def _corrections(findings: list[Finding], instances: list[Instance]) -> Iterable[str]:
    """What was done to the stored frames before the models read them, each said once."""
    numbers = {instance.id: number for number, instance in enumerate(instances, start=1)}
    said: dict[str, None] = {}
    for finding in findings:
        words = correction_words(finding.result.corrections)
        if words:
            said.setdefault(f"Image {numbers.get(finding.instance_id, 1)}: {words}")
    return said


def _models(study: Study, items: list[Item]) -> Iterable[Model]:
    """Every version that looked, and those of an earlier analysis that the reader answered to."""
    versions = list(study.all_models)
    for item in items:
        if item.finding is not None:
            versions += [item.finding.model_version, item.finding.second_version]
    known: dict[UUID, Model] = {}
    for version in versions:
        if version is not None:
            known.setdefault(version.id, Model(version.name, version.version, version.task, version.sha256))
    return known.values()


def _other(read: Read) -> OtherRead:
    reviews = [review for review in standing_reviews(read) if review.verdict != Verdict.REMOVED]
    words = tally(review.verdict for review in reviews)
    return OtherRead(by=name_of(read.reader), words=f"signed {moment(read.signed_at)}: {words}")
