"""What readers say of findings, and what is learned from it."""

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    name = "feedback"

    def ready(self) -> None:
        from feedback.selectors import read_part
        from feedback.services.clocks import clocks_follow
        from feedback.services.disclosure import ReadingDisclosure
        from feedback.services.worklist_entries import entries_follow
        from imaging.api.parts import study_part_add
        from imaging.disclosure import disclosure_rule_install
        from imaging.listeners import study_listener_add

        study_part_add("read", read_part)
        study_listener_add(clocks_follow)
        study_listener_add(entries_follow)
        disclosure_rule_install(ReadingDisclosure())
