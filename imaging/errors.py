"""What can be wrong with a study, as facts."""

from accounts.errors import Conflict, DomainError, InvalidInput, NotPermitted


class CaseTypeInvalid(InvalidInput):
    """A case type that does not exist."""

    code = "case_type_invalid"
    message = "This case type is not known."
    remedy = "Pick one of the case types of the list, or none."


class SopInstanceConflict(Conflict):
    """DICOM says that a SOP Instance UID names one object, once."""

    code = "sop_instance_conflict"
    message = "An image with this SOP Instance UID but other content is already here. The first one was not touched."
    tag = "(0008,0018)"
    remedy = "Export the changed image with a SOP Instance UID of its own."


class StudyPatientConflict(Conflict):
    """One study, two patients: somebody's film is under a wrong name."""

    code = "study_patient_conflict"
    message = "This study is already here for another patient. Nothing was added to it."
    tag = "(0010,0020)"
    remedy = "Correct the patient or the Study Instance UID at the source and send the image again."


class StudyClaimConflict(Conflict):
    """One study proves one claim."""

    code = "study_claim_conflict"
    message = "This study already stands under another insurance claim. Nothing was added to it."
    remedy = "Leave the claim number out, or move the study to the other claim first."


class ClaimNumberInvalid(InvalidInput):
    """Empty, too long, or with characters that no number has."""

    code = "claim_number_invalid"
    message = "A claim number has 1 to 64 printable characters."


class ClaimElsewhere(InvalidInput):
    """A claim and its studies belong to one site."""

    code = "claim_elsewhere"
    message = "The claim belongs to another site than the study."
    remedy = "Open a claim of this number at the study's site."


class ClaimChanged(Conflict):
    """Somebody else changed the claim meanwhile, or films arrived."""

    code = "claim_changed"
    status = 412
    message = "The claim has changed since you opened it. Nothing was written."
    remedy = "Look at what is new, then decide again."


class NothingToCancel(Conflict):
    """Every run has ended."""

    code = "nothing_to_cancel"
    message = "No analysis of this study is waiting or running."


class LeaseLost(DomainError):
    """The run was given to somebody else, was cancelled, or its study is gone: this result no longer counts."""

    code = "lease_lost"
    status = 409
    message = "The run is no longer held by this worker; its result was dropped."


class QueueFull(DomainError):
    """Too many at once: come back."""

    code = "too_many_uploads"
    status = 503
    message = "Too many uploads are running at this moment."
    remedy = "Send the file again in a few seconds."


class UploadTooLarge(DomainError):
    """Declared, or counted as it arrived."""

    code = "file_too_large"
    status = 413
    message = "The file is larger than the limit."
    remedy = "Send a smaller file, or ask your administrator to raise the limit."


class UploadEncodingUnsupported(DomainError):
    """A compressed body hides its size."""

    code = "content_encoding"
    status = 415
    message = "The body must be sent as it is, without Content-Encoding."


class UploadMalformed(InvalidInput):
    """The body is not what its headers say."""

    code = "upload_malformed"
    message = "The upload could not be read: its form is damaged or incomplete."
    remedy = "Send one file as the body, or a form with the fields case_type, site and file."


class UploadIncomplete(DomainError):
    """The sender went away, or stopped sending, before the end."""

    code = "upload_incomplete"
    status = 408
    message = "The upload stopped before its end. Nothing was stored."
    remedy = "Send the file again."


class Withheld(NotPermitted):
    """A reader reads for themselves before the machine may speak."""

    code = "withheld"
    message = "What the models say of this study is withheld: this site reads blind first."
    remedy = "Commit your own read of the study; then it is shown to you."


class FrameTooLarge(DomainError):
    """More pixels than a browser can hold beside its other frames."""

    code = "frame_too_large"
    status = 413
    message = "This frame is too large for the viewer."
    remedy = "Download the original file and open it in a program for very large images."
