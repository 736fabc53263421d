"""The command line: what it understands, what it says, and its three exit codes."""

import os
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from journey_analytics import cli
from journey_analytics.lock import HomeLock

COMMANDS = re.findall(r"^ {4}([a-z]+) ", cli._parser().format_help(), flags=re.MULTILINE)


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """A landing folder in which nothing lies."""
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that was built and published from nothing."""
    folder = tmp_path_factory.mktemp("empty")
    (folder / "landing").mkdir()
    home = folder / "home"
    assert cli.main(["build", "--landing", str(folder / "landing"), "--home", str(home)]) == 0
    return home


def test_every_command_is_listed() -> None:
    assert set(COMMANDS) >= {
        "demo",
        "sample",
        "build",
        "publish",
        "report",
        "check",
        "explain",
        "erase",
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_help_tells_what_a_command_does(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main([command, "--help"])

    said = capsys.readouterr().out
    assert stop.value.code == 0
    assert f"usage: journey {command}" in said
    assert "--home" in said


# ------------------------------------------------------------------------------------------- values
@pytest.mark.parametrize(
    ("text", "count"), [("1M", 1_000_000), ("250k", 250_000), ("1.5m", 1_500_000), ("7", 7)]
)
def test_a_count_may_be_short(text: str, count: int) -> None:
    options = cli._parser().parse_args(["sample", "--out", "x", "--events", text])

    assert options.events == count


@pytest.mark.parametrize(
    "text", ["2026-11-20T22:10Z", "2026-11-20T22:10", "2026-11-20T23:10+01:00"]
)
def test_a_time_is_in_utc_unless_it_says_otherwise(text: str) -> None:
    options = cli._parser().parse_args(["build", "--landing", "x", "--as-of", text])

    assert options.as_of == datetime(2026, 11, 20, 22, 10, tzinfo=UTC)


def test_known_at_is_a_day() -> None:
    options = cli._parser().parse_args(["build", "--landing", "x", "--known-at", "2026-11-20"])

    assert options.known_at == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "COMMAND"),
        ("bild", "bild"),
        ("build", "--landing"),
        ("build --landing x --fast", "--fast"),
        ("build --landing x --as-of yesterday", "'yesterday' is no time"),
        ("build --landing x --as-of 2026-11-31", "'2026-11-31' is no time"),
        ("build --landing x --known-at 20.11.2026", "'20.11.2026' is no date"),
        ("sample --out x --customers many", "'many' is no whole number"),
        ("sample --out x --days 0", "'0' is no whole number"),
        ("sample --out x --events many", "'many' is no count"),
        ("sample --out x --events inf", "'inf' is no count"),
        ("explain", "customer"),
    ],
)
def test_wrong_words_exit_2_and_are_named(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments.split())

    assert stop.value.code == 2
    assert said in capsys.readouterr().err


# ------------------------------------------------------------------------------------ usage errors: 2
def test_a_missing_landing_folder_exits_2_and_makes_no_home(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing, home = tmp_path / "nowhere", tmp_path / "home"

    assert cli.main(["build", "--landing", str(missing), "--home", str(home)]) == 2
    said = capsys.readouterr().err
    assert "does not exist" in said
    assert str(missing) in said
    assert "what to do" in said
    assert not home.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "does not exist"),
        ("period = = 3", "not valid TOML"),
        ("[carts]\nabandond_after = '24h'\n", "did you mean 'abandoned_after'"),
        ("[sessions]\ntimeout = 30\n", "with its unit"),
        ("[[stages.rules]]\nstage = 'dreaming'\nwhen = \"channel = 'site'\"\n", "'dreaming'"),
        ("[[stages.rules]]\nstage = 'decision'\nwhen = 'shoe_size > 40'\n", "unknown column"),
    ],
    ids=["missing", "no_toml", "unknown_key", "bare_number", "unknown_stage", "unknown_column"],
)
def test_a_wrong_configuration_exits_2_before_anything_is_read(
    text: str | None, said: str, landing: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, home = tmp_path / "mine.toml", tmp_path / "home"
    if text is not None:
        config.write_text(text)
    build = ["build", "--landing", str(landing), "--home", str(home), "--config", str(config)]

    assert cli.main(build) == 2
    assert said in capsys.readouterr().err
    assert not home.exists()


def test_a_wrong_configuration_in_the_landing_folder_exits_2(
    landing: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (landing / "journey.toml").write_text("perod = 'day'\n")

    assert cli.main(["build", "--landing", str(landing), "--home", str(tmp_path / "home")]) == 2
    assert "unknown key 'perod'; did you mean 'period'" in capsys.readouterr().err


def test_a_home_that_is_a_file_exits_2(
    landing: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.touch()

    assert cli.main(["build", "--landing", str(landing), "--home", str(home)]) == 2
    assert "home directory cannot be used" in capsys.readouterr().err


def test_a_sample_is_not_written_over_other_files(
    landing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (landing / "mine.csv").touch()

    assert cli.main(["sample", "--out", str(landing.parent)]) == 2
    assert "already holds other files" in capsys.readouterr().err
    assert (landing / "mine.csv").exists()


# ------------------------------------------------------------------------------------- other errors: 1
def test_an_unknown_customer_exits_1_and_is_not_repeated(
    empty_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["explain", "ana@example.com", "--home", str(empty_home)]) == 1
    said = capsys.readouterr().err
    assert "Nobody is known by this identifier" in said
    assert "ana@example.com" not in said


@pytest.mark.parametrize("command", ["report", "check", "explain C-1"])
def test_a_home_without_a_published_file_exits_1(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*command.split(), "--home", str(tmp_path)]) == 1
    assert "Nothing has been published" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["build", "publish"])
def test_a_home_in_use_exits_1_and_names_the_holder(
    command: str, landing: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    more = ["--landing", str(landing)] if command == "build" else []

    with HomeLock(home):
        assert cli.main([command, "--home", str(home), *more]) == 1
    assert f"in use by process {os.getpid()}" in capsys.readouterr().err


# --------------------------------------------------------------------------------------- a clear result
def test_an_empty_landing_folder_builds_and_says_what_to_export(
    landing: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"

    assert cli.main(["build", "--landing", str(landing), "--home", str(home)]) == 0
    said = capsys.readouterr().out
    assert "no source: the landing folder holds no file that I know" in said
    assert "No order source: cart verdicts are off. Export Orders" in said
    assert "default: no carts yet." in said
    assert (home / "warehouse.duckdb").is_file()
    assert (home / "report" / "index.html").is_file()


def test_a_folder_of_no_known_source_exits_1_and_names_the_known_ones(
    landing: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (landing / "google").mkdir()

    assert cli.main(["build", "--landing", str(landing), "--home", str(tmp_path / "home")]) == 1
    said = capsys.readouterr()
    assert "No reader is known for this landing folder" in said.out
    assert "shopify_webhooks" in said.out
    assert "Something needs a look" in said.err


@pytest.mark.parametrize("command", ["check", "report", "publish"])
def test_the_other_commands_do_their_work_on_a_built_home(command: str, empty_home: Path) -> None:
    assert cli.main([command, "--home", str(empty_home)]) == 0
