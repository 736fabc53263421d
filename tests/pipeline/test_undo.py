"""Undo: afterwards every table is as if the edge had never joined, for ever, and the merge can be traced to its edge."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.exports import land
from support.merged import ask, merging_edge, order, small_shop
from support.people import KEY
from support.tables import table_hashes

import journey_analytics as ja
from journey_analytics import cli, denied_edges
from journey_analytics.building import published_models
from journey_analytics.errors import UsageError
from journey_analytics.rebuild import compare_with_rebuild
from journey_analytics.sample import write_sample

pytestmark = pytest.mark.usefixtures("no_report")

START = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def one_hashing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Homes are compared, so they must hash alike."""
    monkeypatch.setenv("JOURNEY_HASHING_KEY", KEY)


@pytest.fixture
def home(merged: Path, tmp_path: Path) -> Path:
    """The merged home, beside its landing folder."""
    shutil.copytree(merged, tmp_path, symlinks=True, dirs_exist_ok=True)
    return tmp_path / "home"


def test_a_merge_is_traced_to_its_edge_and_undone(home: Path) -> None:
    assert ask(home, "select count(*) from customers") == [(1,)]
    ((event,),) = ask(home, "select distinct event_id from customer_keys where reason = 'merged'")
    assert ask(home, "select order_id from events where event_id = ?", event) == [("5000003",)]

    result = ja.undo(home, merging_edge(home))

    # The order that carries both is Bo's: a customer id comes before an address.
    bought = "select c.customer_id, list_sort(list(o.order_id)) from customers as c join orders as o using (customer_key) group by all order by all"
    assert ask(home, bought) == [("71", ["5000001"]), ("72", ["5000002", "5000003"])]
    assert (result.before["customers"], result.after["customers"]) == (1, 2)
    assert [change.reason for change in result.changes] == ["parted"]
    assert result.still_joined_by == []
    (parted,) = ask(home, "select edge_id, event_id from customer_keys where reason = 'parted'")
    assert parted == (result.edge.edge_id, event)
    assert ask(home, "select rule, event_id from identity_refusals where rule = 'denied'") == [
        ("denied", event)
    ]
    assert ask(home, "select sum(denied_count) from identity_health") == [(1,)]


def test_after_undo_the_tables_equal_a_rebuild(home: Path) -> None:
    ja.undo(home, merging_edge(home))

    assert all(table.is_equal for table in compare_with_rebuild(home))


def test_a_denied_edge_stays_denied_whatever_comes(home: Path, tmp_path: Path) -> None:
    ja.undo(home, merging_edge(home))
    land(tmp_path / "landing", "shopify_webhooks/2026-11-23/orders.ndjson",
         [order(4, 72, "ana@example.com", 4)])  # fmt: skip

    for full in (False, True):
        ja.build(tmp_path / "landing", home, full=full)
        assert ask(home, "select count(*) from customers") == [(2,)]


def test_after_undo_every_table_is_as_if_the_edge_had_never_joined(tmp_path: Path) -> None:
    """The sample, with an edge of persons, of a cart and of an order denied one after the other, or from the start."""
    write_sample(tmp_path / "sample", customers=40, days=28, seed=5)
    landing, undone, never = (
        tmp_path / "sample" / "landing",
        tmp_path / "undone",
        tmp_path / "never",
    )
    ja.build(landing, undone)
    merged = table_hashes(undone, published_models())
    # All edges of one identifier, of persons, of a cart and of an order: without them something parts.
    edges = [
        edge
        for rule in ("same_event", "same_cart", "same_order")
        for (edge,) in ask(
            undone,
            "with ends as (select edge_id, unnest([type_a || ':' || value_a, type_b || ':' || value_b]) as node "
            "from identity_edges where rule = ?) select edge_id from ends where node = "
            "(select node from ends group by node order by count(*), node limit 1)",
            rule,
        )
    ]
    assert len(edges) == 4
    for edge in edges[:-1]:
        denied_edges.deny(undone, denied_edges.DeniedEdge(edge, "", "", "", START))
    ja.undo(undone, edges[-1])

    config = tmp_path / "denied.toml"
    config.write_text(
        (landing / "journey.toml").read_text()
        + f"\n[identity]\ndenied_edges = {json.dumps(edges)}\n"
    )
    result = ja.build(landing, never, config=config)

    assert [problem for problem in result.problems if problem.source == "identity"] == []
    assert table_hashes(undone, published_models()) == table_hashes(never, published_models())
    assert table_hashes(undone, published_models()) != merged


