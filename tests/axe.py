"""axe-core over a page as it stands in Chromium."""

from typing import Any

GRAVE = ("serious", "critical")
OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


def grave_violations(page: Any) -> list[str]:
    """A line for every element that breaks a rule of serious or critical weight."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['target'][0]}: {_why(node)}"
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def _why(node: dict[str, Any]) -> str:
    lines = (node.get("failureSummary") or "").splitlines()
    return " ".join(line.strip() for line in lines[1:])[:200]
