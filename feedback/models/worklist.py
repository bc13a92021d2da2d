"""The worklist as a table: one row a study, so that a page of a million studies is a few short ranges of an index.

Everything here follows from the study, its reads, its claim and its second-read request, and can be made again at any
time (`manage.py worklist_rebuild`); but for the leases. Kept by services/worklist_entries.py and services/leases.py.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from accounts.base import TimestampedModel
from accounts.crypto.fields import BlindIndexField
from feedback.priority import Grade

GRADES = [(int(grade), grade.name.lower().replace("_", " ")) for grade in Grade]


class WorklistEntry(models.Model):
    """What the list shows of a study and orders it by. No patient data: a pseudonym, codes, the words of the models.

    The key is a number: it breaks ties of time in every index at eight bytes, where a UUID took sixteen to thirty-two.
    grade: where it stands (feedback/priority.py). second_grade: where it stands among second reads, null when none is
    open; second_asked_by: who cannot give it. said, reads, disagreement: as a row shows them.
    first_wait_seconds: from receipt to the first signature. accession_index: of Accession Number (0008,0050).
    """

    id = models.BigAutoField(primary_key=True)
    study = models.OneToOneField("imaging.Study", on_delete=models.CASCADE, related_name="worklist_entry")
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+", db_index=False)
    patient_ref = models.UUIDField()
    grade = models.PositiveSmallIntegerField(choices=GRADES)
    received_at = models.DateTimeField()
    case_type = models.CharField(max_length=32, blank=True, default="")
    analysis_state = models.CharField(max_length=16)
    analysis_reason = models.CharField(max_length=300, blank=True, default="")
    triage_class = models.CharField(max_length=8, blank=True, default="")
    triage_reason = models.CharField(max_length=500, blank=True, default="")
    version = models.PositiveIntegerField(default=0)
    synthetic = models.BooleanField(default=False)
    said = models.JSONField(default=list)
    reads = models.JSONField(default=list)
    first_signed_at = models.DateTimeField(null=True)
    last_signed_at = models.DateTimeField(null=True)
    first_wait_seconds = models.PositiveIntegerField(null=True)
    disagrees = models.BooleanField(default=False)
    disagreement = models.JSONField(default=list)
    second_grade = models.PositiveSmallIntegerField(null=True, choices=GRADES)
    second_reason = models.CharField(max_length=16, blank=True, default="")
    second_asked_by = models.UUIDField(null=True)
    claim = models.ForeignKey(
        "imaging.InsuranceClaim", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    accession_index = BlindIndexField()
    lease_holder = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    leased_until = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "worklist entries"
        # One index for what a list is narrowed to most, each ending as the list is ordered; the lanes that few studies
        # are in have small ones of their own.
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["site", "grade", "received_at", "id"], name="entry_order"),
            models.Index(fields=["site", "case_type", "grade", "received_at", "id"], name="entry_case_type"),
            models.Index(fields=["site", "analysis_state", "grade", "received_at", "id"], name="entry_state"),
            models.Index(fields=["site", "triage_class", "grade", "received_at", "id"], name="entry_triage"),
            models.Index(
                fields=["site", "second_grade", "received_at", "id"],
                condition=Q(second_grade__isnull=False),
                name="entry_second",
            ),
            models.Index(
                fields=["site", "case_type", "second_grade", "received_at", "id"],
                condition=Q(second_grade__isnull=False),
                name="entry_second_case_type",
            ),
            models.Index(fields=["site", "received_at", "id"], condition=Q(disagrees=True), name="entry_disagree"),
            models.Index(
                fields=["site", "case_type", "received_at", "id"],
                condition=Q(disagrees=True),
                name="entry_disagree_case_type",
            ),
            models.Index(
                fields=["site", "grade", "received_at", "id"],
                condition=Q(claim__isnull=False),
                name="entry_claim",
            ),
            models.Index(
                fields=["site", "case_type", "grade", "received_at", "id"],
                condition=Q(claim__isnull=False),
                name="entry_claim_case_type",
            ),
            models.Index(
                fields=["site", "last_signed_at", "id"], condition=Q(last_signed_at__isnull=False), name="entry_signed"
            ),
            models.Index(fields=["claim"], condition=Q(claim__isnull=False), name="entry_of_claim"),
            models.Index(fields=["lease_holder"], condition=Q(lease_holder__isnull=False), name="entry_lease"),
        ]

    def __str__(self) -> str:
        return f"worklist entry {self.id}"

    @property
    def pseudonym(self) -> str:
        """As Patient.pseudonym."""
        return f"P-{self.patient_ref.hex[:6].upper()}"


class FacetKind(models.TextChoices):
    """version: a model version that looked at it; reader: who has a read of it; draft: whose read is not signed."""

    VERSION = "version", "model version"
    READER = "reader", "reader"
    DRAFT = "draft", "draft"


class WorklistFacet(models.Model):
    """What an entry may have several of, with the columns that order the list: a range of an index, like the rest."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(WorklistEntry, on_delete=models.CASCADE, related_name="facets", db_index=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=FacetKind.choices)
    value = models.UUIDField()
    grade = models.PositiveSmallIntegerField(choices=GRADES)
    received_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["entry", "kind", "value"], name="one_facet_per_value")]
        indexes = [models.Index(fields=["site", "kind", "value", "grade", "received_at", "entry"], name="facet_order")]

    def __str__(self) -> str:
        return f"worklist facet {self.id}"


class WorklistTurn(models.Model):
    """How many studies were handed to a reader since the last one that had waited past its limit, and which study
    was counted last."""

    reader = models.OneToOneField("accounts.User", on_delete=models.CASCADE, primary_key=True, related_name="+")
    since_overdue = models.PositiveIntegerField(default=0)
    current = models.UUIDField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"turn of {self.reader_id}"


class WorklistView(TimestampedModel):
    """A reader's own way to look at the list: a name and filters, checked when they are written. No patient data."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="worklist_views", db_index=False)
    name = models.CharField(max_length=60)
    filters = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="one_worklist_view_per_name")]

    def __str__(self) -> str:
        return self.name
