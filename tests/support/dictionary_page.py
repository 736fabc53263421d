"""Reads the dictionary page as a browser would, so that tests compare what it shows and not how it is written."""

from html.parser import HTMLParser
from pathlib import Path


class DictionaryPage(HTMLParser):
    """What the page shows: by table or macro its texts, and by that and the column its cells.

    Args:
        path: The page.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.heads: dict[str, str] = {}
        self.columns: dict[str, list[list[str]]] = {}
        self.tags: list[str] = []
        self.links: list[str] = []
        self._open: list[str] = []
        self._name = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in ("meta", "link", "input"):
            self._open.append(tag)
        if tag == "details":
            self._name = ""
        elif tag == "tr":
            self.columns[self._name].append([])
        elif tag in ("th", "td"):
            self.columns[self._name][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if "details" not in self._open or not data.strip():
            return
        if not self._name:
            self._name = data
            self.heads[data] = ""
            self.columns[data] = []
        elif "tr" in self._open:
            self.columns[self._name][-1][-1] += data
        else:
            self.heads[self._name] += f"{data}\n"
