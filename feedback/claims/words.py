"""The words of a claim's page and sheet. Pure."""

from feedback.claims.values import Dossier, Film, Likeness, Observation
from feedback.diff import tooth_words
from feedback.reports.words import moment, probability
from imaging.pipeline.values import case_type_words

DECISIONS = {"accept": "Accepted", "query": "Queried", "deny": "Denied"}
FILM_WORDS = {"same_film": "the same film", "other_film": "another film", "": "nobody has said yet"}
STATES = {"open": "open", "decided": "decided", "exported": "decided, sheet taken out"}


def decision_words(dossier: Dossier) -> str:
    """ "Denied by A. Examiner, 22 November 2026, 09:10 UTC"; what an open claim lacks."""
    if not dossier.decision:
        return "Not decided."
    words = f"{DECISIONS[dossier.decision]} by {dossier.decided_by}, {moment(dossier.decided_at)}"
    if dossier.state == "open":
        return f"{words}. Open again since: films arrived, or what is billed has changed."
    return words


def observation_words(one: Observation) -> str:
    """ "caries, tooth 36 (Universal 19), film 1: confirmed by A. Reader; model chest 1.2, .91"."""
    place = [one.label, tooth_words(one.tooth) if one.tooth else "no tooth named", f"film {one.film}"]
    said = f"{one.verdict} by {one.reader}" if one.verdict else "no reader's word"
    model = f"; model {one.model}, {probability(one.probability)}" if one.probability is not None else ""
    return f"{', '.join(place)}: {said}{model}"


def film_words(film: Film) -> str:
    """ "Film 1, study P-12AB34, received ..., analysed, read by A. Reader"."""
    parts = [f"Film {film.number}: {case_type_words(film.case_type) or 'case type not known'}", film.pseudonym]
    parts += [f"received {moment(film.received_at)}", film.analysis_state.replace("_", " ")]
    parts += [f"read by {', '.join(film.read_by)}" if film.read_by else "not read"]
    parts += ["stands under another claim"] if film.resubmitted else []
    parts += ["what the models say is withheld: this site reads blind first"] if film.withheld else []
    return ", ".join(parts)


def likeness_words(one: Likeness) -> str:
    """The sentence, then what examiners said of it."""
    said = f"{FILM_WORDS[one.word]}, said {one.said_by}, {moment(one.said_at)}" if one.word else FILM_WORDS[""]
    return f"Film {one.film}. {one.words} Looked at: {said}."
