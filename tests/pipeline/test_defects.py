"""Defective input: the build finishes, the rest is published, and the message names file, line and reason."""

import gzip
import json
import shutil
from pathlib import Path

import pytest
from support.homes import arrivals, copy_days

import journey_analytics as ja
from journey_analytics.errors import JourneyError
from journey_analytics.sample import write_sample
from journey_analytics.warehouse import open_warehouse

pytestmark = pytest.mark.usefixtures("no_report")

DAY = "2030-01-05"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first half of a sample."""
    out = tmp_path_factory.mktemp("good")
    write_sample(out, customers=40, days=28, seed=11)
    days = arrivals(out / "landing")
    copy_days(out / "landing", out / "days", days[0], days[14])
    return out / "days"


@pytest.fixture
def landing(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "landing"))


def quarantine(home: Path, path: str) -> list[tuple[int, str]]:
    with open_warehouse(home) as connection:
        return connection.execute(
            "select source_row, reason from quarantine where path = ? order by source_row", [path]
        ).fetchall()


def build_with(landing: Path, home: Path, name: str, content: bytes) -> tuple[ja.BuildResult, str]:
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return ja.build(landing, home), name


PIXEL = json.dumps(
    {
        "id": "sh-1",
        "name": "checkout_started",
        "clientId": "c",
        "timestamp": "2030-01-01T00:00:00Z",
        "data": {},
    }
)


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        (f"ga4/{DAY}/cut.ndjson.gz", gzip.compress(PIXEL.encode() * 500)[:-40], None),
        (f"ga4/{DAY}/empty.ndjson", b"", 0),
        (f"ga4/{DAY}/wrong_source.ndjson", f"{PIXEL}\n{PIXEL}\n".encode(), 1),
        (
            f"google_ads_clicks/{DAY}/columns.csv",
            b"campaign,segments.date\nshoes,2030-01-04\n",
            None,
        ),
    ],
    ids=["truncated gzip", "empty file", "file of another source", "CSV without a column"],
)
def test_a_defective_file_is_named_and_the_rest_published(
    landing: Path, tmp_path: Path, name: str, content: bytes, line: int | None
) -> None:
    result, path = build_with(landing, tmp_path / "home", name, content)

    assert result.exit_code == 1
    assert result.warehouse is not None
    assert result.row_counts["touchpoints"] > 1_000
    problem = next(problem for problem in result.problems if problem.path == path)
    assert problem.reason
    assert problem.todo
    rows = quarantine(tmp_path / "home", path)
    assert rows
    assert line is None or rows[0][0] == line
    assert all(
        check.has_passed for check in result.checks if check.check.name == "files_accounting"
    )


def test_single_bad_lines_are_quarantined_and_the_build_is_good(
    landing: Path, tmp_path: Path
) -> None:
    path = max((landing / "ga4").rglob("*.ndjson.gz"), key=lambda file: file.stat().st_size)
    lines = gzip.decompress(path.read_bytes()).splitlines()
    lines.insert(3, b'{"event_name": "page_view", ')
    lines.insert(7, lines[0].replace(b'"event_timestamp":"', b'"event_timestamp":"never'))
    path.write_bytes(gzip.compress(b"\n".join(lines) + b"\n"))

    result = ja.build(landing, tmp_path / "home")

    rows = quarantine(tmp_path / "home", str(path.relative_to(landing)))
    assert result.exit_code == 0
    assert {4, 8} <= {row for row, _ in rows}


def test_more_bad_lines_than_the_limit_need_a_look(landing: Path, tmp_path: Path) -> None:
    bad = b"not json\n" * 40
    for path in (landing / "trengo").rglob("*.ndjson*"):
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        path.write_bytes(gzip.compress(text + bad) if path.suffix == ".gz" else text + bad)
        break

    result = ja.build(landing, tmp_path / "home")

    assert result.exit_code == 1
    assert result.warehouse is not None


def test_several_shops_without_an_entry_are_told_what_to_add(landing: Path, tmp_path: Path) -> None:
    (landing / "journey.toml").write_text(
        '[folders]\ntrengo_uk = "trengo"\nsendgrid_uk = "sendgrid"\ndelighted_uk = "delighted"\n'
    )

    result = ja.build(landing, tmp_path / "home")

    assert result.exit_code == 1
    assert any("[[shops]]" in problem.todo for problem in result.problems)
    with open_warehouse(tmp_path / "home") as connection:
        shops = {row[0] for row in connection.execute("select shop from shops").fetchall()}
    assert "unassigned" in shops
    assert "northern-trainers.myshopify.com" in shops


def test_a_landing_folder_without_a_file_publishes_empty_tables(tmp_path: Path) -> None:
    (tmp_path / "landing" / "ga4").mkdir(parents=True)

    result = ja.build(tmp_path / "landing", tmp_path / "home")

    assert result.warehouse is not None
    assert result.row_counts["events"] == 0


def test_the_published_file_is_of_the_storage_version_that_older_clients_open(
    sample_home: Path,
) -> None:
    with open_warehouse(sample_home) as connection:
        tags = connection.execute(
            "select tags from duckdb_databases() where not internal"
        ).fetchall()

    assert "v1.4.0" in str(tags)


def test_every_table_and_column_is_commented(sample_home: Path) -> None:
    with open_warehouse(sample_home) as connection:
        bare = connection.execute(
            "select table_name, column_name from duckdb_columns() where not internal and coalesce(comment, '') = '' "
            "union all select table_name, null from duckdb_tables() where coalesce(comment, '') = ''"
        ).fetchall()

    assert bare == []


def test_a_damaged_lake_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    day = tmp_path / "landing" / "delighted" / DAY
    day.mkdir(parents=True)
    answer = {"id": "1", "score": 9, "survey_type": "nps", "created_at": 1893800000}
    (day / "a.json").write_text(json.dumps([answer]))
    ja.build(tmp_path / "landing", tmp_path / "home")
    (damaged,) = (tmp_path / "home" / "lake" / "events").rglob("*.parquet")
    damaged.write_bytes(b"damaged")

    with pytest.raises(JourneyError, match=damaged.name):
        ja.build(tmp_path / "landing", tmp_path / "home", full=True)
