"""Values of the configuration that would stop a build or quietly count nothing are refused when it is read."""

from datetime import timedelta
from typing import Any

import pytest

from journey_analytics.config import resolve
from journey_analytics.config_names import unknown_names
from journey_analytics.errors import UsageError
from journey_analytics.section import LONGEST
from journey_analytics.sources import READERS

CUSTOM = {"events": {"ga4": {"Kiosk": {"type": "kiosk_used", "channel": "kiosk"}}}}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"folders": {"web": "ga"}}, r"folders\.web: there is no reader 'ga'; did you mean 'ga4'"),
        ({"folders": {"web": "x"}}, r"no reader 'x'; use one of ad_impressions, delighted"),
        ({"events": {"ga5": {}}}, r"events: there is no reader 'ga5'; did you mean 'ga4'"),
        ({"ranks": {"ga5": {"money": 1, "time": 1}}}, r"ranks: there is no reader 'ga5'"),
        ({"observes": {"ga5": {}}}, r"observes: there is no reader 'ga5'"),
        ({"observes": {"ga4": {"cart": ["kart"]}}}, r"observes\.ga4: .* step 'kart'; did you mean 'cart'"),
        ({"events": {"ga4": {"x": {"type": "page_vew"}}}}, r"events\.ga4\.x\.type: .* 'page_view'"),
        ({"events": {"ga4": {"x": {"type": "zzz"}}}}, r"no event type 'zzz'; describe it under \[types\]"),
        ({"events": {"ga4": {"x": {"type": "", "step": "logn"}}}}, r"events\.ga4\.x\.step: .* 'login'"),
        ({"pages": [{"pattern": "x", "type": "page_vew"}]}, r"pages, number 1, type: .* 'page_view'"),
        ({"pages": [{"pattern": "x", "step": "logn"}]}, r"pages, number 1, step: .* 'login'"),
        ({"failures": [{"pattern": "x", "step": "logn"}]}, r"failures, number 1, step: .* 'login'"),
        ({"failures": [{"pattern": "x", "step": "login", "type": "login_faild"}]}, r"number 1, type: .* 'login_failed'"),
        ({"journeys": {"outcome_event": "order_place"}}, r"journeys\.outcome_event: .* 'order_placed'"),
        ({"trengo_channels": {"1": "mesaging"}}, r"trengo_channels\.1: .* 'messaging'"),
        ({"identity": {"limits": {"email>customer_id": 1}}}, r"limits\.email>customer_id: .* 'email_hash'"),
        ({"breakdowns": ["all", "chanel"]}, r"breakdowns\.1: Input should be 'all', 'device_type'"),
        ({"breakdowns": ["country"]}, "'all' must be among the breakdowns"),
        ({"breakdowns": ["all", "all"]}, "the breakdown 'all' stands in breakdowns twice"),
        ({"stages": {"order": ["a", "a"]}}, r"the stage 'a' stands in \[stages\] order twice"),
        ({"steps": {"order": ["cart", "cart"]}}, r"the step 'cart' stands in \[steps\] order twice"),
        ({"steps": {"order": []}}, r"steps\.order"),
        ({"events": {"ga4": {"A": {"type": ""}, "a": {"type": ""}}}}, r"'a' stands in \[events\.ga4\] twice"),
        ({"types": {"x": {"channel": "site", "actor": "custmer"}}}, r"types\.x\.actor: Input should be 'customer'"),
        ({"events": {"ga4": {"x": {"type": "", "outcome": "fail"}}}}, r"outcome: Input should be 'viewed'"),
    ],
)  # fmt: skip
def test_a_name_that_nothing_knows_is_told(given: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        resolve(given)


@pytest.mark.parametrize(
    "given",
    [
        {"identity": {"blocked_emails": ["("]}},
        {"help_link_pattern": "(?=x)()"},
        {"pages": [{"pattern": "("}]},
        {"pages": [{"pattern": "x", "id_pattern": "("}]},
        {"failures": [{"pattern": "*", "step": "login"}]},
    ],
)
def test_a_pattern_that_the_engine_cannot_read_is_told(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="is no regular expression of RE2"):
        resolve(given)


@pytest.mark.parametrize(
    "given",
    [{"help_link_pattern": "x"}, {"pages": [{"pattern": "x", "id_pattern": "x"}]}],
)
def test_a_pattern_that_finds_an_id_has_a_group(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="needs a group in brackets around the id"):
        resolve(given)


@pytest.mark.parametrize(
    "value", [LONGEST + timedelta(seconds=1), timedelta(seconds=-1), "999999999d"]
)
def test_a_duration_beyond_the_calendar_or_negative_is_refused(value: object) -> None:
    with pytest.raises(UsageError, match="at most 1000000d and not negative"):
        resolve({"sessions": {"timeout": value}})


@pytest.mark.parametrize(
    "given",
    [
        {"identity": {"device_persons_days": 2**31}},
        {"identity": {"limits": {"email_hash>customer_id": 2**31}}},
        {"carts": {"min_checkouts_for_order": 2**31}},
        {"ranks": {"ga4": {"money": 2**31, "time": 1}}},
    ],
)
def test_a_count_that_no_table_can_hold_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="less than or equal to 2147483647"):
        resolve(given)


def test_what_a_shop_adds_of_its_own_is_known() -> None:
    """A mapping that says its channel may name a new event; a step, a stage or a type of one's own is one like all."""
    assert resolve({**CUSTOM, "journeys": {"outcome_event": "kiosk_used"}})
    assert resolve({**CUSTOM, "trengo_channels": {"7": "kiosk"}})
    assert resolve({"steps": {"order": ["cart", "gift", "order"]},
                    "failures": [{"pattern": "wrap", "step": "gift"}]})  # fmt: skip
    # Steps that a shop does not have may stay in the packaged mappings.
    assert resolve({"steps": {"order": ["cart", "order"]}})
    assert resolve({"help_link_pattern": ""}).help_link_pattern == ""


def test_blocked_values_are_compared_in_lower_case_however_they_are_written() -> None:
    found = resolve({"identity": {"blocklist": ["Till-1", "TILL-1", "x"]}})

    assert found.identity.blocklist == ("till-1", "x")


def test_every_reader_may_be_named() -> None:
    every = {name: name for name in READERS}

    assert unknown_names(resolve({"folders": every}), READERS, resolve({}).steps.order) == []
