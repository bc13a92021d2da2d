"""DICOM's levels below the patient."""

from django.db import models

from accounts.base import TimestampedModel
from accounts.crypto.fields import EncryptedTextField
from accounts.crypto.scope import EncryptionScope
from imaging.pipeline.values import CASE_TYPES


class AnalysisState(models.TextChoices):
    """Where the machine stands with a study; kept by services/inference.py alone."""

    WAITING = "waiting", "waiting"
    ANALYSING = "analysing", "analysing"
    ANALYSED = "analysed", "analysed"
    NOT_ANALYSED = "not_analysed", "not analysed"
    NEEDS_HUMAN = "needs_human", "needs a human"
    CANCELLED = "cancelled", "cancelled"


class TriageClass(models.TextChoices):
    URGENT = "urgent", "urgent"
    FLAGGED = "flagged", "flagged"
    NORMAL = "normal", "normal"


class Study(TimestampedModel):
    """One examination at one site: the unit of the worklist and of permission."""

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="studies")
    patient = models.ForeignKey("imaging.Patient", on_delete=models.PROTECT, related_name="studies")
    study_instance_uid = models.CharField(max_length=64, blank=True, default="", db_index=True)
    case_type = models.CharField(max_length=32, choices=[(c, c.replace("_", " ")) for c in CASE_TYPES], blank=True)
    case_type_reason = models.CharField(max_length=200, blank=True, default="")
    study_date = models.CharField(max_length=8, blank=True, default="")
    description = EncryptedTextField(blank=True, default="")
    accession_number = EncryptedTextField(blank=True, default="")
    uploaded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    analysis_state = models.CharField(max_length=16, choices=AnalysisState.choices, default=AnalysisState.WAITING)
    analysis_reason = models.CharField(max_length=300, blank=True, default="")
    triage_class = models.CharField(max_length=8, choices=TriageClass.choices, blank=True, default="")
    triage_reason = models.CharField(max_length=500, blank=True, default="")
    triage_scores = models.JSONField(default=dict)
    study_scores = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=0)
    synthetic = models.BooleanField(default=False)
    insurance_claim = models.ForeignKey(
        "imaging.InsuranceClaim", on_delete=models.SET_NULL, null=True, blank=True, related_name="studies"
    )

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["site", "triage_class", "created_at"], name="study_worklist"),
            models.Index(fields=["site", "created_at"], name="study_arrival"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "study_instance_uid"],
                condition=~models.Q(study_instance_uid=""),
                name="one_study_per_study_instance_uid",
            )
        ]

    def __str__(self) -> str:
        return f"study {self.id}"

    def encryption_scope(self) -> EncryptionScope:
        return EncryptionScope(organisation_id=self.organisation_id, patient_ref=self.patient_id)


class Series(TimestampedModel):
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="series")
    series_instance_uid = models.CharField(max_length=64, blank=True, default="")
    modality = models.CharField(max_length=16, blank=True, default="")
    body_part_examined = models.CharField(max_length=32, blank=True, default="")
    number = models.IntegerField(null=True)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(
                fields=["study", "series_instance_uid"],
                condition=~models.Q(series_instance_uid=""),
                name="one_series_per_series_instance_uid",
            )
        ]

    def __str__(self) -> str:
        return f"series {self.id}"


class Instance(TimestampedModel):
    """One stored file; its original bytes never change. Its case type decides which models look at it."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="instances")
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+")
    stored_object = models.ForeignKey("accounts.StoredObject", on_delete=models.PROTECT, related_name="+")
    file_name = EncryptedTextField(blank=True, default="")
    case_type = models.CharField(max_length=32, choices=[(c, c.replace("_", " ")) for c in CASE_TYPES], blank=True)
    container = models.CharField(max_length=8)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    sop_instance_uid = models.CharField(max_length=64, null=True)
    sop_class_uid = models.CharField(max_length=64, blank=True, default="")
    number = models.IntegerField(null=True)
    rows = models.PositiveIntegerField()
    columns = models.PositiveIntegerField()
    number_of_frames = models.PositiveIntegerField()
    photometric_interpretation = models.CharField(max_length=32, blank=True, default="")
    pixel_spacing = models.JSONField(null=True)
    view_position = models.CharField(max_length=16, blank=True, default="")
    image_laterality = models.CharField(max_length=16, blank=True, default="")
    pixel_digests = models.JSONField(default=list)
    notices = models.JSONField(default=list)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["site", "sha256"], name="same_bytes_same_instance"),
            models.UniqueConstraint(
                fields=["site", "sop_instance_uid"],
                condition=models.Q(sop_instance_uid__isnull=False),
                name="one_instance_per_sop_instance_uid",
            ),
        ]

    def __str__(self) -> str:
        return f"instance {self.id}"

    def encryption_scope(self) -> EncryptionScope:
        return self.series.study.encryption_scope()
