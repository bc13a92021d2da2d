"""What goes wrong with one frame, and the record that stands in its place in a batch."""

from dataclasses import dataclass

from accounts.errors import DomainError


class PredictionNotFinite(DomainError):
    """The network put out NaN or infinity: nothing that follows from it would mean anything."""

    code = "prediction_not_finite"
    status = 500
    message = "The model's output for this image is not a number, so nothing is reported."
    remedy = "Have a person read the image; tell a model manager."


class ExplanationImpossible(DomainError):
    """The network has neither a pooling tail nor a layer that it names for explanation."""

    code = "explanation_impossible"
    status = 500
    message = "The model cannot show what its findings rest on, so nothing is reported."
    remedy = "Ask a model manager for a version that can be explained."


PERSON = "Have a person read the image."


@dataclass(frozen=True, slots=True)
class PipelineError:
    """One frame that could not be read by the models; the others of its batch were."""

    code: str
    message: str
    remedy: str | None = PERSON


def as_pipeline_error(error: Exception) -> PipelineError:
    """The facts that are safe to show; of an unforeseen exception only its type, since its text may hold anything."""
    if isinstance(error, DomainError):
        return PipelineError(code=error.code, message=error.message, remedy=error.remedy or PERSON)
    if isinstance(error, MemoryError):
        return PipelineError(code="out_of_memory", message="There was not enough memory to read this image.")
    return PipelineError(code="pipeline_failed", message=f"The pipeline failed on this image ({type(error).__name__}).")
