"""The worklist."""

from typing import Any

from tests.browser import eventually
from tests.screens.films import BROKEN
from tests.screens.state import EVERY_SIZE, LAPTOP, TABLET, Screen, state


@state(before_seeding=True, sizes=(LAPTOP, TABLET))
def empty(at: Screen) -> None:
    """Nothing here yet: what to do."""
    at.open("/")
    at.part("empty").wait_for()
    at.live()


@state()
def loading(at: Screen) -> None:
    """Before the first rows are here."""
    at.page.route("**/api/worklist/**", lambda route: None)
    at.open("/")
    at.page.locator(".skeleton").first.wait_for()


@state(sizes=EVERY_SIZE)
def to_read(at: Screen) -> None:
    """What is to read, the next one first, and why it stands there."""
    at.worklist()


@state(theme="light", sizes=(LAPTOP, TABLET))
def light(at: Screen) -> None:
    """The same in the light theme."""
    at.worklist()


@state()
def chosen_row(at: Screen) -> None:
    """A row under the keyboard."""
    at.worklist()
    at.press("ArrowDown", "ArrowDown")


def _lane(name: str, value: str, words: str) -> None:
    def reach(at: Screen) -> None:
        at.worklist()
        at.page.locator(f'[data-role="lanes"] [data-value="{value}"]').click()
        at.settle(900)

    reach.__name__, reach.__doc__, reach.__module__ = f"lane_{name}", words, __name__
    state()(reach)


for _name, _value, _words in (
    ("all", "all", "Every study."),
    ("mine", "mine", "What this reader has begun."),
    ("second_reads", "second_reads", "Studies that ask for a second reader, blind to the first."),
    ("disagree", "disagree", "Where readers, or reader and model, say different things."),
    ("administrative", "administrative", "Unreadable, wrong view, refused by the guard, not analysed."),
    ("claims", "claims", "Studies of insurance claims."),
    ("read_today", "read_today", "What was read today."),
):
    _lane(_name, _value, _words)


@state()
def searched(at: Screen) -> None:
    """The studies of one patient, found by a number that stands in no address."""
    at.worklist()
    at.press("/")
    at.page.keyboard.type("PHANTOM-60" if not at.world.real else "REAL-60")
    at.press("Enter")
    at.part("searched").wait_for()
    at.settle(600)


@state()
def searched_nothing(at: Screen) -> None:
    """A number that nobody has."""
    at.worklist()
    at.press("/")
    at.page.keyboard.type("NOBODY-1")
    at.press("Enter")
    at.part("empty").wait_for()


@state()
def save_a_view(at: Screen) -> None:
    """Filters, kept under a name."""
    at.worklist()
    at.part("view-save").click()
    at.page.locator("dialog[open]").wait_for()


@state()
def saved_view(at: Screen) -> None:
    """A view that was saved, chosen."""
    answer = at.world.client("reader").post(
        "/api/worklist/views/", {"name": "Chest, north", "filters": {"lane": "to_read", "case_type": "chest"}}
    )
    assert answer.status in (200, 201, 409), answer.body
    at.worklist()
    at.part("views").get_by_text("Chest, north").first.click()
    at.settle(900)


@state(harmless=("WebSocket", "ERR_INTERNET_DISCONNECTED"))
def connection_lost(at: Screen) -> None:
    """The connection is down, and the page says so."""
    sockets: list[Any] = []
    at.page.route_web_socket("**/*", lambda socket: sockets.append((socket, socket.connect_to_server())))
    at.worklist()
    eventually(lambda: bool(sockets))
    at.page.context.set_offline(True)
    for socket, server in sockets:
        server.close()
        socket.close()
    at.part("connection").wait_for(state="visible")
    at.settle(600)


@state()
def urgent_toast(at: Screen) -> None:
    """An urgent study has come while the page was open."""
    at.worklist()
    _sent(at, at.world.new_film("urgent"))
    at.page.locator('.toast[data-kind="urgent"]').wait_for(state="visible", timeout=60_000)


@state()
def uploading_refused(at: Screen) -> None:
    """One file went in, another was refused with its reason and its remedy."""
    at.worklist()
    files = [("film.dcm", at.world.new_film("flagged")), ("notes.dcm", BROKEN)]
    at.page.evaluate(_DROP, [{"name": name, "bytes": list(data)} for name, data in files])
    at.page.get_by_text("notes.dcm").first.wait_for()
    at.page.get_by_text("film.dcm").first.wait_for()
    at.settle(4000)


@state()
def keys(at: Screen) -> None:
    """All keys of the worklist."""
    at.worklist()
    at.press("?")
    at.page.locator("dialog[open]").wait_for()


@state(harmless=("500",))
def failed(at: Screen) -> None:
    """The list could not be had: what still holds, how to go on."""
    at.page.route(
        "**/api/worklist/?**",
        lambda route: route.fulfill(
            status=500, json={"code": "server_error", "message": "Something went wrong here, and it has been logged."}
        ),
    )
    at.open("/")
    at.part("fault").wait_for(state="visible")


def _sent(at: Screen, data: bytes) -> None:
    headers = {"Content-Type": "application/octet-stream", "X-Site": "north", "X-File-Name": "urgent.dcm"}
    answer = at.world.client("technologist").request("POST", "/api/studies/upload/", data, headers)
    assert answer.status == 201, answer.body


_DROP = """(files) => {
    const carried = new DataTransfer();
    for (const { name, bytes } of files) carried.items.add(new File([new Uint8Array(bytes)], name));
    dispatchEvent(new DragEvent("dragenter", { dataTransfer: carried, bubbles: true }));
    dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""
