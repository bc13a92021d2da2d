"""Where ciphertext lies. Names are django-storages' dotted paths when a client brings a bucket of their own."""

from pathlib import Path

from diagnostics import env

_data = env.folder("DATA", Path(__file__).resolve().parent.parent.parent / "var")

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "diagnostics.static_files.ModuleStaticFilesStorage"},
    "images": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": _data / "storage" / "images",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "artefacts": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": _data / "storage" / "artefacts", "file_permissions_mode": 0o600},
    },
}

UPLOAD_LIMIT_BYTES = env.integer("UPLOAD_LIMIT_BYTES", 512 * 1024 * 1024)
UPLOADS_AT_ONCE = env.integer("UPLOADS_AT_ONCE", 8)
STORAGE_FREE_BYTES_AT_LEAST = env.integer("STORAGE_FREE_BYTES_AT_LEAST", 1024 * 1024 * 1024)
