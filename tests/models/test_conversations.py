"""Conversations: who answered when, what was read before; and the answers to surveys."""

from typing import Any

import pytest
from support.bench import BEGIN, DAY, HOUR, MINUTE, ONE_TICK, SECOND, Bench

TALK = {"conversation_id": "trengo:1"}


def _talks(bench: Bench) -> list[dict[str, Any]]:
    return bench.run("conversations").sort("started_at").to_dicts()


def test_human_and_bot_response_are_told_apart(bench: Bench) -> None:
    bench.add(0 * MINUTE, "customer_message", **TALK)
    bench.add(5 * SECOND, "bot_message", **TALK)
    bench.add(10 * MINUTE, "agent_message", **TALK)
    bench.add(20 * MINUTE, "conversation_resolved", **TALK)

    (talk,) = _talks(bench)

    assert talk["first_bot_response_at"] == BEGIN + 5 * SECOND
    assert (float(talk["first_response_seconds"]), float(talk["resolution_seconds"])) == (600, 1200)
    assert (talk["was_handed_over"], talk["message_count"], talk["agent_message_count"]) == (
        True,
        3,
        1,
    )


def test_a_message_sent_by_a_rule_is_a_bots_answer(bench: Bench) -> None:
    bench.add(0 * MINUTE, "customer_message", **TALK)
    bench.add(1 * MINUTE, "agent_message", actor="machine", **TALK)

    (talk,) = _talks(bench)

    assert (talk["first_human_response_at"], talk["first_bot_response_at"]) == (
        None,
        BEGIN + MINUTE,
    )
    assert (talk["was_handed_over"], talk["agent_message_count"]) == (False, 0)


def test_the_wait_begins_with_the_customer_where_the_company_wrote_first(bench: Bench) -> None:
    bench.add(0 * MINUTE, "agent_message", **TALK)
    bench.add(10 * MINUTE, "customer_message", **TALK)
    bench.add(15 * MINUTE, "agent_message", **TALK)

    (talk,) = _talks(bench)

    assert (talk["started_at"], float(talk["first_response_seconds"])) == (BEGIN, 300)


def test_a_reopened_conversation_is_not_resolved_until_it_is_resolved_again(bench: Bench) -> None:
    bench.add(0 * MINUTE, "customer_message", **TALK)
    bench.add(1 * HOUR, "conversation_resolved", **TALK)
    bench.add(2 * HOUR, "ticket_reopened", **TALK)

    assert _talks(bench)[0]["resolved_at"] is None
    bench.add(3 * HOUR, "conversation_resolved", **TALK)
    assert _talks(bench)[0]["resolved_at"] == BEGIN + 3 * HOUR


@pytest.mark.parametrize(("after", "is_repeat"), [(7 * DAY, True), (7 * DAY + ONE_TICK, False)])
def test_repeat_contact(bench: Bench, after: Any, is_repeat: bool) -> None:
    bench.add(0 * DAY, "customer_message", conversation_id="trengo:1")
    bench.add(after, "customer_message", conversation_id="trengo:2")

    assert [talk["is_repeat_contact"] for talk in _talks(bench)] == [False, is_repeat]


def test_the_last_five_distinct_articles_read_strictly_before_newest_first(bench: Bench) -> None:
    for minute, article in enumerate(["a", "b", "c", "d", "e", "f", "b"]):
        bench.add(minute * MINUTE, "help_article_viewed", content_id=article)
    bench.add(10 * MINUTE, "help_article_viewed", content_id="at the same time")
    bench.add(10 * MINUTE, "customer_message", **TALK)
    bench.add(1 * MINUTE, "help_article_viewed", customer="bob", content_id="not hers")

    assert _talks(bench)[0]["articles_read_before"] == ["b", "f", "e", "d", "c"]


@pytest.mark.parametrize("count", range(5))
def test_fewer_articles(bench: Bench, count: int) -> None:
    for minute in range(count):
        bench.add(minute * MINUTE, "help_article_viewed", content_id=f"{minute}")
    bench.add(10 * MINUTE, "customer_message", **TALK)

    expected = [f"{minute}" for minute in reversed(range(count))]
    assert _talks(bench)[0]["articles_read_before"] == (expected or None)


def test_the_score_of_a_conversation_is_the_last_given_and_no_part_of_its_length(
    bench: Bench,
) -> None:
    bench.add(0 * MINUTE, "ticket_created", channel="support", conversation_id="freshdesk:7")
    bench.add(
        9 * DAY, "csat_submitted", conversation_id="freshdesk:7", score=6, score_scale="csat_1_7"
    )

    (talk,) = _talks(bench)

    assert (float(talk["score"]), talk["score_scale"], talk["channel"]) == (
        6,
        "csat_1_7",
        "support",
    )


# ------------------------------------------------------------------------------------------- surveys
@pytest.mark.parametrize(
    ("kind", "scale", "score", "normalised", "category"),
    [
        ("nps_submitted", "nps_0_10", 9, 0.9, "promoter"),
        ("nps_submitted", "nps_0_10", 8, 0.8, "passive"),
        ("nps_submitted", "nps_0_10", 6, 0.6, "detractor"),
        ("csat_submitted", "csat_1_5", 1, 0.0, None),
        ("csat_submitted", "csat_1_7", 7, 1.0, None),
        ("review_submitted", "stars_1_5", 3, 0.5, None),
    ],
)
def test_scores_are_normalised_by_their_scale(
    bench: Bench, kind: str, scale: str, score: int, normalised: float, category: str | None
) -> None:
    bench.add(0 * HOUR, kind, score=score, score_scale=scale, order_id="o1")

    (survey,) = bench.run("surveys").to_dicts()

    assert (float(survey["score_normalised"]), survey["category"], survey["order_id"]) == (
        normalised,
        category,
        "o1",
    )
