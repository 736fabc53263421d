"""The sample: an invented sports-shoe shop that writes the raw exports of real systems, and the truth beside them.

What belongs here is the generator. It never writes this product's own formats, and the product never reads
what stands under `truth/`: tests do.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from journey_analytics.errors import UsageError
from journey_analytics.files import aside_of
from journey_analytics.sample import ads, bulk, cases, mark, noise
from journey_analytics.sample.landing import write_landing
from journey_analytics.sample.lives import Life
from journey_analytics.sample.next_day import write_next_day
from journey_analytics.sample.population import make_population
from journey_analytics.sample.shops import JOURNEY_TOML, SHOPS
from journey_analytics.sample.truth import write_truth
from journey_analytics.sample.world import World

MIN_CUSTOMERS = 40
MIN_DAYS = 28

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class SampleSummary:
    """What was written.

    Args:
        out: The folder.
        file_count: Files below `landing/`.
        record_counts: Raw records of each landing folder, duplicates and restatements included.
        truth_counts: Rows of each file below `truth/`; empty for a benchmark lake.
    """

    out: Path
    file_count: int
    record_counts: dict[str, int]
    truth_counts: dict[str, int] = field(default_factory=dict)


def write_sample(
    out: Path,
    customers: int = 400,
    days: int = 60,
    seed: int = 1,
    events: int | None = None,
    progress: Progress | None = None,
) -> SampleSummary:
    """Writes `out/landing` and `out/truth`; the same arguments give the same bytes.

    Args:
        out: A new or empty folder, or one with an earlier sample, which is replaced.
        customers: Number of people, at least 40.
        days: Length of the period from 1 September 2026, at least 28.
        seed: Seed of every choice.
        events: Writes a benchmark lake of about that many records instead, without a truth.
        progress: Called with what is done, how much of it, and of how much.

    Returns:
        The counts of what was written.

    Raises:
        UsageError: A number is too small, or the folder already holds something else.
    """
    out = Path(out)
    say = progress or (lambda _what, _done, _total: None)
    if events is not None and events < 1:
        raise UsageError(
            "A benchmark lake needs at least one event.", "--events", "Give a positive number."
        )
    if events is None and (customers < MIN_CUSTOMERS or days < MIN_DAYS):
        raise UsageError(
            f"The planted cases need at least {MIN_CUSTOMERS} customers and {MIN_DAYS} days.",
            "--customers, --days",
            "Give larger numbers.",
        )
    _refuse_other_files(out)
    with _written_aside(out) as (landing, truth):
        if events is not None:
            counts, files = bulk.write_lake(landing, events, days, seed, say)
            return SampleSummary(out, files, counts)
        world = generate(customers, days, seed, say)
        written = write_landing(landing, world)
        rows = write_truth(truth, world)
        return SampleSummary(out, written.file_count, written.record_counts, rows)


def _refuse_other_files(out: Path) -> None:
    """Only an earlier sample is replaced."""
    mark_of_ours = out / "landing" / "journey.toml"
    if mark_of_ours.is_file() and mark_of_ours.read_text(encoding="utf-8") == JOURNEY_TOML:
        return
    for folder in (out / "landing", out / "truth"):
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(
                "The folder already holds other files.", str(folder), "Name an empty folder."
            )


@contextmanager
def _written_aside(out: Path) -> Iterator[tuple[Path, Path]]:
    """Folders for landing and truth, which take the place of an earlier sample when both are finished."""
    targets = [out / "landing", out / "truth"]
    asides = [aside_of(target) for target in targets]
    formers = [aside_of(aside) for aside in asides]
    try:
        for folder in (*asides, *formers):
            shutil.rmtree(folder, ignore_errors=True)
        yield asides[0], asides[1]
        for target, aside, former in zip(targets, asides, formers, strict=True):
            if target.exists():
                target.replace(former)
            if aside.exists():
                aside.replace(target)
    finally:
        for folder in (*asides, *formers):
            shutil.rmtree(folder, ignore_errors=True)


def generate(customers: int, days: int, seed: int, say: Progress) -> World:
    """Lets everything happen, in memory."""
    world = World(customers, days, seed)
    mark.tell(world)
    people = make_population(world, already=len(world.people))
    for number, person in enumerate(people, start=1):
        Life(world, person).live()
        say("customers", number, len(people))
    cases.plant(world)
    ads.show_ads(world, SHOPS["es"], each_day=8)
    noise.plant(world)
    return world


__all__ = ["SampleSummary", "write_next_day", "write_sample"]
