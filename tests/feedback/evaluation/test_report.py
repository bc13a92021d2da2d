"""Report and card are made from the document alone, ask nothing of any network and show no film."""

import re
from pathlib import Path
from typing import Any

import pytest

from feedback.evaluation.cards import LOOKED_AT, card_store, card_write, plots_path, seen_by_a_person
from feedback.evaluation.document import EvaluationDocument
from feedback.evaluation.evaluate import Question, evaluate_route
from feedback.evaluation.failures import known_failures
from feedback.evaluation.labelled_folder import labelled_folder_read
from feedback.evaluation.report import report_html
from tests.browser import chromium, requires_browser
from tests.feedback.evaluation.making import disc_model, write_known_set


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[EvaluationDocument]:
    folder = tmp_path_factory.mktemp("set") / "<b>films"
    write_known_set(folder)
    models = (disc_model(), disc_model(task="detector"))
    return evaluate_route(models, Question(labelled_folder_read(folder), "chest", resamples=20))


@pytest.fixture(scope="module")
def html(documents: list[EvaluationDocument]) -> str:
    return report_html(documents, [("mass",), ("mass",)])


def test_the_report_refers_to_nothing_outside_itself_and_holds_no_raster_image(html: str) -> None:
    assert not re.search(r"<(img|link|script|iframe|object|image)\b|url\(|\bsrc=|\bhref=|data:", html)
    assert html.count("<svg") >= 8


def test_the_report_escapes_what_comes_from_outside(html: str) -> None:
    assert "<b>films" not in html and "&lt;b&gt;films" in html


def test_the_report_states_figures_baselines_and_what_was_left_out(html: str) -> None:
    for words in (
        "0.889",
        "32-pixel thumbnail regression",
        "Passes the explainability gate",
        "24 analysed",
        "view: AP",
    ):
        assert words in html


def test_the_card_says_use_misuse_provenance_and_imagenet_s_terms(documents: list[EvaluationDocument]) -> None:
    card = card_write(documents[:1], disc_model().spec, plots_at="../../docs/model_cards/disc-classifier-1.0.0")
    for words in (
        "intended use",
        "must not be used for",
        "`train`",
        "commit",
        "ImageNet's images",
        "SHA-256",
        "digest",
    ):
        assert words in card.markdown
    linked = set(re.findall(r"\(\.\./\.\./docs/model_cards/disc-classifier-1\.0\.0/([\w-]+\.svg)\)", card.markdown))
    assert linked == set(card.plots) and "roc-urgent_normal.svg" in linked
    assert all(svg.startswith("<svg") and "<image" not in svg for svg in card.plots.values())


def test_a_rewritten_card_leaves_no_stale_plot_behind(documents: list[EvaluationDocument], tmp_path: Path) -> None:
    spec, cards = disc_model().spec, tmp_path / "registry" / "starter_models"
    cards.mkdir(parents=True)
    where = plots_path(spec, folder=cards, repository=tmp_path)
    plots = tmp_path / "docs" / "model_cards" / "disc-classifier-1.0.0"
    plots.mkdir(parents=True)
    (plots / "old.svg").write_text("<svg/>")
    path = card_store(card_write(documents[:1], spec, plots_at=where), spec, folder=cards, repository=tmp_path)
    assert path.name == "disc-classifier-1.0.0.md" and not (plots / "old.svg").exists()
    links = re.findall(r"\]\((.+?\.svg)\)", path.read_text())
    assert links and all((cards / link).is_file() for link in links)


def test_what_a_person_saw_on_the_contact_sheets_stands_in_the_card(
    documents: list[EvaluationDocument], tmp_path: Path
) -> None:
    spec = disc_model().spec
    folder = tmp_path / "docs" / "model_cards" / "disc-classifier-1.0.0"
    folder.mkdir(parents=True)
    assert seen_by_a_person(spec, repository=tmp_path) == ""
    (folder / LOOKED_AT).write_text("Nine of ten boxes lie on the disc.\n")
    seen = seen_by_a_person(spec, repository=tmp_path)
    card = card_write(documents[:1], spec, plots_at="plots", seen=seen)
    assert "## Looked at by a person\n\nNine of ten boxes lie on the disc." in card.markdown
    card_store(card, spec, folder=tmp_path, repository=tmp_path)
    assert (folder / LOOKED_AT).is_file()


def test_a_confounder_that_does_as_well_is_named_among_the_known_failures(documents: list[EvaluationDocument]) -> None:
    assert any("mean grey alone" in sentence or "thumbnail" in sentence for sentence in known_failures(documents[0]))


class TestInABrowser:
    pytestmark = requires_browser

    def test_the_report_opens_without_an_error_and_without_a_request(self, html: str, tmp_path: Path) -> None:
        path = tmp_path / "report.html"
        path.write_text(html, encoding="utf-8")
        asked: list[str] = []
        complaints: list[str] = []
        with chromium() as browser:
            page: Any = browser.new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(path.as_uri())
            assert page.locator("svg").count() >= 8
            wide = page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert (asked, complaints, wide) == ([path.as_uri()], [], True)
