"""What the API says of models."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from registry.models import ModelVersion, Route


class ModelVersionOutput(serializers.ModelSerializer):
    task = serializers.CharField()
    state = serializers.CharField()
    case_types = serializers.ListField(child=serializers.CharField())
    labels = serializers.ListField(child=serializers.CharField())
    evidence = serializers.SerializerMethodField()

    class Meta:
        model = ModelVersion
        fields = (
            "id",
            "name",
            "version",
            "task",
            "architecture",
            "sha256",
            "size_bytes",
            "state",
            "case_types",
            "labels",
            "spec",
            "card",
            "created_at",
            "evidence",
        )

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_evidence(self, version: ModelVersion) -> list[dict[str, Any]]:
        """By case type: family, role, routes, the newest evaluation, what the gate says, the engine that serves."""
        return self.context["evidence"].get(version.id, [])


class RoutedModelOutput(serializers.ModelSerializer):
    class Meta:
        model = ModelVersion
        fields = ("id", "name", "version", "sha256")


class RouteOutput(serializers.ModelSerializer):
    """Without a site, the route holds wherever a site has none of its own.

    unmeasured_reason: why the version serves although nobody has measured where its maps point; empty when measured.
    """

    site = serializers.CharField(source="site.code", allow_null=True, default=None)
    model = RoutedModelOutput(source="model_version")

    class Meta:
        model = Route
        fields = ("case_type", "site", "position", "model", "unmeasured_reason")


class RouteSetInput(serializers.Serializer):
    site = serializers.UUIDField()
    case_type = serializers.CharField(max_length=32)
    versions = serializers.ListField(child=serializers.UUIDField(), max_length=16, allow_empty=True)
    unmeasured_reason = serializers.CharField(max_length=300, allow_blank=True, default="")
