"""What flows between touchpoints and between stages is what the published tables hold, and what the page draws."""

import duckdb
import polars as pl

import journey_analytics as ja
from journey_analytics.report.gather import gather


def test_every_session_enters_the_flow_once_and_leaves_it_once(
    published: duckdb.DuckDBPyConnection,
) -> None:
    """Catches a transition across sessions, a session that begins nowhere, and touchpoints in another order than the table's."""
    touchpoints = published.sql("select * from touchpoints").pl()
    order = "order by occurred_at, sequence, touchpoint_id"
    expected = published.execute(
        f"""with step as (
            select
                event_type,
                lead(event_type) over (partition by session_id {order}) as following,
                lag(event_type) over (partition by session_id {order}) as previous
            from touchpoints where session_id is not null
        )
        select source, target, count(*) from (
            select event_type as source, coalesce(following, '(exit)') as target from step
            union all select '(start)' as source, event_type as target from step where previous is null
        ) group by source, target"""
    ).fetchall()
    ((sessions,),) = published.execute(
        "select count(*) from sessions semi join touchpoints using (session_id)"
    ).fetchall()

    flow = ja.transitions(touchpoints.rename({"touchpoint_id": "event_id"}))

    into, out = (
        dict(flow.group_by(end).agg(pl.col("count").sum()).rows()) for end in ("target", "source")
    )
    assert into.pop("(exit)") == out.pop("(start)") == sessions > 1_000
    assert into == out
    assert sorted(flow.rows()) == sorted(expected)


def test_what_the_page_draws_between_stages_are_the_stage_visits(
    published: duckdb.DuckDBPyConnection,
) -> None:
    """Catches a visit drawn in the wrong period or shop, and one that is left out because it was somebody's first."""
    visits = published.sql(
        "select shop, coalesce(previous_stage, '(start)') as from_stage, stage as to_stage, direction, "
        "strftime(timezone(time_zone, entered_at), '%Y-%m-01') as period "
        "from stage_visits inner join shops using (shop)"
    ).pl()
    drawn = 0
    for shop in gather(published)["shops"]:
        for period in shop["periods"]:
            flow = [
                (row["from_stage"], row["to_stage"], row["direction"], row["transition_count"])
                for row in period["flow"]
            ]
            own = visits.filter(
                (pl.col("shop") == shop["name"]) & (pl.col("period") == period["period"])
            )
            counts = own.group_by("from_stage", "to_stage", "direction").len()
            assert sorted(flow) == sorted(counts.rows())
            drawn += sum(row[-1] for row in flow)
    assert drawn == len(visits) > 1_000


def test_who_left_a_stage_entered_the_next_and_all_others_rest_there(
    published: duckdb.DuckDBPyConnection,
) -> None:
    """Catches a transition without its visit: into a stage went all its visits, out of it all but those that were the last."""
    flow = published.execute(
        "select to_stage as stage, sum(transition_count)::bigint from stage_transitions group by to_stage"
    ).fetchall()
    left = published.execute(
        "select from_stage, sum(transition_count)::bigint from stage_transitions group by from_stage"
    ).fetchall()
    resting = published.execute(
        "select stage, count(*) from stage_visits where ended_by <> 'next_stage' group by stage"
    ).fetchall()
    ((customers,),) = published.execute(
        "select count(distinct customer_key) from stage_visits"
    ).fetchall()

    out, rest = dict(left), dict(resting)
    assert out.pop("(start)") == customers == sum(rest.values())
    for stage, count in flow:
        assert count == out.get(stage, 0) + rest.get(stage, 0)
