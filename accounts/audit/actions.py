"""The closed list of audited actions: a code, its DICOM code (PS3.16 CID 400 and 401), and its sentence."""

from enum import Enum, StrEnum


class Outcome(StrEnum):
    SUCCESS = "success"
    FAILURE = "failure"
    REFUSED = "refused"


class Action(Enum):
    """`Action.STUDY_VIEWED.value` is what is stored; nothing outside this list can be recorded."""

    dicom_code: str
    sentence: str

    USER_SIGNED_IN = ("user.signed_in", "110122", "signed in")
    USER_SIGN_IN_FAILED = ("user.sign_in_failed", "110122", "failed to sign in")
    USER_SIGNED_OUT = ("user.signed_out", "110123", "signed out")
    SESSION_EXPIRED = ("session.expired", "110123", "was signed out for inactivity or age of the session")
    PASSWORD_CHANGED = ("user.password_changed", "110137", "changed a password")
    PREFERENCES_CHANGED = ("preferences.changed", "110137", "changed how they like to work")
    USER_CREATED = ("user.created", "110137", "created a user")
    USER_DEACTIVATED = ("user.deactivated", "110137", "deactivated a user")
    ROLE_GRANTED = ("role.granted", "110136", "granted a role")
    ROLE_REVOKED = ("role.revoked", "110136", "revoked a role")
    TOKEN_CREATED = ("token.created", "110137", "created a service token")
    TOKEN_REVOKED = ("token.revoked", "110137", "revoked a service token")
    ORGANISATION_CREATED = ("organisation.created", "110129", "created an organisation")
    SITE_CREATED = ("site.created", "110129", "created a site")
    KEY_CREATED = ("key.created", "110129", "created a key")
    STUDY_RECEIVED = ("study.received", "110107", "sent a study in")
    UPLOAD_REFUSED = ("upload.refused", "110107", "sent a file that was refused")
    STUDY_LISTED = ("study.listed", "110112", "looked at a list of studies")
    STUDY_VIEWED = ("study.viewed", "110103", "opened a study")
    PRIORS_VIEWED = ("priors.viewed", "110112", "looked for earlier studies of a patient")
    FRAME_VIEWED = ("frame.viewed", "110103", "saw an image")
    HEATMAP_VIEWED = ("heatmap.viewed", "110103", "saw a heatmap")
    FINDINGS_VIEWED = ("findings.viewed", "110103", "saw findings")
    REPORT_VIEWED = ("report.viewed", "110103", "opened a report of a read")
    REPORT_EXPORTED = ("report.exported", "110106", "exported a report of a read")
    REVIEWS_VIEWED = ("reviews.viewed", "110103", "saw the reviews of a study")
    ORIGINAL_EXPORTED = ("original.exported", "110106", "downloaded an original file")
    INFERENCE_QUEUED = ("inference.queued", "110100", "asked for an analysis")
    INFERENCE_COMPLETED = ("inference.completed", "110100", "analysed an image")
    INFERENCE_FAILED = ("inference.failed", "110100", "failed to analyse an image")
    INFERENCE_CANCELLED = ("inference.cancelled", "110100", "cancelled an analysis")
    STUDY_DELETED = ("study.deleted", "110105", "deleted a study")
    PATIENT_ERASED = ("patient.erased", "110110", "erased a patient")
    FINDING_CONFIRMED = ("finding.confirmed", "110103", "confirmed a finding")
    FINDING_CORRECTED = ("finding.corrected", "110103", "corrected a finding")
    FINDING_REJECTED = ("finding.rejected", "110103", "rejected a finding")
    FINDING_ADDED = ("finding.added", "110103", "added a finding")
    REVIEW_UNDONE = ("review.undone", "110103", "took a review back")
    READ_SIGNED = ("read.signed", "110103", "signed a read")
    READ_REOPENED = ("read.reopened", "110103", "opened a signed read again")
    BLIND_READ_COMMITTED = ("blind_read.committed", "110103", "committed a blind read")
    SECOND_READ_ASKED = ("second_read.asked", "110103", "asked for a second read, or had one drawn")
    READING_POLICY_CHANGED = ("reading_policy.changed", "110131", "changed how a site reads")
    TURNAROUND_VIEWED = ("turnaround.viewed", "110112", "looked at turnaround and reading times")
    TURNAROUND_EXPORTED = ("turnaround.exported", "110106", "took turnaround and reading times out")
    CLAIMS_LISTED = ("claims.listed", "110112", "looked at a list of insurance claims")
    CLAIM_VIEWED = ("claim.viewed", "110103", "opened an insurance claim")
    CLAIM_OPENED = ("claim.opened", "110107", "opened a new insurance claim")
    CLAIM_CHANGED = ("claim.changed", "110103", "changed what an insurance claim bills")
    CLAIM_DECIDED = ("claim.decided", "110103", "decided an insurance claim")
    CLAIM_EXPORTED = ("claim.exported", "110106", "took the decision sheet of an insurance claim out")
    CLAIM_ERASED = ("claim.erased", "110105", "emptied an insurance claim whose last study was deleted")
    STUDY_CLAIMED = ("study.claimed", "110103", "moved a study to or from an insurance claim")
    FILMS_MATCHED = ("films.matched", "110100", "found films of two insurance claims that look alike")
    FILMS_COMPARED = ("films.compared", "110103", "said whether two films are the same")
    PROCEDURE_GROUP_CHANGED = ("procedure_group.changed", "110131", "changed which findings support a procedure")
    READS_COMPARED = ("reads.compared", "110103", "compared two reads of a study")
    DRAFT_SAVED = ("draft.saved", "110103", "saved unsent work on a study")
    DRAFT_VIEWED = ("draft.viewed", "110103", "went on with unsent work on a study")
    DRAFT_DISCARDED = ("draft.discarded", "110103", "discarded unsent work on a study")
    MODEL_VIEWED = ("model.viewed", "110100", "looked at model versions")
    MODEL_REGISTERED = ("model.registered", "110131", "registered a model version")
    EVALUATION_RECORDED = ("evaluation.recorded", "110131", "recorded an evaluation of a model version")
    ENGINE_MEASURED = ("engine.measured", "110131", "measured the engines of a model version")
    ENGINE_COMPARED_ON = ("engine.compared_on", "110103", "compared engines on an image")
    ROUTE_CHANGED = ("route.changed", "110131", "changed a route")
    AUDIT_VIEWED = ("audit.viewed", "110101", "looked at the audit trail")
    USERS_VIEWED = ("users.viewed", "110112", "looked at users")
    RECORDS_VIEWED = ("records.viewed", "110112", "looked at records in the administration")
    ACCESS_REFUSED = ("access.refused", "110147", "was refused")

    def __new__(cls, code: str, dicom_code: str, sentence: str) -> "Action":
        member = object.__new__(cls)
        member._value_ = code
        member.dicom_code = dicom_code
        member.sentence = sentence
        return member
