"""What may stop a reader."""

from accounts.errors import Conflict, InvalidInput


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


class FrameUnknown(InvalidInput):
    code = "frame_unknown"
    message = "The instance has no such frame."


class CorrectionEmpty(InvalidInput):
    code = "correction_empty"
    message = "A correction changes the label or the box."
