"""Tokens of service accounts; the token itself is in one answer and nowhere else."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import token_access, user_access
from accounts.api.requests import validated
from accounts.policy import any_site, on_site
from accounts.roles import PERMISSIONS
from accounts.selectors import tokens_managed_by
from accounts.services.tokens import LONGEST_DAYS, token_create, token_revoke


class TokenOutput(serializers.Serializer):
    id = serializers.UUIDField()
    user = serializers.UUIDField(source="user_id")
    name = serializers.CharField()
    prefix = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)


class TokenCreatedOutput(TokenOutput):
    token = serializers.CharField()


class TokenInput(serializers.Serializer):
    user = serializers.UUIDField()
    name = serializers.CharField(max_length=80)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=sorted(PERMISSIONS)), min_length=1)
    days = serializers.IntegerField(min_value=1, max_value=LONGEST_DAYS, default=LONGEST_DAYS)


class TokenListApi(APIView):
    policy = any_site("manage_users")

    @extend_schema(responses=TokenOutput(many=True), summary="Tokens of the service accounts of my sites")
    def get(self, request: Request) -> Response:
        return Response(TokenOutput(tokens_managed_by(request.user), many=True).data)

    @extend_schema(request=TokenInput, responses={201: TokenCreatedOutput}, summary="Create a token, shown once")
    def post(self, request: Request) -> Response:
        fields = validated(TokenInput, request.data)
        user = user_access(actor=request.user, user_id=fields.pop("user"))
        row, token = token_create(user=user, actor=request.user, **fields)
        return Response({**TokenOutput(row).data, "token": token}, status=201)


class TokenRevokeApi(APIView):
    policy = on_site("manage_users")

    @extend_schema(request=None, responses=TokenOutput, summary="Revoke a token now")
    def post(self, request: Request, token_id: UUID) -> Response:
        token = token_access(actor=request.user, token_id=token_id)
        return Response(TokenOutput(token_revoke(token=token, actor=request.user)).data)
