"""What leaves as a file: kept by no cache, taken for nothing else than it says."""

from django.http import HttpResponse


def uncached(data: bytes | memoryview, content_type: str) -> HttpResponse:
    """Bytes that a browser may show where it asked for them, and nowhere else."""
    response = HttpResponse(data, content_type=content_type)
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def attachment(data: bytes | memoryview, content_type: str, name: str) -> HttpResponse:
    """The same to be saved under a name, which is ours: letters, digits, dots and dashes."""
    response = uncached(data, content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
