"""The command line: `journey`."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

from tqdm import tqdm

from journey_analytics.analysis_commands import add_analysis_commands
from journey_analytics.arguments import count, day, positive, timestamp
from journey_analytics.errors import JourneyError, UsageError
from journey_analytics.identity_commands import add_commands

DEFAULT_HOME = Path("var")
_ANYBODY = "customer key or id, e-mail, phone, order id or any other identifier"
_NOTHING_INGESTED = "Nothing has been ingested into this home directory."


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Returns:
        0 done, 1 a data problem that needs a look or nothing published, 2 wrong usage.
    """
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except JourneyError as error:
        print(f"journey: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except BrokenPipeError:
        return 0
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="journey",
        description="See where customers are lost, from the exports you already have.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], int], text: str
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument(
            "--home", type=Path, default=DEFAULT_HOME, help="home directory (default ./var)"
        )
        sub.set_defaults(run=run)
        return sub

    demo = command(
        "demo", _demo, "Generate a sample shop, build it and print its checkout drop-off."
    )
    sample = command(
        "sample",
        _sample,
        "Write the exports of a realistic sports-shoe shop, and the truth beside them.",
    )
    sample.add_argument(
        "--out", type=Path, required=True, help="folder to write landing/ and truth/ into"
    )
    for each in (demo, sample):
        each.add_argument("--customers", type=positive, default=400)
        each.add_argument("--days", type=positive, default=60)
        each.add_argument("--seed", type=int, default=1)
    sample.add_argument(
        "--events", type=count, help="a benchmark lake of about N records, for example 1M"
    )
    _add_build_options(
        command(
            "build", _build, "Read new exports and bring tables, warehouse and report up to date."
        )
    )
    command("publish", _publish, "Publish the workspace as it is, if its checks pass.")
    command("report", _report, "Write the report page from the published file.")
    check = command("check", _check, "Run every check on the published file.")
    check.add_argument(
        "--rebuild",
        action="store_true",
        help="also make every table anew from the lake, aside, and compare",
    )
    explain = command("explain", _explain, "Tell one customer's journey and why it was counted so.")
    explain.add_argument("customer", help=_ANYBODY)
    erase = command("erase", _erase, "Remove a person from everything kept here, for good.")
    erase.add_argument("identifier", help=_ANYBODY)
    erase.add_argument("--yes", action="store_true", help="do not ask")
    add_commands(command)
    add_analysis_commands(command)
    return parser


def _add_build_options(build: argparse.ArgumentParser) -> None:
    build.add_argument(
        "--landing", type=Path, required=True, help="folder of exports: <source>/<date>/<file>"
    )
    build.add_argument("--config", type=Path, help="configuration file")
    build.add_argument("--full", action="store_true", help="make every table anew")
    build.add_argument("--as-of", type=timestamp, help="see nothing after this time (UTC)")
    build.add_argument("--known-at", type=day, help="only files that had arrived by this date")


def _demo(options: argparse.Namespace) -> int:
    # The exports of the sample hold names and addresses (invented ones): they do not stay in the home directory.
    with tempfile.TemporaryDirectory(prefix="journey-sample-") as folder:
        _write_sample(options, Path(folder), None)
        return _build_and_print(Path(folder) / "landing", options.home)


def _sample(options: argparse.Namespace) -> int:
    _write_sample(options, options.out, options.events)
    print(f"Wrote {options.out / 'landing'} and {options.out / 'truth'}.")
    return 0


def _write_sample(options: argparse.Namespace, out: Path, events: int | None) -> None:
    from journey_analytics.sample import write_sample

    with _Bar("sample") as bar:
        write_sample(
            out,
            customers=options.customers,
            days=options.days,
            seed=options.seed,
            events=events,
            progress=bar.show,
        )


def _build(options: argparse.Namespace) -> int:
    return _build_and_print(
        options.landing,
        options.home,
        config=options.config,
        full=options.full,
        as_of=options.as_of,
        known_at=options.known_at,
    )


def _build_and_print(
    landing: Path,
    home: Path,
    *,
    config: Path | None = None,
    full: bool = False,
    as_of: datetime | None = None,
    known_at: date | None = None,
) -> int:
    from journey_analytics.building import build
    from journey_analytics.summary import drop_off_table, restated_line
    from journey_analytics.understood import understood
    from journey_analytics.warehouse import open_warehouse

    with _Bar("build") as bar:
        result = build(
            landing,
            home,
            config,
            full=full,
            as_of=as_of,
            known_at=known_at,
            progress=bar.show,
        )
    if result.refusal is not None:
        print(f"journey: {result.refusal}", file=sys.stderr)
        return 1
    with open_warehouse(home) as connection:
        print(understood(result, connection))
        print()
        print(drop_off_table(connection))
        restated = restated_line(connection)
    if restated:
        print(f"\n{restated}")
    print(f"\nReport: {result.report}\nTables: {result.warehouse}")
    if result.exit_code:
        print(
            "Something needs a look: see the problems above. Everything else was published.",
            file=sys.stderr,
        )
    return result.exit_code


def _publish(options: argparse.Namespace) -> int:
    from journey_analytics.building import last_asked, prepare, published_models
    from journey_analytics.config import load
    from journey_analytics.lock import HomeLock
    from journey_analytics.publish import publish
    from journey_analytics.removal import conclude, remove_erased
    from journey_analytics.summary import restated_line
    from journey_analytics.warehouse import open_warehouse
    from journey_analytics.workspace import Workspace

    nothing = UsageError(_NOTHING_INGESTED, str(options.home), "Run `journey build --landing DIR`.")
    if not options.home.is_dir():
        raise nothing
    with HomeLock(options.home), _Bar("publish") as bar:
        if not (options.home / "lake").is_dir():
            raise nothing
        config = load(home=options.home)
        remove_erased(options.home, config)
        with Workspace(options.home) as workspace:
            as_of, known_at = last_asked(workspace)
            engine = prepare(workspace, config, as_of=as_of, known_at=known_at)
            engine.bring_up(published_models(), bar.show)
            path = publish(workspace, options.home, engine.build_id).path
        conclude(options.home)
    with open_warehouse(options.home) as connection:
        restated = restated_line(connection)
    print(f"Published {path}." + (f"\n{restated}" if restated else ""))
    return 0


def _report(options: argparse.Namespace) -> int:
    from journey_analytics.lock import HomeLock
    from journey_analytics.report import write_report
    from journey_analytics.warehouse import open_warehouse

    open_warehouse(options.home).close()
    with HomeLock(options.home):
        path = write_report(
            options.home / "warehouse.duckdb", options.home / "report" / "index.html"
        )
    print(f"Wrote {path}.")
    return 0


def _check(options: argparse.Namespace) -> int:
    from journey_analytics import checks
    from journey_analytics.rebuild import compare_with_rebuild
    from journey_analytics.warehouse import open_warehouse

    with open_warehouse(options.home) as connection:
        results = checks.run(connection)
    for result in results:
        mark = (
            "holds"
            if result.has_passed
            else f"BROKEN in {result.failed_count} rows ({result.check.severity})"
        )
        print(f"{result.check.title}: {mark}")
        for example in result.examples:
            print(f"    {example}")
    has_passed = all(result.has_passed for result in results)
    if options.rebuild:
        with _Bar("rebuild") as bar:
            comparisons = compare_with_rebuild(options.home, progress=bar.show)
        print("\n".join(str(comparison) for comparison in comparisons))
        has_passed = has_passed and all(comparison.is_equal for comparison in comparisons)
    return 0 if has_passed else 1


def _explain(options: argparse.Namespace) -> int:
    from journey_analytics.config import load
    from journey_analytics.explain import explain
    from journey_analytics.lake import key_to_ask
    from journey_analytics.warehouse import open_warehouse

    with open_warehouse(options.home) as connection:
        region = load(home=options.home).phone_region
        print(explain(connection, options.customer, key_to_ask(options.home), region))
    return 0


def _erase(options: argparse.Namespace) -> int:
    from journey_analytics.erasure_dialog import erase_by_dialog

    with _Bar("erase") as bar:
        return erase_by_dialog(
            options.home, options.identifier, is_agreed=options.yes, progress=bar.show
        )


class _Bar:
    """A progress bar on standard error, shown to people only."""

    def __init__(self, title: str) -> None:
        self._bar = tqdm(desc=title, disable=not sys.stderr.isatty(), leave=False, unit="")

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def show(self, what: str, number: int, total: int) -> None:
        """Moves the bar to `number` of `total` and names what is being done."""
        self._bar.total = total
        self._bar.n = number
        self._bar.set_postfix_str(what)


if __name__ == "__main__":
    sys.exit(main())
