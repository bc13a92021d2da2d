"""Who am I, and my password."""

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.requests import validated
from accounts.models import User
from accounts.policy import SIGNED_IN
from accounts.selectors import site_parts_of
from accounts.services.users import password_change
from accounts.sessions import session_start


class SitePartOutput(serializers.Serializer):
    id = serializers.UUIDField(source="site.id")
    code = serializers.CharField(source="site.code")
    name = serializers.CharField(source="site.name")
    roles = serializers.ListField(child=serializers.CharField())
    permissions = serializers.ListField(child=serializers.CharField())


class SessionOutput(serializers.Serializer):
    id = serializers.UUIDField()
    username = serializers.CharField()
    display_name = serializers.CharField()
    kind = serializers.CharField()
    organisation = serializers.CharField(source="organisation.name")
    idle_seconds = serializers.SerializerMethodField()
    sites = serializers.SerializerMethodField()

    def get_idle_seconds(self, user: User) -> int:
        """After how many seconds without activity the session ends."""
        return settings.SESSION_IDLE_SECONDS

    @extend_schema_field(SitePartOutput(many=True))
    def get_sites(self, user: User) -> list[dict[str, object]]:
        return list(SitePartOutput(site_parts_of(user), many=True).data)


class PasswordChangeInput(serializers.Serializer):
    old_password = serializers.CharField(trim_whitespace=False, max_length=1024)
    new_password = serializers.CharField(trim_whitespace=False, max_length=1024)


class SessionApi(APIView):
    policy = SIGNED_IN

    @extend_schema(responses=SessionOutput, summary="Who is signed in, and what they may do where")
    def get(self, request: Request) -> Response:
        return Response(SessionOutput(request.user).data)


class PasswordChangeApi(APIView):
    policy = SIGNED_IN

    @extend_schema(request=PasswordChangeInput, responses={204: None}, summary="Change one's own password")
    def post(self, request: Request) -> Response:
        user = password_change(user=request.user, **validated(PasswordChangeInput, request.data))
        update_session_auth_hash(request._request, user)
        session_start(request._request.session)
        return Response(status=204)
