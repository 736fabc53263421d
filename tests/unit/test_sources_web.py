"""GA4 and the Shopify pixel: what browsers report."""

import copy
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from support.exports import SAMPLES, rows_of, sample_rows, told

ANN = "e975147a"  # how the hash of her address begins under another key; never the test's
TOKEN, CART = "84ad78572dae52a8cbea7d55371afe89", "Z2NwLXVzLTAx"


def ga4(**changes: Any) -> dict[str, Any]:
    event = json.loads((SAMPLES / "ga4_events_20261120.ndjson").read_text().splitlines()[0])
    return {**event, **changes}


def param(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"string_value": value}}


def pixel(line: int = 0) -> dict[str, Any]:
    return json.loads((SAMPLES / "shopify_pixel.ndjson").read_text().splitlines()[line])  # type: ignore[no-any-return]


def test_a_ga4_event_keeps_its_exact_time_ids_and_campaign() -> None:
    row = sample_rows("ga4", "ga4_events_20261120.ndjson")[0]

    assert row["source_event_name"] == "begin_checkout"
    assert row["occurred_at"] == datetime(2026, 11, 20, 10, 0, 0, 123456, UTC)
    assert (row["time_quality"], row["sequence"]) == ("exact", 1795168799900001002)
    assert row["source_account"] == "1966637064"
    assert row["slice"] == "20261120/1966637064"
    assert row["source_session_id"] == "1166526666.1617691776.1795168701"
    assert row["identifiers"] == [
        {"type": "ga_client_id", "value": "1166526666.1617691776", "scope": "device"},
        {"type": "gclid", "value": "EAIaTEST", "scope": "click"},
    ]
    assert (row["value"], row["currency"]) == (Decimal("59.9000"), "EUR")
    assert (row["utm_source"], row["utm_medium"]) == ("google", "cpc")
    assert (row["page_url"], row["page_path"]) == (
        "https://shop.example/checkout?step=login",
        "/checkout",
    )
    assert (row["device_type"], row["country"]) == ("mobile", "Netherlands")
    assert (row["content_type"], row["content_id"]) == ("product", "SKU-1")
    assert row["order_id"] is None  # "(not set)" is no order
    assert json.loads(row["properties"]) == {
        "items": [{"item_id": "SKU-1", "quantity": "2", "price": "29.95"}]
    }


def test_reordered_parameters_are_the_same_event() -> None:
    rows = sample_rows("ga4", "ga4_events_20261120.ndjson")
    assert rows[1]["record_key"] == rows[2]["record_key"]
    assert rows[1]["event_id"] == rows[2]["event_id"]
    assert len({row["event_id"] for row in rows}) == 3


def test_without_consent_a_page_view_names_nobody() -> None:
    row = sample_rows("ga4", "ga4_events_20261120.ndjson")[3]
    assert row["identifiers"] == []
    assert (row["consent_analytics"], row["consent_marketing"]) == (False, False)


def test_a_user_id_that_is_an_address_is_hashed() -> None:
    (row,) = rows_of("ga4", [ga4(user_id="Ann@Example.com")])
    assert told(row, "customer_id") == []
    assert len(told(row, "email_hash")[0]) == 64


def test_a_user_id_that_is_a_phone_number_is_hashed() -> None:
    (row,) = rows_of("ga4", [ga4(user_id="+31612345678")])
    assert [item["type"] for item in row["identifiers"]] == ["ga_client_id", "gclid", "phone_hash"]


def test_a_test_address_is_marked_blocked() -> None:
    (row,) = rows_of("ga4", [ga4(user_id="info@shop.example")])
    assert {"email_hash": "blocked"}.items() <= {
        item["type"]: item["scope"] for item in row["identifiers"]
    }.items()


def test_two_people_whose_ids_are_one_float_stay_two() -> None:
    rows = rows_of("ga4", [ga4(user_pseudo_id=f"1166526666.16176917{end}") for end in ("76", "70")])
    assert told(rows[0], "ga_client_id") != told(rows[1], "ga_client_id")


def test_a_purchase_has_its_order_and_its_parts() -> None:
    commerce = {
        "transaction_id": "000123",
        "purchase_revenue": 64.85,
        "shipping_value": "4.95",
        "tax_value": 3,
    }
    (row,) = rows_of("ga4", [ga4(event_name="purchase", ecommerce=commerce)])
    assert (row["order_id"], row["order_id_aliases"]) == ("000123", ["000123"])
    assert (row["value"], row["shipping_value"], row["tax_value"]) == (
        Decimal("64.85"),
        Decimal("4.95"),
        Decimal(3),
    )


def test_purchases_differ_by_their_order() -> None:
    rows = rows_of(
        "ga4",
        [ga4(event_name="purchase", ecommerce={"transaction_id": name}) for name in ("A", "B")],
    )
    assert rows[0]["event_id"] != rows[1]["event_id"]


