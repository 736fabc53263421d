"""At which checkout step do we lose carts? A marimo notebook that is also an app.

It reads only the published warehouse (JOURNEY_WAREHOUSE, else ./var/warehouse.duckdb), read-only, and reaches no
network: run it with MARIMO_SKIP_UPDATE_CHECK=1, and marimo asks for no newer version of itself. marimo sends no
telemetry unless MARIMO_TRACING is set.

    marimo edit notebooks/checkout_drop_off.py      as a notebook
    marimo run notebooks/checkout_drop_off.py       as an app
    python notebooks/checkout_drop_off.py           as a script
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Checkout drop-off")


@app.cell
def _():
    import os
    from pathlib import Path

    import duckdb
    import marimo as mo

    return Path, duckdb, mo, os


@app.cell
def _(mo):
    mo.md("""
    # At which checkout step do we lose carts?

    Every number comes from one published table, `checkout_drop_off`. **Dropped** = carts whose last
    abandonment (24 h without an act) was at this step, recovered or not. **Rate** = dropped / (went on +
    dropped), with its 95 % Wilson interval; carts not judged yet are in neither. **Share** = of all abandoned
    carts, each counted at one step only.
    """)


@app.cell
def _(Path, duckdb, mo, os):
    warehouse = Path(os.environ.get("JOURNEY_WAREHOUSE", "var/warehouse.duckdb"))
    mo.stop(
        not warehouse.exists(),
        mo.md("There is no warehouse yet. Run `journey demo`, or set `JOURNEY_WAREHOUSE` to one."),
    )
    # The link is followed first: the notebook keeps this version while newer ones are published.
    connection = duckdb.connect(str(warehouse.resolve()), read_only=True)
    connection.execute("set TimeZone = 'UTC'")

    def rows(sql, **parameters):
        """The rows of a select with bound parameters, by column name."""
        cursor = connection.execute(sql, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

    return (rows,)


@app.cell
def _(mo, rows):
    shop_names = [
        row["shop"] for row in rows("select distinct shop from checkout_drop_off order by shop")
    ]
    mo.stop(
        not shop_names,
        mo.md("No cart has been judged yet: is there a cart source and an order source?"),
    )
    shop = mo.ui.dropdown(shop_names, value=shop_names[0], label="Shop")
    return (shop,)


@app.cell
def _(mo, rows, shop):
    found_periods = rows(
        """
        select period_date, bool_and(is_mature) as is_mature from checkout_drop_off
        where shop = $shop and breakdown_by = 'all' group by period_date order by period_date desc
        """,
        shop=shop.value,
    )
    found_columns = rows(
        "select distinct breakdown_by from checkout_drop_off where shop = $shop order by breakdown_by = 'all' desc, 1",
        shop=shop.value,
    )
    by_label = {
        f"{row['period_date']}{'' if row['is_mature'] else ' (still filling)'}": row["period_date"]
        for row in found_periods
    }
    complete = [label for label in by_label if "filling" not in label]
    period = mo.ui.dropdown(by_label, value=(complete or list(by_label))[0], label="Period")
    column = mo.ui.dropdown(
        [row["breakdown_by"] for row in found_columns], value="all", label="Breakdown"
    )
    return column, period


@app.cell
def _(column, mo, period, shop):
    mo.hstack([shop, period, column], justify="start", gap=1.5, wrap=True)


@app.cell
def _(column, period, rows, shop):
    drop_off = rows(
        """
        select breakdown, step_number, checkout_step, is_observable, reached_count, advanced_count, dropped_count,
            open_count, dropped_rate, dropped_share, median_seconds, value_dropped, currency
        from checkout_drop_off
        where shop = $shop and period_date = $period and breakdown_by = $column
            and (reached_count > 0 or not is_observable)
        order by breakdown, step_number nulls last, checkout_step
        """,
        shop=shop.value,
        period=period.value,
        column=column.value,
    )
    return (drop_off,)


@app.cell
def _():
    from math import sqrt

    def interval(count, total):
        """The 95 % Wilson interval of a share as text; empty over nothing."""
        if not total:
            return ""
        z = 1.959963984540054
        centre = (count + z * z / 2) / (total + z * z)
        spread = z * sqrt(count * (total - count) / total + z * z / 4) / (total + z * z)
        return f"{max(0.0, centre - spread) * 100:.1f}-{min(1.0, centre + spread) * 100:.1f}"

    return (interval,)


@app.cell
def _(column, drop_off, mo):
    from html import escape

    # Drawn as plain SVG: marimo's own Plotly element fetches a script from a CDN whenever it appears.
    def strip(found, title, most):
        """Horizontal bars, one a step: went on, open, dropped. All bars of the page have one scale."""
        parts = [
            ("advanced_count", "#8d979e", "went on"),
            ("open_count", "#c9ced1", "open"),
            ("dropped_count", "#c2401f", "dropped here"),
        ]
        drawn = []
        for place, row in enumerate(found):
            y, x = 30 + 28 * place, 170.0
            name = escape(row["checkout_step"].replace("_", " "))
            drawn.append(f'<text x="160" y="{y + 14}" text-anchor="end">{name}</text>')
            for count, colour, label in parts:
                width = 500 * row[count] / most
                drawn.append(
                    f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="18" fill="{colour}">'
                    f"<title>{name}: {label} {row[count]:,}</title></rect>"
                )
                x += width
            lost = f"{row['dropped_count']:,} of {row['reached_count']:,} dropped"
            drawn.append(f'<text x="{x + 8:.1f}" y="{y + 14}" opacity="0.75">{lost}</text>')
        heading = f'<text x="0" y="16" font-weight="600">{escape(title)}</text>'
        return mo.Html(
            f'<svg class="strip" viewBox="0 0 840 {36 + 28 * len(found)}" width="100%" role="img" '
            f'aria-label="{escape(title)}" font-size="13" fill="currentColor">{heading}{"".join(drawn)}</svg>'
        )

    seen_rows = [row for row in drop_off if row["reached_count"]]
    values = list(dict.fromkeys(row["breakdown"] for row in seen_rows))
    most = max((row["reached_count"] for row in seen_rows), default=1)
    # More than six values would be pages of bars; the table below has them all.
    figures = [
        strip(
            [row for row in seen_rows if row["breakdown"] == value],
            "Carts by step: went on, open, dropped here" if column.value == "all" else str(value),
            most,
        )
        for value in values[:6]
    ]
    mo.vstack(figures)
    return (figures,)


@app.cell
def _(column, drop_off, interval, mo):
    def share(value):
        return "" if value is None else f"{float(value) * 100:.1f} %"

    lines = [
        {
            **({} if column.value == "all" else {column.value: row["breakdown"]}),
            "step": row["checkout_step"].replace("_", " "),
            "reached (n)": row["reached_count"] if row["is_observable"] else "not observable",
            "went on": row["advanced_count"],
            "dropped here": row["dropped_count"],
            "open": row["open_count"],
            "rate": share(row["dropped_rate"]),
            "95 %": interval(
                row["dropped_count"] or 0,
                (row["advanced_count"] or 0) + (row["dropped_count"] or 0),
            ),
            "share of abandoned": share(row["dropped_share"]),
            "median seconds": None
            if row["median_seconds"] is None
            else round(float(row["median_seconds"])),
            f"money dropped {row['currency'] or ''}": round(float(row["value_dropped"] or 0)),
        }
        for row in drop_off
    ]
    mo.ui.table(lines, selection=None, page_size=20, label="Drop-off by step")


@app.cell
def _(drop_off, mo):
    lost = {row["checkout_step"]: None for row in drop_off if row["dropped_count"]}
    step = mo.ui.dropdown(
        list(lost), value=next(iter(lost), None), label="Example customers lost at"
    )
    step
    return (step,)


@app.cell
def _(mo, period, rows, shop, step):
    examples = rows(
        """
        select coalesce(customer_id, customer_key) as customer, created_at, round(value)::bigint as value,
            carts.currency, step_rule, left_from, is_contactable
        from carts join shops using (shop) left join customers using (customer_key)
        where carts.shop = $shop and was_abandoned and not is_purchased and abandoned_at_step = $step
            and date_trunc((select period from settings), created_at at time zone time_zone) = $period::timestamp
        order by value desc nulls last, cart_key limit 20
        """,
        shop=shop.value,
        period=period.value,
        step=step.value,
    )
    shown = [{**row, "created_at": f"{row['created_at']:%Y-%m-%d %H:%M} UTC"} for row in examples]
    mo.vstack(
        [
            mo.ui.table(shown, selection=None, page_size=10)
            if shown
            else mo.md("No example in this period."),
            mo.md("One of them in full: `journey explain CUSTOMER`."),
        ]
    )
    return (examples,)


if __name__ == "__main__":
    app.run()
