"""What the product rebuilds from the raw exports is what the generator planted."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from truth.scoring import Scoring, read_truth

import journey_analytics as ja
from journey_analytics.sample import write_sample

pytestmark = pytest.mark.usefixtures("no_report")

SEEDS = (1, 2, 3, 4, 5)
KEY = "5a" * 32


@dataclass(frozen=True)
class Built:
    """A sample, what was built from it, and the comparison of both."""

    sample: Path
    home: Path
    scoring: Scoring

    def query(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql, values).fetchall()


@pytest.fixture(scope="module", params=SEEDS, ids="seed {}".format)
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Built]:
    base = tmp_path_factory.mktemp(f"truth_{request.param}")
    write_sample(base / "sample", customers=48, days=35, seed=request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEY_HASHING_KEY", KEY)
        result = ja.build(base / "sample" / "landing", base / "home")
    assert result.exit_code == 0, result.problems
    yield Built(
        base / "sample",
        base / "home",
        Scoring(base / "sample" / "truth", base / "home" / "warehouse.duckdb"),
    )
    shutil.rmtree(base)


def test_every_planted_observation_is_read(built: Built) -> None:
    assert built.scoring.unfound == []


def test_touchpoints_are_the_planted_acts(built: Built) -> None:
    easy = built.scoring.touchpoint_score(is_hard=False)
    hard = built.scoring.touchpoint_score(is_hard=True)

    assert easy.total > 1_000
    assert easy.wrong == []
    assert hard.rate >= 0.99, hard.wrong
    assert built.scoring.invented_touchpoints() == []


def test_people_are_told_apart_and_put_together(built: Built) -> None:
    precision, recall = built.scoring.identity_score()

    assert precision >= 0.99
    assert recall >= 0.99


def test_nobody_on_a_shared_device_is_merged(built: Built) -> None:
    assert built.scoring.merged_customers(is_on_shared_device=True) == {}


def test_what_no_source_can_attribute_has_no_customer(built: Built) -> None:
    assert built.scoring.nobody_score().wrong == []


def test_sessions_are_the_planted_ones(built: Built) -> None:
    assert built.scoring.session_differences() == ([], [])


def test_carts_end_in_the_planted_state_at_the_planted_step(built: Built) -> None:
    score = built.scoring.cart_score()

    assert score.total >= 50
    assert score.rate >= 0.99, score.wrong


def test_mark_passes_all_five_stages(built: Built) -> None:
    customer = built.scoring.customer_of("mark")

    [planted] = [
        row["stages"]
        for row in read_truth(built.sample / "truth", "stages")
        if row["person"] == "mark"
    ]
    visits = built.query(
        "select stage from stage_visits where customer_key = $1 order by stage_position", customer
    )
    [journey] = built.query(
        "select stage_path, outcome from journeys where customer_key = $1", customer
    )
    assert [stage for (stage,) in visits] == planted
    assert journey == (planted, "purchased")


def test_a_guest_is_one_customer_with_one_order(built: Built) -> None:
    people = built.scoring.people.values()
    guests = [
        person
        for person in people
        if person["role"] == "guest" and person["order_count"] == 1 and not person["is_hard"]
    ]
    with_back_end = [person for person in guests if person["shop"] != "us"]
    keys = {built.scoring.customer_of(person["person"]) for person in with_back_end}

    orders = built.query(
        "select customer_key, order_count from customers where customer_key in (select unnest($1))",
        sorted(keys),
    )
    assert len(with_back_end) >= 5
    assert len(keys) == len(with_back_end)
    assert {count for _, count in orders} == {1}


def test_no_cart_mixes_shops_or_customers(built: Built) -> None:
    mixed = built.query(
        "select cart_key from touchpoints where cart_key is not null group by cart_key "
        "having count(distinct shop) > 1 or count(distinct customer_key) > 1"
    )

    assert mixed == []


def test_a_missing_order_file_does_not_raise_abandonment(built: Built, tmp_path: Path) -> None:
    shutil.copytree(built.sample / "landing", tmp_path / "landing")
    newest = max((tmp_path / "landing" / "shopify_webhooks").iterdir())
    shutil.rmtree(newest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEY_HASHING_KEY", KEY)
        ja.build(tmp_path / "landing", tmp_path / "home")
    count = "select count(*) from carts where was_abandoned"
    with duckdb.connect(str(tmp_path / "home" / "warehouse.duckdb"), read_only=True) as connection:
        [(without,)] = connection.execute(count).fetchall()
    [(complete,)] = built.query(count)
    assert isinstance(complete, int)
    assert without <= complete
