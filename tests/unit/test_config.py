"""The configuration: what is wrong is named, with the nearest right key."""

from datetime import timedelta
from pathlib import Path

import pytest

from journey_analytics import config
from journey_analytics.errors import UsageError
from journey_analytics.stages import insert_stage_rules, stage_expression


def test_the_packaged_defaults_are_valid_and_every_type_they_map_to_exists() -> None:
    found = config.resolve({})

    mapped = {m.type for names in found.events.values() for m in names.values() if m.type}
    mapped |= {page.type for page in found.pages if page.type} | {
        f.type for f in found.failures if f.type
    }
    assert mapped <= found.types.keys()
    assert {m.step for names in found.events.values() for m in names.values() if m.step} <= set(
        found.steps.order
    )
    steps = [step for funnel in found.funnels for step in funnel.steps]
    assert {name for step in steps for name in step.event or ()} <= found.types.keys()


def test_an_unknown_key_names_the_nearest_known_one() -> None:
    with pytest.raises(
        UsageError, match=r"unknown key 'carts\.abandond_after'; did you mean 'abandoned_after'"
    ):
        config.resolve({"carts": {"abandond_after": "24h"}})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"funnels": {"name": "x"}}, r"funnels is a list: write \[\[funnels\]\]"),
        ({"breakdowns": "shop"}, r"breakdowns is a list: write \[\.\.\., \.\.\.\]"),
    ],
)
def test_one_where_a_list_is_wanted_is_told_how_to_write_it(
    given: dict[str, object], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        config.resolve(given)


@pytest.mark.parametrize("value", [30, "30", "half an hour", "-5m", True])
def test_a_duration_without_a_unit_is_refused(value: object) -> None:
    with pytest.raises(UsageError, match="with its unit"):
        config.resolve({"sessions": {"timeout": value}})


def test_an_unknown_time_zone_is_named() -> None:
    with pytest.raises(UsageError, match="'Madrid' is no time zone"):
        config.resolve({"shops": [{"name": "es", "time_zone": "Madrid"}]})


def test_the_file_given_wins_then_the_landing_folder_then_the_home(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("given", "landing", "home")]
    for n, folder in enumerate(folders, start=1):
        folder.mkdir()
        (folder / "journey.toml").write_text(f'[sessions]\ntimeout = "{n}m"\n')
    given, landing, home = folders

    assert config.load(given / "journey.toml", landing, home).sessions.timeout == timedelta(
        minutes=1
    )
    assert config.load(None, landing, home).sessions.timeout == timedelta(minutes=2)
    assert config.load(None, None, home).sessions.timeout == timedelta(minutes=3)


def test_a_missing_file_and_broken_toml_say_where(tmp_path: Path) -> None:
    broken = tmp_path / "journey.toml"
    broken.write_text("period = = 3")
    latin = tmp_path / "latin.toml"
    latin.write_bytes("# tienda española".encode("latin-1"))

    with pytest.raises(UsageError, match="does not exist"):
        config.load(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="not valid TOML"):
        config.load(broken)
    with pytest.raises(UsageError, match="cannot be read"):
        config.load(latin)


def test_one_changed_name_keeps_the_other_names_of_its_source() -> None:
    found = config.resolve({"events": {"ga4": {"my_login_error": {"type": "login_failed"}}}})

    assert found.events["ga4"]["my_login_error"].type == "login_failed"
    assert found.events["ga4"]["purchase"].type == "order_placed"


@pytest.mark.parametrize(
    "condition",
    [
        "1 + 1",
        "channel = 'x'; drop table events",
        "exists (select 1 from events)",
        "channel in (select channel from events)",
        "read_text('/etc/passwd') = 'x'",
        "secret_column = 1",
        "events.channel = 'x'",
        "channel = 'x' order by 1",
        "getenv('HOME') = 'x'",
        "channel",
        "true) or (true",
        "channel = 'x' limit 1",
    ],
)
def test_a_stage_rule_that_is_no_plain_condition_is_refused(condition: str) -> None:
    found = config.resolve({"stages": {"rules": [{"stage": "decision", "when": condition}]}})

    with pytest.raises(UsageError, match=r"condition|not true or false"):
        stage_expression(found)


def test_a_rule_of_an_unknown_stage_is_refused() -> None:
    found = config.resolve(
        {"stages": {"rules": [{"stage": "dreaming", "when": "channel = 'site'"}]}}
    )

    with pytest.raises(UsageError, match="'dreaming'"):
        stage_expression(found)


def test_a_hostile_value_stays_a_value() -> None:
    rule = {"stage": "decision", "when": "content_id = 'x''; drop table events; --'"}
    sql = insert_stage_rules(
        "select config_stage() as stage", config.resolve({"stages": {"rules": [rule]}})
    )

    assert "'x''; drop table events; --'" in sql


@pytest.mark.parametrize("key", ["accounts", "folders"])
def test_an_account_or_folder_of_two_shops_is_refused(key: str) -> None:
    shops = [{"name": name, key: ["a.myshopify.com"]} for name in ("es", "uk")]

    with pytest.raises(UsageError, match=r"'a\.myshopify\.com' stands in \[\[shops\]\] twice"):
        config.resolve({"shops": shops})


def test_a_shop_may_have_the_name_of_its_account() -> None:
    name = "a.myshopify.com"

    assert config.resolve({"shops": [{"name": name, "accounts": [name]}]}).shops[0].name == name
