"""Shopify webhooks, ads, surveys: what back ends report."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from support.exports import SAMPLES, rows_of, sample_rows, told

from journey_analytics.config import resolve

TOKEN, CART = "84ad78572dae52a8cbea7d55371afe89", "Z2NwLXVzLTAx"


def webhook(topic: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    named = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Event-Id": "e1",
        "X-Shopify-Shop-Domain": "Demo.myshopify.com",
    }
    return {"headers": {**named, **headers}, "body": body, "received_at": "2026-11-20T10:04:12Z"}


def order() -> dict[str, Any]:
    return {
        "id": 5000123, "name": "#1017", "order_number": 1017, "checkout_token": TOKEN, "cart_token": CART,
        "email": "ann.jansen@example.com", "phone": None, "created_at": "2026-11-20T11:04:10+01:00",
        "updated_at": "2026-11-20T05:04:11-05:00", "processed_at": "2026-11-20T11:04:08+01:00", "currency": "eur",
        "total_line_items_price": "69.90", "total_discounts": "10.00", "total_tax": "5.00", "total_price": "69.85",
        "taxes_included": False, "shipping_lines": [{"title": "Next day", "price": "4.95"}], "test": False,
        "source_name": "web", "financial_status": "paid", "customer": {"id": 7358220173425, "state": "enabled"},
        "note_attributes": [{"name": "google_client_id", "value": "GA1.1.1166526666.1617691776"}],
        "line_items": [{"sku": "SKU-1", "quantity": 2, "price": "34.95"}], "landing_site": "/?utm_source=google&gclid=EAIa",
    }  # fmt: skip


def test_checkout_snapshots_tell_what_is_filled_in_and_not_with_what() -> None:
    rows = sample_rows("shopify_webhooks", "shopify_webhooks.ndjson")[:6]
    snapshots = [json.loads(row["snapshot"]) for row in rows]

    assert {row["time_quality"] for row in rows} == {"snapshot"}
    assert [item["has_email"] for item in snapshots] == [False, True, True, True, True, True]
    assert [item["has_shipping_address"] for item in snapshots] == [
        False,
        False,
        True,
        True,
        True,
        True,
    ]
    assert [item["has_billing_address"] for item in snapshots] == [False] * 5 + [True]
    assert [item["shipping_price"] for item in snapshots] == [None] * 4 + [4.95, 4.95]
    assert [item["gateway"] for item in snapshots] == [None] * 5 + ["shopify_payments"]
    assert {item["created_at"] for item in snapshots} == {"2026-11-20T10:00:00.000000Z"}
    assert "Teststraat" not in repr(rows)
    assert "Jansen" not in repr(rows)


def test_offsets_vary_inside_one_body() -> None:
    rows = sample_rows("shopify_webhooks", "shopify_webhooks.ndjson")
    assert rows[0]["occurred_at"] == datetime(2026, 11, 20, 10, 0, 2, tzinfo=UTC)
    assert rows[1]["occurred_at"] == datetime(2026, 11, 20, 10, 0, 31, tzinfo=UTC)


def test_a_repeated_delivery_is_the_same_record() -> None:
    rows = sample_rows("shopify_webhooks", "shopify_webhooks.ndjson")
    assert rows[2]["record_key"] == rows[3]["record_key"] == "checkouts/update:e3"
    assert len({row["event_id"] for row in rows}) == 6


def test_an_order_is_told_by_every_name_and_its_parts_add_up() -> None:
    (row,) = rows_of("shopify_webhooks", [webhook("orders/create", order())])

    assert row["source_event_name"] == "orders/create"
    assert (row["feed"], row["source_account"]) == ("orders", "demo.myshopify.com")
    assert (row["occurred_at"], row["time_quality"]) == (
        datetime(2026, 11, 20, 10, 4, 8, tzinfo=UTC),
        "exact",
    )
    assert row["order_id"] == "5000123"
    assert row["order_id_aliases"] == ["#1017", "1017", "5000123"]
    assert (row["checkout_id"], row["cart_id"], row["currency"]) == (TOKEN, CART, "EUR")
    assert told(row, "customer_id") == ["7358220173425"]
    assert told(row, "ga_client_id") == ["1166526666.1617691776"]
    assert told(row, "gclid") == ["EAIa"]
    parts = row["goods_value"] - row["discount_value"] + row["shipping_value"] + row["tax_value"]
    assert parts == row["value"] == Decimal("69.85")
    assert json.loads(row["properties"])["origin"] == "web"
    assert row["checkout_identity"] == "signed_in"


def test_tax_inside_the_prices_is_taken_out_of_the_goods() -> None:
    body = {**order(), "taxes_included": True, "total_price": "64.85"}
    (row,) = rows_of("shopify_webhooks", [webhook("orders/create", body)])
    assert (
        row["goods_value"] - row["discount_value"] + row["shipping_value"] + row["tax_value"]
        == row["value"]
    )


def test_what_an_order_does_not_say_is_not_zero() -> None:
    row = sample_rows("shopify_webhooks", "shopify_webhooks.ndjson")[6]
    assert [row[f"{part}_value"] for part in ("goods", "discount", "shipping", "tax")] == [None] * 4
    assert row["value"] == Decimal("64.85")


def test_later_messages_of_the_back_end_name_no_device() -> None:
    (row,) = rows_of("shopify_webhooks", [webhook("orders/updated", order())])
    assert told(row, "ga_client_id") == told(row, "gclid") == []
    assert row["occurred_at"] == datetime(2026, 11, 20, 10, 4, 11, tzinfo=UTC)


def test_a_malformed_time_costs_the_field_and_not_the_record() -> None:
    body = {**order(), "processed_at": "2024-09-16T03:50:1500:00", "cancelled_at": "soon"}
    (row,) = rows_of("shopify_webhooks", [webhook("orders/create", body)])
    assert row["problem"] is None
    assert row["occurred_at"] == datetime(2026, 11, 20, 10, 4, 10, tzinfo=UTC)


def test_a_message_whose_times_are_all_malformed_is_told() -> None:
    event = {
        **webhook("checkouts/update", {"id": 1, "token": "t", "updated_at": "never"}),
        "received_at": "?",
    }
    (row,) = rows_of("shopify_webhooks", [event])
    assert row["problem"] == "malformed event time"


def test_a_refund_sums_its_successful_transactions() -> None:
    transactions = [{"kind": "refund", "status": "success", "amount": "10.00", "currency": "EUR"},
                    {"kind": "refund", "status": "success", "amount": "5.50", "currency": "EUR"},
                    {"kind": "refund", "status": "failure", "amount": "99.00", "currency": "EUR"}]  # fmt: skip
    body = {
        "id": 9,
        "order_id": 5000123,
        "created_at": "2026-11-21T10:00:00Z",
        "transactions": transactions,
    }
    (row,) = rows_of("shopify_webhooks", [webhook("refunds/create", body)])
    assert (row["refunded_value"], row["currency"], row["order_id"]) == (
        Decimal("15.5"),
        "EUR",
        "5000123",
    )
    assert row["value"] is None


def test_deliveries_tell_status_promise_and_order() -> None:
    base = {"id": 4, "order_id": 5000123, "name": "#1017.1", "created_at": "2026-11-21T10:00:00Z"}
    shipped = webhook("fulfillments/create", {**base, "shipment_status": None})
    arrived = webhook(
        "fulfillments/update",
        {**base, "updated_at": "2026-11-22T10:00:00Z", "shipment_status": "delivered"},
    )
    event = webhook("fulfillment_events/create", {"id": 5, "fulfillment_id": 4, "order_id": 5000123, "status": "delivered",
                    "happened_at": "2026-11-22T09:00:00+01:00", "estimated_delivery_at": "2026-11-22T23:00:00Z"})  # fmt: skip

    rows = rows_of("shopify_webhooks", [shipped, arrived, event])

    assert [(row["source_row"], row["source_event_name"], row["part"]) for row in rows] == [
        (1, "fulfillments/create", ""),
        (2, "fulfillments/update", ""),
        (2, "fulfillments/delivered", "delivered"),
        (3, "fulfillment_events/delivered", "delivered"),
    ]
    assert {row["feed"] for row in rows} == {"fulfillments"}
    assert rows[0]["order_id_aliases"] == ["#1017", "1017", "5000123"]
    assert rows[3]["occurred_at"] == datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert (
        json.loads(rows[3]["properties"])["estimated_delivery_at"] == "2026-11-22T23:00:00.000000Z"
    )


def test_bodies_alone_are_read_by_their_shape() -> None:
    checkout = json.loads((SAMPLES / "shopify_webhooks.ndjson").read_text().splitlines()[1])["body"]
    cancelled = {**order(), "cancelled_at": "2026-11-21T09:00:00Z"}

    rows = rows_of("shopify_webhooks", [checkout, cancelled])

    assert [(row["source_event_name"], row["part"], row["time_quality"]) for row in rows] == [
        ("checkouts/update", "", "snapshot"),
        ("orders/create", "", "exact"),
        ("orders/cancelled", "cancelled", "exact"),
    ]
    assert {row["source_event_id"] for row in rows} == {None}


def test_headers_in_lower_case_and_a_body_as_text_are_read() -> None:
    event = {
        "headers": {"x-shopify-topic": "orders/create", "x-shopify-event-id": "e1"},
        "body": json.dumps(order()),
    }
    (row,) = rows_of("shopify_webhooks", [event])
    assert (row["source_event_name"], row["record_key"], row["order_id"]) == (
        "orders/create",
        "orders/create:e1",
        "5000123",
    )


@pytest.mark.parametrize(
    "names",
    ["click_view.gclid,segments.date,customer.id,campaign.name", "gclid,date,customer_id,campaign"],
)
def test_a_click_has_only_its_day_in_the_zone_of_its_account(names: str) -> None:
    config = resolve({"shops": [{"name": "es", "time_zone": "Europe/Madrid", "accounts": ["111"]},
                                {"name": "us", "time_zone": "America/New_York", "accounts": ["222"]}]})  # fmt: skip
    text = f"{names}\nAbC,2026-11-20,111,=Brand\nAbD,2026-07-01,222,x\n".encode()

    rows = rows_of("google_ads_clicks", text, config)

    assert [row["occurred_at"] for row in rows] == [
        datetime(2026, 11, 19, 23, tzinfo=UTC),
        datetime(2026, 7, 1, 4, tzinfo=UTC),
    ]
    assert {row["time_quality"] for row in rows} == {"date_only"}
    assert [told(row, "gclid") for row in rows] == [["AbC"], ["AbD"]]
    assert rows[0]["campaign"] == "=Brand"  # a formula is text


def test_a_report_below_title_lines_is_read() -> None:
    text = b"Click report\n1 Nov - 30 Nov\nDay;Google Click ID;Campaign\n2026-11-20;AbC;Brand\n"
    (row,) = rows_of("google_ads_clicks", text)
    assert (row["source_row"], row["campaign"], row["problem"]) == (4, "Brand", None)


def test_impressions_in_micros_and_in_iso() -> None:
    text = b"Event Time,Impression ID,Campaign,User ID\n1795168800123456,0012,Autumn,CAES\n2026-11-20T11:00:00+01:00,13,x,\nx,14,y,\n"
    rows = rows_of("ad_impressions", text)
    assert [row["occurred_at"] for row in rows[:2]] == [
        datetime(2026, 11, 20, 10, 0, 0, 123456, UTC),
        datetime(2026, 11, 20, 10, tzinfo=UTC),
    ]
    assert [row["source_event_id"] for row in rows] == ["0012", "13", "14"]
    assert rows[0]["identifiers"] == []
    assert rows[2]["problem"] == "malformed event time"


@pytest.mark.parametrize(
    ("survey", "score", "scale", "kept"),
    [
        ("nps", 9, "nps_0_10", Decimal(9)),
        ("nps", 11, "nps_0_10", None),
        ("csat", "4", "csat_1_5", Decimal(4)),
        ("ces", 7, "ces_1_7", Decimal(7)),
        ("five_star", 5, "stars_1_5", Decimal(5)),
        ("csat", "good", "csat_1_5", None),
    ],
)
def test_scores_have_their_scale(
    survey: str, score: object, scale: str, kept: Decimal | None
) -> None:
    response = {"id": "5", "survey_type": survey, "score": score, "created_at": 1795168800, "updated_at": 1795172400,
                "person": {"email": "ann.jansen@example.com"}, "person_properties": {"order_id": "0005"}, "comment": "Bad!"}  # fmt: skip
    (row,) = rows_of("delighted", [response])
    assert (row["score"], row["score_scale"], row["problem"]) == (kept, scale, None)
    assert row["record_updated_at"] == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert (row["order_id"], len(told(row, "email_hash"))) == ("0005", 1)
    assert "Bad" not in repr(row)