def test_a_failed_login_has_a_reason_and_no_sentence() -> None:
    event = ga4(
        event_name="login_failed",
        event_params=[param("error_code", "Wrong password for ann@example.com")],
    )
    (row,) = rows_of("ga4", [event])
    assert row["failure_reason"] == "wrong_password_for_email"


def test_collected_source_wins_over_the_address() -> None:
    event = ga4(
        event_params=[
            param("page_location", "https://shop.example/?utm_source=Mail&utm_campaign=Nov+Sale")
        ]
    )
    (row,) = rows_of("ga4", [event])
    assert (row["utm_source"], row["utm_campaign"], row["campaign"]) == (
        "google",
        "nov sale",
        "Nov Sale",
    )


@pytest.mark.parametrize(
    "moment", ["abc", "1795168800", "0", "-5", "99999999999999999999", "1795168800.5"]
)
def test_an_absurd_event_time_is_told(moment: str) -> None:
    (row,) = rows_of("ga4", [ga4(event_timestamp=moment)])
    assert row["problem"] == "malformed event time"


def test_absurd_optional_values_become_null() -> None:
    event = ga4(
        batch_page_id="-9223372036854775808",
        batch_ordering_id="9223372036854775807",
        ecommerce={"transaction_id": "T1", "shipping_value": "1e300"},
        event_params="none",
    )
    (row,) = rows_of("ga4", [event])
    assert row["problem"] is None
    assert (row["shipping_cost_value"], row["source_session_id"]) == (None, None)


def test_the_pixel_tells_the_steps_of_a_checkout() -> None:
    rows = sample_rows("shopify_pixel", "shopify_pixel.ndjson")

    assert [row["source_event_name"] for row in rows] == [
        "checkout_started", "alert_displayed", "checkout_contact_info_submitted", "checkout_address_info_submitted",
        "checkout_shipping_info_submitted", "payment_info_submitted", "checkout_completed",
    ]  # fmt: skip
    assert {row["source_account"] for row in rows} == {"demo.myshopify.com"}
    assert {row["cart_id"] for row in rows} == {CART}
    assert [row["checkout_id"] for row in rows] == [TOKEN, None, *[TOKEN] * 5]
    assert [len(told(row, "email_hash")) for row in rows] == [0, 0, 1, 1, 1, 1, 1]
    assert [row["sequence"] for row in rows] == list(range(7))
    assert {row["device_type"] for row in rows} == {"desktop"}


def test_a_shipping_price_counts_from_when_it_was_seen() -> None:
    rows = sample_rows("shopify_pixel", "shopify_pixel.ndjson")
    assert [row["shipping_cost_value"] for row in rows] == [None] * 4 + [Decimal("4.95")] * 3


def test_free_shipping_that_was_chosen_is_a_price_that_was_seen() -> None:
    event = pixel(0)
    event["data"]["checkout"]["delivery"]["selectedDeliveryOptions"] = [
        {"title": "Free", "cost": {"amount": 0}}
    ]
    (row,) = rows_of("shopify_pixel", [event])
    assert row["shipping_cost_value"] == 0


def test_an_alert_says_where_it_hurt_and_nothing_of_the_message() -> None:
    row = sample_rows("shopify_pixel", "shopify_pixel.ndjson")[1]
    assert row["failure_reason"] == "contact_error:cart.buyeridentity.email"
    assert "valid" not in repr(row)


def test_an_order_is_named_when_the_checkout_is_completed() -> None:
    event = pixel(6)
    event["data"]["checkout"]["order"]["id"] = "gid://shopify/Order/5000123"
    (row,) = rows_of("shopify_pixel", [event])
    assert (row["order_id"], row["order_id_aliases"]) == ("5000123", ["5000123"])
    assert row["goods_value"] - row["discount_value"] + row["shipping_value"] == row["value"]


def test_a_product_in_the_cart_is_named_by_its_sku() -> None:
    line = {"quantity": 2, "cost": {"totalAmount": {"amount": 59.9, "currencyCode": "EUR"}},
            "merchandise": {"id": "gid://shopify/ProductVariant/1", "sku": "SKU-1", "price": {"amount": 29.95}}}  # fmt: skip
    event = {**pixel(0), "name": "product_added_to_cart", "data": {"cartLine": line}}
    (row,) = rows_of("shopify_pixel", [event])
    assert (row["content_id"], row["value"], row["currency"]) == ("SKU-1", Decimal("59.9"), "EUR")


def test_a_robot_is_marked() -> None:
    event = copy.deepcopy(pixel(0))
    event["context"]["navigator"]["userAgent"] = "Mozilla/5.0 (compatible; Googlebot/2.1)"
    (row,) = rows_of("shopify_pixel", [event])
    assert row["is_bot"] is True
