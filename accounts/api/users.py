"""Users of the sites where the caller manages users."""

from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import site_access, user_access
from accounts.api.requests import validated
from accounts.audit.actions import Action
from accounts.audit.record import record_access
from accounts.models import User
from accounts.policy import any_site, on_site
from accounts.roles import ROLES
from accounts.selectors import users_managed_by
from accounts.services.roles import role_grant, role_revoke
from accounts.services.users import user_create, user_deactivate


class MembershipOutput(serializers.Serializer):
    site = serializers.UUIDField(source="site_id")
    role = serializers.CharField()


class UserOutput(serializers.Serializer):
    id = serializers.UUIDField()
    username = serializers.CharField()
    display_name = serializers.CharField()
    kind = serializers.CharField()
    is_active = serializers.BooleanField()
    memberships = MembershipOutput(many=True)


class UserInput(serializers.Serializer):
    username = serializers.CharField(max_length=80)
    display_name = serializers.CharField(max_length=120, required=False, default="")
    kind = serializers.ChoiceField(choices=User.Kind.choices, default=User.Kind.PERSON)
    password = serializers.CharField(required=False, trim_whitespace=False, max_length=1024, write_only=True)
    site = serializers.UUIDField()
    role = serializers.ChoiceField(choices=sorted(ROLES))


class RoleInput(serializers.Serializer):
    site = serializers.UUIDField()
    role = serializers.ChoiceField(choices=sorted(ROLES))


class UserListApi(APIView):
    policy = any_site("manage_users")

    @extend_schema(responses=UserOutput(many=True), summary="Users of my sites")
    def get(self, request: Request) -> Response:
        record_access(Action.USERS_VIEWED, organisation_id=request.user.organisation_id, actor=request.user)
        users = users_managed_by(request.user).prefetch_related("memberships")
        return Response(UserOutput(users, many=True).data)

    @extend_schema(request=UserInput, responses={201: UserOutput}, summary="Create a user with a role at a site")
    def post(self, request: Request) -> Response:
        fields = validated(UserInput, request.data)
        site = site_access(user=request.user, site_id=fields.pop("site"), permission="manage_users")
        role = fields.pop("role")
        with transaction.atomic():
            user = user_create(organisation=site.organisation, actor=request.user, **fields)
            role_grant(user=user, site=site, role=role, actor=request.user)
        return Response(UserOutput(user).data, status=201)


class UserDeactivateApi(APIView):
    policy = on_site("manage_users")

    @extend_schema(request=None, responses=UserOutput, summary="Deactivate a user; their sessions and tokens end now")
    def post(self, request: Request, user_id: UUID) -> Response:
        user = user_access(actor=request.user, user_id=user_id)
        return Response(UserOutput(user_deactivate(user=user, actor=request.user)).data)


class RoleGrantApi(APIView):
    policy = on_site("manage_users")

    @extend_schema(request=RoleInput, responses=UserOutput, summary="Grant a role at a site")
    def post(self, request: Request, user_id: UUID) -> Response:
        user = user_access(actor=request.user, user_id=user_id)
        given = validated(RoleInput, request.data)
        site = site_access(user=request.user, site_id=given["site"], permission="manage_users")
        role_grant(user=user, site=site, role=given["role"], actor=request.user)
        return Response(UserOutput(user).data)


class RoleRevokeApi(APIView):
    policy = on_site("manage_users")

    @extend_schema(request=RoleInput, responses=UserOutput, summary="Take a role back")
    def post(self, request: Request, user_id: UUID) -> Response:
        user = user_access(actor=request.user, user_id=user_id)
        given = validated(RoleInput, request.data)
        site = site_access(user=request.user, site_id=given["site"], permission="manage_users")
        role_revoke(user=user, site=site, role=given["role"], actor=request.user)
        return Response(UserOutput(user).data)
