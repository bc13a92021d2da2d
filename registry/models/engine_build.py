"""How a version runs on a machine, and how near that comes to the reference."""

from django.db import models

from registry.models.written_once import WrittenOnce


class EngineKind(models.TextChoices):
    TORCH = "torch", "torch"
    OPENVINO_F32 = "openvino_f32", "OpenVINO, float32"
    OPENVINO_BF16 = "openvino_bf16", "OpenVINO, bfloat16"


class EngineBuild(WrittenOnce):
    """One export of one version, its parity with fp32 torch, and whether it may serve.

    The newest row of a version, engine and machine fingerprint counts. `artefact` is a name in the "artefacts" storage,
    empty for torch. `parity`: n_images, source ("films" or "phantoms"), probability_p99, probability_max, heatmap_max.
    """

    model_version = models.ForeignKey("registry.ModelVersion", on_delete=models.PROTECT, related_name="engine_builds")
    engine = models.CharField(max_length=16, choices=EngineKind.choices)
    artefact = models.CharField(max_length=200, blank=True, default="")
    sha256 = models.CharField(max_length=64, blank=True, default="")
    library_version = models.CharField(max_length=64)
    machine_fingerprint = models.CharField(max_length=128)
    parity = models.JSONField(default=dict)
    accepted = models.BooleanField()
    reason = models.CharField(max_length=300, blank=True, default="")
    milliseconds_per_image = models.FloatField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["model_version", "machine_fingerprint", "created_at"], name="engine_build_of_version")
        ]

    def __str__(self) -> str:
        return f"{self.model_version} on {self.engine}"
