"""What a reader's page holds and has not sent yet: kept for a crash, a logout and a second tab, and for nobody else."""

import uuid

from django.db import models

from accounts.base import TimestampedModel
from accounts.crypto.fields import EncryptedTextField
from accounts.crypto.scope import EncryptionScope


class ReadDraft(TimestampedModel):
    """One a reader and study; removed when the read is signed.

    tag: drawn anew at every write, the ETag of the content. refused: what another tab of the reader's wanted to write
    over a content that it had not seen; both are kept until the reader has settled it.
    audited_at: the last write that has an audit row; a page that saves every two seconds has one a minute.
    """

    study = models.ForeignKey("imaging.Study", on_delete=models.CASCADE, related_name="read_drafts")
    reader = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    content = EncryptedTextField(blank=True, default="")
    refused = EncryptedTextField(blank=True, default="")
    tag = models.UUIDField(default=uuid.uuid4)
    saved_at = models.DateTimeField()
    refused_at = models.DateTimeField(null=True)
    audited_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["study", "reader"], name="one_draft_per_reader")]

    def __str__(self) -> str:
        return f"draft {self.id}"

    def encryption_scope(self) -> EncryptionScope:
        return self.study.encryption_scope()
