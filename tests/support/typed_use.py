"""Specs as users write them: `make check` fails where a type checker would refuse the README's style."""

from datetime import timedelta

import polars as pl

import journey_analytics as ja


def write_specs(events: pl.DataFrame) -> None:
    result = ja.funnel(
        events,
        ja.Funnel(
            [
                ja.Step("product", "product_viewed"),
                ja.Step("cart", event=["cart_item_added", "cart_viewed"], within="1h"),
                ja.Step("order", event="order_placed", where="value > 50"),
            ],
            window="7d",
            breakdown="device_type",
            hold_constant=["shop"],
            exclusions=[ja.Exclusion("order_cancelled")],
        ),
    )
    ja.drivers(events, result, 2, ja.Drivers(timedelta(minutes=10), columns=["device_type"]))
    ja.paths(events, ja.Paths(end="order", groups=[("page_*", "page")]))
    ja.sequences(events, ja.Sequence("a -> b", within="1h"))
    ja.attribute(events, events, ja.Attribution("linear", lookback="30d"))
    ja.retention(events, ja.Retention("visit", returning=["order"], brackets=[(1, 7)]))
    ja.lifecycle(events, ja.Lifecycle("visit"))
    ja.sessionize(events, ja.SessionPolicy(timeout="30m"))
    ja.Funnel(stepz=[])  # type: ignore[call-arg]
