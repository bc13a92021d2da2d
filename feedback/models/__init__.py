from feedback.models.read import FindingReview, Read, ReadState, ReviewWithdrawal, Verdict

__all__ = ["FindingReview", "Read", "ReadState", "ReviewWithdrawal", "Verdict"]
