"""The API described: OpenAPI at /api/schema/, a page to read and try it at /api/docs/."""

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts.permissions import DeclaredPolicy
from accounts.policy import SIGNED_IN


class SchemaView(SpectacularAPIView):
    policy = SIGNED_IN
    permission_classes = (DeclaredPolicy,)


class DocsView(SpectacularSwaggerSplitView):
    """The split view keeps its script in a file of its own, our template has no inline style: the CSP stays strict."""

    policy = SIGNED_IN
    permission_classes = (DeclaredPolicy,)
    url_name = "schema"
    template_name = "diagnostics/api_docs.html"
