"""Random histories: the records of a small world, cut into files, and the steps by which a home took them in.

Everything follows from one integer, so a failure is told by its seed: `draw_histories(seed)` makes it again.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Literal

from support import raw
from support.lives import draw_records
from support.mishaps import Record
from support.overlays import OVERLAYS, draw_overlay

Kind = Literal["build", "full", "table", "publish", "undo", "erase"]

HEADERS = {"google_ads_clicks": raw.CLICK_HEADER, "ad_impressions": raw.IMPRESSION_HEADER}


@dataclass(frozen=True)
class LandedFile:
    """A file below the landing folder."""

    path: str
    content: str


@dataclass(frozen=True)
class Step:
    """What happens to a home, in this order: files land, then the kind of work is done.

    Args:
        kind: `build` (an increment), `full`, `publish` (an increment by `ja.build`, with published file and report),
            `table` (one table is brought up, as a click on a single asset does), `undo` (an increment, then an edge is
            denied) or `erase` (an increment, then a person is erased).
        files: Files that land before, as numbers in the history's list.
        as_of: The clock of this step; None: the newest watermark.
        known_at: Only what had arrived by then is seen; None: all.
        threads: Of DuckDB.
        table: Which one, for the kind `table`.
        choice: Which edge or person, as a number among all that there are.
        overlay: The configuration of this step, where it is not yet the history's.
    """

    kind: Kind
    files: tuple[int, ...] = ()
    as_of: datetime | None = None
    known_at: date | None = None
    threads: int = 2
    table: str = ""
    choice: int = 0
    overlay: dict[str, Any] | None = None

    def __str__(self) -> str:
        words = [self.kind, self.table, f"files {list(self.files) if len(self.files) < 100 else len(self.files)}", f"threads {self.threads}",
                 f"as of {self.as_of}" if self.as_of else "", f"known at {self.known_at}" if self.known_at else "",
                 "" if self.overlay is None else f"config {self.overlay or 'default'}"]  # fmt: skip
        return ", ".join(word for word in words if word)


@dataclass(frozen=True)
class History:
    """Files, the steps that take them in, and what one full build is given to end in the same tables.

    Args:
        seed: Makes it again.
        overlay: The configuration where it differs from the defaults.
        files: All files.
        steps: In order; the last one brings up every table.
        recut: The same records of the same days cut into other files, for the full build; None: the same files.
    """

    seed: int
    overlay: dict[str, Any]
    files: list[LandedFile]
    steps: list[Step]
    recut: list[LandedFile] | None = None

    def __str__(self) -> str:
        cut = "the same files" if self.recut is None else f"{len(self.recut)} other files"
        steps = "\n".join(f"    {number}. {step}" for number, step in enumerate(self.steps, 1))
        return f"seed {self.seed}, config {self.overlay or 'default'}, against {cut}\n{steps}"


@dataclass(frozen=True)
class Size:
    """How large a history is: from and to, the most acts of a person, and how many steps to choose from.

    Args:
        persons: From and to.
        days: From and to.
        acts: The most of one person.
        steps: Numbers of steps to choose from.
        all_folders: Every source takes part.
        siblings: How many histories share world and first step.
    """

    persons: tuple[int, int] = (3, 6)
    days: tuple[int, int] = (3, 18)
    acts: int = 4
    steps: tuple[int, ...] = (2, 2, 2, 3)
    all_folders: bool = False
    siblings: int = 1


def draw_histories(seed: int, size: Size, tables: list[str]) -> list[History]:
    """The histories of a seed: one world and one first step, from which each goes on in its own way.

    What an increment forgets shows in the steps after the first; sharing it leaves time for more of them.

    Args:
        seed: Any integer.
        size: How large it is.
        tables: What a step may bring up alone.
    """
    random = Random(seed)
    days = random.randint(*size.days)
    persons = random.randint(*size.persons)
    records = draw_records(random, persons, days, size.acts, all_folders=size.all_folders)
    files = cut_into_files(random, records)
    recut = cut_into_files(random, records) if random.random() < 0.5 else None
    if recut is None:
        files += copies_of(random, files)
    overlay = random.choice(OVERLAYS)
    return [
        History(seed, overlay, files, steps, recut)
        for steps in draw_steps(random, files, days, size, tables)
    ]


def cut_into_files(random: Random, records: list[Record]) -> list[LandedFile]:
    """Cuts the records of every folder and arrival date into files, at random.

    Two files of one content are one file to the product, so a cut makes none: a blank line more tells them apart.
    """
    groups: dict[tuple[str, str, int], list[str]] = {}
    parts = random.choice((1, 1, 2, 3))
    for record in random.sample(records, len(records)):
        key = record.folder, record.arrival.isoformat(), random.randrange(parts)
        groups.setdefault(key, []).append(record.text)
    files: list[LandedFile] = []
    seen: set[tuple[str, str]] = set()
    for (folder, day, part), texts in sorted(groups.items()):
        content = "\n".join([HEADERS[folder], *texts] if folder in HEADERS else texts) + "\n"
        while (folder, content) in seen:
            content += "\n"
        seen.add((folder, content))
        files.append(LandedFile(f"{folder}/{day}/part-{part}", content))
    return files


def copies_of(random: Random, files: list[LandedFile]) -> list[LandedFile]:
    """Whole files once more: beside themselves, or in an older or newer folder."""
    copies = []
    for file in random.sample(files, min(2, len(files))):
        folder, day, name = file.path.split("/")
        arrival = datetime.fromisoformat(day) + timedelta(days=random.choice((-2, -1, 0, 3)))
        copies.append(LandedFile(f"{folder}/{arrival.date()}/copy-of-{day}-{name}", file.content))
    return copies


def draw_steps(
    random: Random, files: list[LandedFile], days: int, size: Size, tables: list[str]
) -> list[list[Step]]:
    """Groups the files into steps, in the order of their arrival or in any other; the first step is the same in all."""
    order = list(range(len(files)))
    random.shuffle(order)
    if random.random() < 0.5:
        order.sort(key=lambda number: files[number].path.split("/")[1])
    # Often the first step has nearly everything, and later ones show what few files, or the clock alone, change.
    cut = random.randint(random.choice((0, 0, max(0, len(order) - 2))), len(order))
    clocks = _draw_clocks(random, days)
    first = _draw_step(random, order[:cut], clocks[0], days, tables)
    histories = []
    for _ in range(size.siblings):
        count = random.choice(size.steps) - 1
        rest = order[cut:]
        if random.random() < 0.3:
            random.shuffle(rest)
        cuts = sorted(random.randint(0, len(rest)) for _ in range(count - 1))
        groups = [rest[a:b] for a, b in zip([0, *cuts], [*cuts, len(rest)], strict=True)]
        between = _clocks_between(random, clocks, count - 1)
        steps = [
            _draw_step(random, group, clock, days, tables)
            for group, clock in zip(groups, between, strict=False)
        ]
        histories.append([first, *steps, _draw_last(random, groups[-1], clocks[-1])])
    return histories


def _draw_step(
    random: Random, group: list[int], as_of: datetime | None, days: int, tables: list[str]
) -> Step:
    kinds: tuple[Kind, ...] = ("build", "full", "table", "undo", "erase")
    kind = random.choices(kinds, (110, 30, 50, 12, 4))[0]
    known_at = None
    if random.random() < 0.07:
        known_at = date(2026, 11, 2) + timedelta(days=random.randrange(days))
    table = random.choice(tables) if kind == "table" else ""
    return Step(
        kind, tuple(group), as_of, known_at, _threads(random), table, _choice(random), draw_overlay(random)
    )  # fmt: skip


def _draw_last(random: Random, group: list[int], as_of: datetime | None) -> Step:
    kinds: tuple[Kind, ...] = ("build", "publish", "undo", "erase")
    kind = random.choices(kinds, (180, 10, 6, 4))[0]
    return Step(kind, tuple(group), as_of, threads=_threads(random), choice=_choice(random))


def _threads(random: Random) -> int:
    return random.choice((1, 1, 2, 4))


def _choice(random: Random) -> int:
    return random.randrange(1_000)


def _draw_clocks(
    random: Random, days: int
) -> tuple[datetime | None, datetime | None, datetime | None]:
    """The clock of the first step, the latest one before the last, and that of the last.

    None at all, or clocks that move forward by hours or by weeks; the last step may see everything.
    """
    if random.random() < 0.4:
        return None, None, None
    first = datetime(2026, 11, 2, 12, tzinfo=UTC) + timedelta(hours=random.randrange(24 * days))
    latest = first + timedelta(hours=random.choice((0, 1, 24, 48, 200)))
    last = latest + timedelta(hours=random.choice((0, 1, 24, 48, 200)))
    return first, latest, random.choice((last, None))


def _clocks_between(
    random: Random, clocks: tuple[datetime | None, datetime | None, datetime | None], count: int
) -> list[datetime | None]:
    """So many clocks, in order, from that of the first step up to the latest one before the last step's."""
    first, latest, _ = clocks
    if first is None or latest is None:
        return [None] * count
    hours = int((latest - first) / timedelta(hours=1))
    return [
        first + timedelta(hours=given)
        for given in sorted(random.randint(0, hours) for _ in range(count))
    ]


def land(files: list[LandedFile], landing: Path) -> None:
    """Writes files below a landing folder."""
    for file in files:
        target = landing / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.content, encoding="utf-8")
