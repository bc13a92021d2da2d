"""What holds everywhere: apps, middleware, templates, an API that denies by default."""

from pathlib import Path

from diagnostics import env
from diagnostics.settings.channels import *  # noqa: F403
from diagnostics.settings.database import databases
from diagnostics.settings.inference import *  # noqa: F403
from diagnostics.settings.security import *  # noqa: F403
from diagnostics.settings.storage import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = env.folder("DATA", BASE_DIR / "var")
KEY_DIR = env.folder("KEYS", DATA_DIR / "keys")
LOG_DIR = DATA_DIR / "logs"

# A study that nobody has read for this long moves up behind the urgent ones, whatever the models said of it.
WORKLIST_WAIT_LIMIT_SECONDS = env.integer("WORKLIST_WAIT_LIMIT_SECONDS", 4 * 60 * 60)
# While urgent studies keep coming, every so many that "start reading" hands out is the longest waiting past that limit.
WORKLIST_GUARD_EVERY = env.integer("WORKLIST_GUARD_EVERY", 4)
# How long a study stays in a reader's hand without a sign of life from the reader's page.
WORKLIST_LEASE_SECONDS = env.integer("WORKLIST_LEASE_SECONDS", 300)

INSTALLED_APPS = [
    "accounts.apps.AccountsConfig",
    "registry.apps.RegistryConfig",
    "imaging.apps.ImagingConfig",
    "feedback.apps.FeedbackConfig",
    "diagnostics.apps.DiagnosticsConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "diagnostics.apps.AdminConfig",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "guardian",
    "auditlog",
    "axes",
    "channels",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.RequestContextMiddleware",
    "accounts.middleware.IdleTimeoutMiddleware",
    "accounts.middleware.PolicyMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "diagnostics.urls"
ASGI_APPLICATION = "diagnostics.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "diagnostics.context.portal",
            ]
        },
    }
]

DATABASES = databases(DATA_DIR)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "worklist"
LOGOUT_REDIRECT_URL = "sign-in"

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "diagnostics.formats"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.BearerTokenAuthentication",
        "accounts.api.authentication.PortalSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.DeclaredPolicy"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "accounts.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Second Reader",
    "DESCRIPTION": "Assistive reading of medical images. A clinician decides every case.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": False},  # a link inside a button: two controls in one for a screen reader
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_PUBLIC": True,
    "ENUM_NAME_OVERRIDES": {
        "CaseTypeEnum": "imaging.pipeline.values.CASE_TYPES",
        "CaseTypeFilterEnum": "feedback.api.worklist_serializers.CASE_TYPE_CHOICES",
        "YesNoEnum": "feedback.api.worklist_serializers.YES_CHOICES",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "accounts.logs.SafeFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"django.request": {"level": "ERROR"}, "axes": {"level": "ERROR"}},
}
