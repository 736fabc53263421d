"""Draws what cut data do to a conversion rate: `scripts/draw_cut_example.py` writes `docs/images/cut.svg`.

The data are planted, so the truth is known. The test of the same claim takes them from here, and another test holds the
committed picture to what this script draws.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import polars as pl

import journey_analytics as ja

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "cut.svg"
START = datetime(2026, 3, 2, tzinfo=UTC)
AS_OF = START + timedelta(days=30)
TRUTH = 0.6
FUNNEL = ja.Funnel(steps=(ja.Step(name="A", event=("A",)), ja.Step(name="B", event=("B",))))

# The plot in pixels, and the light colours of the report page; the paper makes it readable on dark pages too.
LEFT, RIGHT, TOP, BOTTOM = 62, 452, 66, 318
COLUMNS = {"naive": 530, "mature": 624, "curve": 718}
PAPER, INK, SOFT, LINE, ACCENT = "#fbfbfa", "#15181b", "#555c63", "#dfe1e0", "#b4361a"
HIGHEST = 0.66
HOURS = range(0, 7 * 24 + 1, 4)


def cut_example() -> pl.DataFrame:
    """Customers who enter over 30 days; 60 % convert, after up to 7 days. To be cut at day 30."""
    random = Random(7)
    rows, count = [], 20_000
    for customer in range(count):
        entered = START + timedelta(minutes=random.randrange(30 * 1440))
        rows.append((f"c{customer}", "A", entered))
        if customer % 5 < TRUTH * 5:
            rows.append((f"c{customer}", "B", entered + timedelta(days=7) * random.random()))
    return pl.DataFrame(rows, schema=["customer_key", "event_type", "occurred_at"], orient="row")


def draw() -> str:
    """The picture as SVG."""
    result = ja.funnel(cut_example(), FUNNEL, as_of=AS_OF)
    last = result.steps.row(1, named=True)
    curve = result.curve()
    rates = {
        "naive": last["overall_rate"],
        "mature": last["mature_overall_rate"],
        "curve": curve["rate"][-1],
    }
    waits = (
        result.units["step_times"].list.get(1, null_on_oob=True) - result.units["entered_at"]
    ).drop_nulls()
    naive = [(hour, (waits <= timedelta(hours=hour)).sum() / len(result.units)) for hour in HOURS]
    until = [curve.filter(pl.col("seconds") <= hour * 3600)["rate"] for hour in HOURS]
    estimate = [
        (hour, rate[-1] if len(rate) else 0.0) for hour, rate in zip(HOURS, until, strict=True)
    ]
    told = ", ".join(f"{name} {rate * 100:.1f} %" for name, rate in rates.items())
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 380" width="800" height="380" role="img" '
            f'font-family="ui-sans-serif, system-ui, Helvetica, Arial, sans-serif" font-size="13" fill="{INK}">',
            "<title>A conversion rate on data that end on day 30</title>",
            f"<desc>{TRUTH:.0%} convert within 7 days. On data cut on day 30: {told}.</desc>",
            f'<rect width="800" height="380" rx="6" fill="{PAPER}"/>',
            _text(LEFT - 38, 30, "60 % convert within 7 days; the data end on day 30, with some still on the way", size=16, weight=600),
            _text(LEFT - 38, 56, "converted so far", colour=SOFT),
            *_axes(),
            _path(naive, ACCENT),
            _path(estimate, INK),
            _text(322, _y(0.45), "Kaplan-Meier curve", anchor="end"),
            _text(344, _y(0.31), "share of all who entered", colour=ACCENT),
            *_dot("naive", rates["naive"], ("all who", "entered"), ACCENT),
            *_dot("mature", rates["mature"], ("whose window", "is over"), INK),
            *_dot("curve", rates["curve"], ("Kaplan-", "Meier"), INK),
            "</svg>\n",
        ]
    )  # fmt: skip


def _axes() -> list[str]:
    """Grid and marks, with the truth as a broken line through both parts."""
    marks = []
    for percent in (0, 20, 40):
        y = _y(percent / 100)
        marks.append(f'<path d="M{LEFT} {y}H770" stroke="{LINE}"/>')
        marks.append(_text(LEFT - 8, y + 4, f"{percent} %", anchor="end", colour=SOFT))
    truth = _y(TRUTH)
    marks.append(f'<path d="M{LEFT} {truth}H770" stroke="{SOFT}" stroke-dasharray="5 4"/>')
    marks.append(_text(LEFT - 8, truth + 4, "60 %", anchor="end", colour=SOFT))
    marks.append(_text(LEFT + 6, truth - 8, "the truth", colour=SOFT))
    marks += [_text(_x(day * 24), BOTTOM + 20, str(day), anchor="middle", colour=SOFT) for day in range(8)]  # fmt: skip
    marks.append(_text((LEFT + RIGHT) / 2, BOTTOM + 42, "days since the entry", anchor="middle", colour=SOFT))  # fmt: skip
    return marks


def _dot(column: str, rate: float, label: tuple[str, str], colour: str) -> list[str]:
    """The rate after 7 days by one way of counting."""
    x, y = COLUMNS[column], _y(rate)
    below = 20 if rate < TRUTH - 0.02 else -12
    return [
        f'<path d="M{x} {BOTTOM}V{y}" stroke="{LINE}" stroke-width="2"/>',
        f'<circle cx="{x}" cy="{y}" r="5" fill="{colour}"/>',
        _text(x + (34 if below > 0 else 0), y + below, f"{rate * 100:.1f} %", anchor="middle", colour=colour, weight=600),
        _text(x, BOTTOM + 20, label[0], anchor="middle", colour=SOFT),
        _text(x, BOTTOM + 37, label[1], anchor="middle", colour=SOFT),
    ]  # fmt: skip


def _path(points: list[tuple[int, float]], colour: str) -> str:
    line = "L".join(f"{_x(hour)} {_y(rate)}" for hour, rate in points)
    return f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2.2"/>'


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", colour: str = INK, size: int = 13, weight: int = 400
) -> str:  # fmt: skip
    return f'<text x="{x}" y="{round(y, 1)}" text-anchor="{anchor}" fill="{colour}" font-size="{size}" font-weight="{weight}">{words}</text>'


def _x(hour: int) -> float:
    return round(LEFT + (RIGHT - LEFT) * hour / HOURS[-1], 1)


def _y(rate: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * rate / HIGHEST, 1)


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
