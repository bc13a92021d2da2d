"""The API described: OpenAPI at /api/schema/, a page to read and try it at /api/docs/."""

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts.policy import SIGNED_IN


class SchemaView(SpectacularAPIView):
    policy = SIGNED_IN


class DocsView(SpectacularSwaggerSplitView):
    """The split view keeps its script in a file of its own, and our template has no inline style: the policy stays strict."""

    policy = SIGNED_IN
    url_name = "schema"
    template_name = "diagnostics/api_docs.html"
