from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "registry"

    def ready(self) -> None:
        from accounts.audit.feed import masked_register
        from registry.models import EngineBuild, Evaluation, ModelVersion, Route

        masked_register(ModelVersion, exclude=("spec", "card"))
        masked_register(Route)
        masked_register(Evaluation, exclude=("document",))
        masked_register(EngineBuild)
