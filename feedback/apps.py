"""What readers say of findings, and what is learned from it."""

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    name = "feedback"

    def ready(self) -> None:
        from feedback.selectors import read_part
        from imaging.api.parts import study_part_add

        study_part_add("read", read_part)