def test_an_edge_that_others_replace_parts_nobody_and_names_them(
    home: Path, tmp_path: Path
) -> None:
    land(tmp_path / "landing", "shopify_webhooks/2026-11-23/orders.ndjson",
         [order(4, 71, "bo@example.com", 4)])  # fmt: skip
    ja.build(tmp_path / "landing", home)
    edge = merging_edge(home)

    result = ja.undo(home, edge)

    assert (result.changes, ask(home, "select count(*) from customers")) == ([], [(1,)])
    assert len(result.still_joined_by) == 3
    assert edge not in {each.edge_id for each in result.still_joined_by}
    for each in result.still_joined_by:
        assert not each.is_denied


def test_the_command_tells_what_the_edge_joined_and_who_parted(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edge = merging_edge(home)
    capsys.readouterr()

    assert cli.main(["undo", edge, "--home", str(home)]) == 0

    said = capsys.readouterr().out
    assert f"Edge {edge}: customer_id and email_hash were seen in one event" in said
    assert "20 Nov 2026 10:03 UTC" in said
    assert "customers: 1 before, 2 now" in said
    assert " parted; some events now belong to " in said
    assert "ana@example.com" not in said

    versions = set(home.glob("warehouse-*.duckdb"))
    assert cli.main(["undo", edge.upper(), "--home", str(home)]) == 0
    assert "denied already: nothing has changed" in capsys.readouterr().out
    assert set(home.glob("warehouse-*.duckdb")) == versions


def test_a_denial_that_no_build_followed_is_applied_by_the_next(home: Path) -> None:
    """Killed between the two: the list is written first, and saying it again finishes the work."""
    edge = merging_edge(home)
    ((kind_a, kind_b, rule, first),) = ask(
        home, "select type_a, type_b, rule, first_at from identity_edges where edge_id = ?", edge
    )
    denied_edges.deny(home, denied_edges.DeniedEdge(edge, kind_a, kind_b, rule, first))

    result = ja.undo(home, edge)

    assert result.was_denied
    assert ask(home, "select count(*) from customers") == [(2,)]


def test_the_list_names_the_edge_and_nobody_and_denies_in_a_new_home(
    home: Path, tmp_path: Path
) -> None:
    edge = merging_edge(home)
    ja.undo(home, edge)
    (tmp_path / "new").mkdir()
    shutil.copy(home / denied_edges.FILE, tmp_path / "new")

    ja.build(tmp_path / "landing", tmp_path / "new")

    assert [(one.edge_id, one.rule) for one in denied_edges.read_denied(home)] == [
        (edge, "same_event")
    ]
    assert ask(tmp_path / "new", "select count(*) from customers") == [(2,)]
    text = (home / denied_edges.FILE).read_text()
    for (value,) in ask(home, "select unnest([value_a, value_b]) from identity_edges"):
        assert len(value) < 3 or value not in text

    # Without its entry the edge joins again.
    (tmp_path / "new" / denied_edges.FILE).unlink()
    ja.build(tmp_path / "landing", tmp_path / "new")
    assert ask(tmp_path / "new", "select count(*) from customers") == [(1,)]


def test_an_unknown_edge_is_a_usage_error_and_denies_nothing(home: Path, tmp_path: Path) -> None:

    with pytest.raises(UsageError, match=r"no such edge[\s\S]*journey who"):
        ja.undo(home, "ana@example.com")
    assert not (home / denied_edges.FILE).exists()
    assert cli.main(["undo", "0" * 32, "--home", str(home)]) == 2
    assert cli.main(["undo", "0" * 32, "--home", str(tmp_path / "nowhere")]) == 2
    assert not (tmp_path / "nowhere").exists()


def test_an_edge_of_the_configuration_that_no_event_brought_is_told(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    small_shop(landing)
    (landing / "journey.toml").write_text(f'[identity]\ndenied_edges = ["{"0" * 32}"]\n')

    result = ja.build(landing, tmp_path / "home")

    assert result.exit_code == 0
    (problem,) = result.problems
    assert ("0" * 32) in problem.reason
    assert "denied_edges" in problem.reason
