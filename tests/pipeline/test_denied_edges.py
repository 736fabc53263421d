"""The list of denied edges of a home: what it says is done, or it is told why not."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.decoded import found_in
from support.exports import land
from support.merged import ask, merging_edge, order
from support.people import KEY

import journey_analytics as ja
from journey_analytics import denied_edges, removal
from journey_analytics.errors import UsageError
from journey_analytics.tombstones import read_tombstones

pytestmark = pytest.mark.usefixtures("no_report")

ENTRY = '[[denied_edges]]\nedge_id = "e"\ntype_a = "a"\ntype_b = "b"\nrule = "same_event"\n'


@pytest.fixture(scope="module")
def undone(merged: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The merged home in which the edge was denied, beside its landing folder. Read only."""
    base = tmp_path_factory.mktemp("undone")
    shutil.copytree(merged, base, symlinks=True, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEY_HASHING_KEY", KEY)
        ja.undo(base / "home", merging_edge(base / "home"))
    return base


@pytest.fixture
def home(undone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home, beside its landing folder."""
    monkeypatch.setenv("JOURNEY_HASHING_KEY", KEY)
    shutil.copytree(undone, tmp_path, symlinks=True, dirs_exist_ok=True)
    return tmp_path / "home"


def test_a_denied_edge_that_shops_rename_is_told_with_its_new_id(
    home: Path, tmp_path: Path
) -> None:
    """A second commerce account makes two shops of one: every id of a customer, and so of an edge, is another."""
    (denied,) = denied_edges.read_denied(home)
    other = order(9, 9, "cleo@example.com", 9)
    other["headers"]["X-Shopify-Shop-Domain"] = "other.myshopify.com"
    land(tmp_path / "landing", "shopify_webhooks/2026-11-23/orders.ndjson", [other])

    result = ja.build(tmp_path / "landing", home)

    (problem,) = [each for each in result.problems if each.path == denied_edges.FILE]
    assert denied.edge_id in problem.reason
    assert result.exit_code == 1
    (renamed,) = re.findall(r"new id \((\w+)\)", problem.todo)
    ja.undo(home, renamed)
    assert ask(home, "select count(*) from customers") == [(3,)]


def test_nothing_is_told_of_a_denied_edge_whose_records_are_gone(
    home: Path, tmp_path: Path
) -> None:
    ja.erase(home, "72")

    result = ja.build(tmp_path / "landing", home)

    assert result.problems == []


@pytest.mark.parametrize("is_denied_already", [False, True])
def test_an_undo_ends_an_erasure_that_was_stopped_and_never_publishes_the_person(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_denied_already: bool
) -> None:
    land(tmp_path / "landing", "shopify_webhooks/2026-11-23/orders.ndjson",
         [order(9, 8_675_309_421, "cleo@example.com", 9)])  # fmt: skip
    ja.build(tmp_path / "landing", home)
    ((edge,),) = ask(home, "select min(edge_id) from identity_edges where value_a = '71' and is_denied = ?", False)  # fmt: skip
    if is_denied_already:
        edge = denied_edges.read_denied(home)[0].edge_id
    with monkeypatch.context() as patch:
        patch.setattr(removal, "clean_lake", _stopped)
        with pytest.raises(KeyboardInterrupt):
            ja.erase(home, "8675309421")

    ja.undo(home, edge)

    assert found_in(home, ["8675309421"]) == set()
    assert [stone.state for stone in read_tombstones(home)] == ["finished"]
    assert len(list((home / "receipts").iterdir())) == 1


def _stopped(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "text",
    [
        "[[denied_edges]]\nedge_id = 3\n",
        "not toml",
        '[[denied_edges]]\nedge = "x"\n',
        "denied_edges = 1",
        "denied_edges = [1]",
        ENTRY + "first_at = 2026-11-02\n",
        ENTRY + 'first_at = "yesterday"\n',
        ENTRY + "first_at = 5\n",
        ENTRY.replace('"same_event"', "1") + "first_at = 2026-11-02T10:00:00Z\n",
    ],
)
def test_a_spoiled_list_is_no_empty_list(tmp_path: Path, text: str) -> None:
    """Nobody is joined in silence who must not be."""
    (tmp_path / denied_edges.FILE).write_text(text)

    with pytest.raises(
        UsageError, match=r"list of denied edges cannot be read[\s\S]*denied_edges.toml"
    ) as refusal:
        denied_edges.read_denied(tmp_path)
    assert text.startswith(("not", "denied_edges = 1")) or ", entry 1" in str(refusal.value)


@pytest.mark.parametrize(
    "written", ["2026-11-02T10:00:00Z", "2026-11-02T10:00:00", "2026-11-02T11:00+01:00"]
)
def test_a_time_in_quotes_is_a_time_and_is_written_as_one(tmp_path: Path, written: str) -> None:
    (tmp_path / denied_edges.FILE).write_text(f'{ENTRY}first_at = "{written}"\n')

    (edge,) = denied_edges.read_denied(tmp_path)
    denied_edges.deny(tmp_path, edge)

    assert edge.first_at == datetime(2026, 11, 2, 10, tzinfo=UTC)
    assert denied_edges.read_denied(tmp_path) == [edge, edge]
