"""What comes in over the API, checked against the shape that its schema declares."""

from typing import Any

from rest_framework.serializers import Serializer


def validated(kind: type[Serializer], data: Any) -> dict[str, Any]:
    """The checked values of a body, or of a query. Raises rest_framework's ValidationError: 400 (api/errors.py)."""
    asked = kind(data=data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)
