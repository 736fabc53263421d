"""Sessions: the boundary, the channels, and what never opens a session."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

import journey_analytics as ja

START = datetime(2026, 11, 20, 10, tzinfo=UTC)


def events(*rows: tuple[timedelta, str, str], **more: list[object]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "event_id": [f"e{n}" for n in range(len(rows))],
            "customer_key": ["ana"] * len(rows),
            "occurred_at": [START + after for after, _, _ in rows],
            "channel": [channel for _, channel, _ in rows],
            "event_type": [kind for _, _, kind in rows],
            **more,
        }
    )


def minutes(value: float) -> timedelta:
    return timedelta(minutes=value)


def test_a_gap_equal_to_the_timeout_stays_and_a_microsecond_more_splits() -> None:
    stays = events((minutes(0), "site", "page_view"), (minutes(30), "site", "page_view"))
    splits = events(
        (minutes(0), "site", "page_view"),
        (minutes(30) + timedelta(microseconds=1), "site", "page_view"),
    )

    assert len(ja.sessionize(stays).sessions) == 1
    assert len(ja.sessionize(splits).sessions) == 2


def test_web_chat_joins_the_site_session_and_chat_alone_is_a_conversation() -> None:
    joined = events((minutes(0), "site", "page_view"), (minutes(5), "chat", "customer_message"))
    alone = events(
        (minutes(0), "chat", "customer_message"), (minutes(5), "chat", "customer_message")
    )

    assert ja.sessionize(joined).sessions["session_kind"].to_list() == ["site"]
    assert ja.sessionize(alone).sessions["session_kind"].to_list() == ["conversation"]


def test_messaging_has_runs_of_its_own() -> None:
    given = events(
        (minutes(0), "site", "page_view"),
        (minutes(5), "messaging", "customer_message"),
        (minutes(60), "messaging", "customer_message"),
        (minutes(70), "site", "page_view"),
    )

    kinds = ja.sessionize(given).sessions["session_kind"].to_list()

    assert sorted(kinds) == ["conversation", "site", "site"]


@pytest.mark.parametrize(
    ("gap", "count"), [(10, 1), (10.02, 2)], ids=["within ten minutes", "later"]
)
def test_a_mail_click_counts_at_the_visit_that_follows(gap: float, count: int) -> None:
    given = events(
        (minutes(0), "email", "email_clicked"),
        (minutes(gap), "site", "page_view"),
        (minutes(gap + 30), "site", "page_view"),
    )

    sessions = ja.sessionize(given, ja.SessionPolicy(timeout="30m")).sessions

    starts = sessions["started_at"].to_list()
    assert starts[-1] == START + minutes(gap) if count == 1 else starts[0] == START
    assert sessions["touchpoint_count"].sum() == 3


def test_what_is_not_interactive_has_no_session() -> None:
    given = events(
        (minutes(0), "site", "page_view"),
        (minutes(20), "email", "email_delivered"),
        (minutes(45), "site", "page_view"),
        is_interactive=[True, False, True],
    )

    result = ja.sessionize(given)

    assert len(result.sessions) == 2
    assert result.events["session_id"].null_count() == 1


def test_a_bare_number_is_no_timeout() -> None:
    with pytest.raises(ValueError, match="with its unit"):
        ja.SessionPolicy(timeout=30)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ja.JourneyError, match="customer_key"):
        ja.sessionize(pl.DataFrame({"occurred_at": [START], "event_type": ["page_view"]}))


def test_a_frames_own_columns_may_have_our_names_and_other_types() -> None:
    given = events((minutes(0), "ana", "page_view"), (minutes(1), "ana", "page_view"))
    own = given.with_columns(
        pl.lit("ga4").alias("source_systems"),
        pl.lit("n/a").alias("value"),
        pl.lit(1).alias("properties"),
    )

    result = ja.sessionize(own)

    assert result.sessions.height == 1
    assert result.events["value"].to_list() == ["n/a", "n/a"]
