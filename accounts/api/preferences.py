"""How I like to work: keys, theme, layout, tooth numbers."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.requests import validated
from accounts.key_bindings import DEFAULT_KEYS, KeysInvalid
from accounts.models.preferences import Layout, Theme, ToothNumbering
from accounts.policy import SIGNED_IN
from accounts.services.preferences import Preferences, preferences_change, preferences_of

MOST_KEYS = 200


class PreferencesOutput(serializers.Serializer):
    keys = serializers.DictField(child=serializers.CharField(), help_text="every act with its key")
    theme = serializers.ChoiceField(choices=Theme.choices)
    layout = serializers.ChoiceField(choices=Layout.choices)
    tooth_numbering = serializers.ChoiceField(choices=ToothNumbering.choices)
    default_keys = serializers.SerializerMethodField()

    def get_default_keys(self, preferences: Preferences) -> dict[str, str]:
        return dict(DEFAULT_KEYS)


class PreferencesInput(serializers.Serializer):
    """What is left out stays as it is; `keys` replaces all chosen keys, acts that it leaves out get their default."""

    keys = serializers.DictField(
        child=serializers.CharField(max_length=20, trim_whitespace=False), required=False, allow_empty=True
    )
    theme = serializers.ChoiceField(choices=Theme.choices, required=False)
    layout = serializers.ChoiceField(choices=Layout.choices, required=False)
    tooth_numbering = serializers.ChoiceField(choices=ToothNumbering.choices, required=False)

    def validate_keys(self, keys: dict[str, str]) -> dict[str, str]:
        if len(keys) > MOST_KEYS:
            raise KeysInvalid
        return keys


class PreferencesApi(APIView):
    policy = SIGNED_IN

    @extend_schema(summary="How you like to work", responses=PreferencesOutput)
    def get(self, request: Request) -> Response:
        return Response(PreferencesOutput(preferences_of(request.user)).data)

    @extend_schema(summary="Change how you like to work", request=PreferencesInput, responses=PreferencesOutput)
    def put(self, request: Request) -> Response:
        wanted = validated(PreferencesInput, request.data)
        return Response(PreferencesOutput(preferences_change(user=request.user, **wanted)).data)
