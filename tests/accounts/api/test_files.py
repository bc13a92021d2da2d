"""Files leave with the headers that keep them out of caches and out of other programs' hands."""

from accounts.api.files import attachment, uncached


def test_a_file_is_saved_under_its_name_and_kept_by_no_cache() -> None:
    answer = attachment(memoryview(b"abc"), "application/pdf", "report-P-1.pdf")
    assert answer.content == b"abc" and answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="report-P-1.pdf"'
    assert (answer["Cache-Control"], answer["X-Content-Type-Options"]) == ("no-store", "nosniff")


def test_a_picture_is_shown_where_it_was_asked_for() -> None:
    answer = uncached(b"abc", "image/png")
    assert "Content-Disposition" not in answer and answer["Cache-Control"] == "no-store"
