"""Pixels and maps over REST: every byte is audited before it leaves, and stays in no cache."""

import json
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api.files import attachment, uncached
from accounts.api.requests import validated
from accounts.audit.actions import Action
from accounts.errors import NotFound
from accounts.policy import on_site
from accounts.services.objects import object_read
from imaging import rendering, sandbox
from imaging.access import finding_access, instance_access
from imaging.api.audited import study_access_record
from imaging.api.inputs import FrameInput, HeatmapInput, SamplesInput
from imaging.disclosure import machine_output_checked
from imaging.errors import FrameTooLarge
from imaging.models import Finding, Instance
from imaging.pipeline.values import Heatmap
from imaging.services.heatmaps import heatmap_unpack

SAMPLES_PIXELS = 64_000_000
"""Frames beyond this stay on the server: 128 MB each here and in the browser."""


class FrameApi(APIView):
    policy = on_site("view_study")

    @extend_schema(
        tags=["images"],
        summary="A frame as displayed, 8-bit grey PNG",
        parameters=[FrameInput],
        responses={(200, "image/png"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, instance_id: UUID, index: int) -> HttpResponse:
        wanted = validated(FrameInput, request.query_params)
        instance = instance_access(user=request.user, instance_id=instance_id)
        if index >= instance.number_of_frames:
            raise NotFound("The image does not have that frame.")
        _record(Action.FRAME_VIEWED, request, instance)
        picture = sandbox.render_frame_png(
            object_read(instance.stored_object),
            index,
            window=_window(wanted.get("window")),
            max_side=wanted.get("max_side"),
        )
        return uncached(picture, "image/png")


class SamplesApi(APIView):
    policy = on_site("view_study")

    @extend_schema(
        tags=["images"],
        summary="A frame's samples, for a viewer that windows by itself",
        description="Little-endian uint16 or uint8, or 8-bit RGB, row by row. X-Samples (JSON) says what they are: "
        "modality value = slope * sample + intercept; voi is the window of the header in modality values; after a VOI "
        "LUT Sequence the samples are its values; inverted: MONOCHROME1, grey is inverted after the window. "
        "pixel_aspect: height / width of a pixel, 1 when square.",
        parameters=[SamplesInput],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, instance_id: UUID, index: int) -> HttpResponse:
        wanted = validated(SamplesInput, request.query_params)
        instance = instance_access(user=request.user, instance_id=instance_id)
        if index >= instance.number_of_frames:
            raise NotFound("The image does not have that frame.")
        if instance.rows * instance.columns > SAMPLES_PIXELS:
            raise FrameTooLarge
        _record(Action.FRAME_VIEWED, request, instance)
        samples = sandbox.read_samples(object_read(instance.stored_object), index, packed=wanted["packed"])
        response = uncached(memoryview(samples.data), "application/octet-stream")
        response["X-Samples"] = json.dumps(samples.about, allow_nan=False)
        if samples.packed:
            response["Content-Encoding"] = "deflate"
        return response


class OriginalApi(APIView):
    policy = on_site("view_study")

    @extend_schema(
        tags=["images"],
        summary="The file as it was sent",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, instance_id: UUID) -> HttpResponse:
        instance = instance_access(user=request.user, instance_id=instance_id)
        _record(Action.ORIGINAL_EXPORTED, request, instance)
        suffix = {"dicom": "dcm", "jpeg": "jpg"}.get(instance.container, instance.container)
        name = f"{instance.id}.{suffix}"
        response = attachment(object_read(instance.stored_object), "application/octet-stream", name)
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response


class HeatmapApi(APIView):
    policy = on_site("view_study")

    @extend_schema(
        tags=["findings"],
        summary="The overlay of a finding, RGBA PNG over the frame",
        description="X-Map: contributions, or below-threshold: then only a grey outline is drawn unless below=show. "
        "X-Scale-Top: logits per cell of the last colour; absent with an outline. shape=outline: in place of a box "
        "that a positive label has not.",
        parameters=[HeatmapInput],
        responses={(200, "image/png"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, finding_id: UUID) -> HttpResponse:
        wanted = validated(HeatmapInput, request.query_params)
        finding = finding_access(user=request.user, finding_id=finding_id)
        heatmap = _heatmap(request, finding)
        width, height = _shown_size(finding.instance)
        below = not finding.label_positive and wanted["below"] == "outline"
        if below or wanted["shape"] == "outline":
            picture = rendering.outline_png(heatmap, width=width, height=height, positive=finding.label_positive)
            response = uncached(picture, "image/png")
        else:
            picture = rendering.heatmap_png(heatmap, width=width, height=height, positive=finding.label_positive)
            response = uncached(picture, "image/png")
            response["X-Scale-Top"] = f"{rendering.scale_top(heatmap):g}"
        response["X-Map"] = "contributions" if finding.label_positive else "below-threshold"
        return response


class HeatmapArrayApi(APIView):
    policy = on_site("view_study")

    @extend_schema(
        tags=["findings"],
        summary="The signed logit contributions of a finding, .npy float16 over the whole frame",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, finding_id: UUID) -> HttpResponse:
        finding = finding_access(user=request.user, finding_id=finding_id)
        heatmap = _heatmap(request, finding)
        return attachment(rendering.array_bytes(heatmap), "application/octet-stream", f"{finding.id}.npy")


def _shown_size(instance: Instance) -> tuple[int, int]:
    """(width, height) of an overlay over the instance's frames."""
    shrink = min(1.0, rendering.LONGEST_SIDE / max(instance.rows, instance.columns))
    return max(1, round(instance.columns * shrink)), max(1, round(instance.rows * shrink))


def _window(text: str | None) -> tuple[float, float] | None:
    """ "centre,width" in modality values."""
    if text is None:
        return None
    centre, _, width = text.partition(",")
    return float(centre), float(width)


def _heatmap(request: Request, finding: Finding) -> Heatmap:
    machine_output_checked(request.user, finding.study)
    if finding.heatmap is None or finding.heatmap_index is None:
        raise NotFound("This finding has no heatmap.")
    study_access_record(
        Action.HEATMAP_VIEWED, user=request.user, study=finding.study, object_type="finding", object_id=finding.id
    )
    return heatmap_unpack(object_read(finding.heatmap), finding.heatmap_index)


def _record(action: Action, request: Request, instance: Instance) -> None:
    study = instance.series.study
    study_access_record(action, user=request.user, study=study, object_type="instance", object_id=instance.id)
