"""What may stop a reader."""

from accounts.errors import Conflict, DomainError, InvalidInput


class ReadChanged(DomainError):
    """Another tab, or another reader, wrote since the page was shown: nothing of either is lost, nothing is written."""

    code = "read_changed"
    status = 412
    message = "This study has been read elsewhere since it was shown to you. Both sides are kept."
    remedy = "Compare both sides, then go on."


class AlreadyRead(Conflict):
    """Nobody silently writes over, or beside, what another reader said."""

    code = "already_read"
    message = "Another reader has read this study. Your read would be a second read beside theirs."
    remedy = "Look at their read, then go on as a second reader if you want to."


class VersionChanged(Conflict):
    """The reader looked at other findings than those that are there now."""

    code = "version_changed"
    message = "The findings of this study have changed since they were shown to you."
    remedy = "Look at the new findings and decide again."


class ReadSigned(Conflict):
    code = "read_signed"
    message = "You have signed your read of this study."
    remedy = "Undo the signature first."


class NothingToConfirm(Conflict):
    code = "not_analysed"
    message = "The models have not analysed this study, so there is nothing to confirm."
    remedy = "Read it yourself: draw what you see, then sign."


class NothingToUndo(Conflict):
    code = "nothing_to_undo"
    message = "There is nothing of yours to undo in this study."


class FindingOutdated(Conflict):
    code = "finding_outdated"
    message = "This finding belongs to an earlier analysis of the study."
    remedy = "Look at the current findings and decide again."


class LabelUnknown(InvalidInput):
    code = "label_unknown"
    message = "This label is not in the vocabulary of the case type."


class BoxInvalid(InvalidInput):
    code = "box_invalid"
    message = "A box needs left < right and top < bottom, at least one pixel, inside the frame."


class LateralityUnknown(InvalidInput):
    code = "laterality_unknown"
    message = "The side is R, L or B, or empty."


class ToothUnknown(InvalidInput):
    code = "tooth_unknown"
    message = "A tooth of a dental image is numbered by FDI: 11 to 48, primary teeth 51 to 85."


class SideContradictsTooth(InvalidInput):
    code = "side_contradicts_tooth"
    message = "The tooth is on the other side of the patient."
    remedy = "Change the tooth or the side."


class GradeUnknown(InvalidInput):
    code = "grade_unknown"
    message = "The grade is not one of this label's scale."


class ReasonUnknown(InvalidInput):
    code = "reason_unknown"
    message = "The reason is not one that explains this verdict."


class ChoiceInvalid(InvalidInput):
    code = "choice_invalid"
    message = "This cannot be taken for this item."


class DraftTooLarge(InvalidInput):
    code = "draft_too_large"
    status = 413
    message = "A draft holds at most 64 kB."


class FrameUnknown(InvalidInput):
    code = "frame_unknown"
    message = "The instance has no such frame."


class CorrectionEmpty(InvalidInput):
    code = "correction_empty"
    message = "A correction changes the label, the box, the side, the tooth or the grade."


class CommitFirst(Conflict):
    """This site reads blind first."""

    code = "commit_first"
    message = "This site reads blind first: what the models say is not shown to you yet."
    remedy = "Commit your own read, normal or abnormal with what you see; then confirm, correct or sign."


class NothingToCommit(Conflict):
    code = "not_blind_first"
    message = "This site does not read blind first, or you have seen what the models say: there is nothing to commit."
    remedy = "Read on: confirm, correct and sign."


class AlreadyCommitted(Conflict):
    code = "already_committed"
    message = "You have committed your blind read of this study. It stays as it was."
    remedy = "Read on: your final read may say otherwise, and both are kept."


class SecondReadAsked(Conflict):
    code = "second_read_asked"
    message = "A second read of this study is already asked for."


class NotYetRead(Conflict):
    code = "not_yet_read"
    message = "There is no read of this study to report: nobody has signed one, and you have not begun yours."
    remedy = "Read the study first: confirm, correct or add what you see."


class ReasonMissing(InvalidInput):
    """A claim that is queried or denied without a word why."""

    code = "reason_missing"
    message = "A query or a denial needs a reason."
    remedy = "Write in a sentence what is missing or what speaks against it."
