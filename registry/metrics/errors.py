"""What can be wrong with a sample that a metric is asked for."""

from accounts.errors import DomainError


class SampleUnusable(DomainError):
    """Empty, of different lengths, not finite, or of one class where two are needed."""

    code = "sample_unusable"
    status = 422
    message = "The sample does not allow this metric."
