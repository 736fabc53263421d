"""The parameter tables: what the models know of the configuration, as rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import duckdb
import polars as pl

from journey_analytics.config import Config
from journey_analytics.replacing import columns_by_table, write_if_changed
from journey_analytics.sources import READERS

_NEVER = 2**31 - 1  # more checkouts than a shop has
_PHASES = {
    "cart": "cart",
    "billing_address": "payment",
    "payment": "payment",
    "review": "payment",
    "order": "payment",
}
_STEP_LABELS = {
    "cart": ("Cart", "Carrito", "Carrello"),
    "checkout_started": ("Checkout started", "Inicio del pago", "Inizio del checkout"),
    "login": ("Login", "Inicio de sesión", "Accesso"),
    "contact": ("Contact", "Contacto", "Contatti"),
    "shipping_address": ("Shipping address", "Dirección de envío", "Indirizzo di spedizione"),
    "shipping_cost": ("Shipping cost", "Gastos de envío", "Spese di spedizione"),
    "shipping_method": ("Shipping method", "Método de envío", "Metodo di spedizione"),
    "billing_address": ("Billing address", "Dirección de facturación", "Indirizzo di fatturazione"),
    "payment": ("Payment", "Pago", "Pagamento"),
    "review": ("Review", "Revisión", "Riepilogo"),
    "order": ("Order", "Pedido", "Ordine"),
}
_Type = pl.DataType | type[pl.DataType]
_TEXT = pl.String


def write_parameters(
    connection: duckdb.DuckDBPyConnection,
    config: Config,
    commerce_accounts: Iterable[str] = (),
    as_of: datetime | None = None,
    denied_edges: Iterable[str] = (),
) -> list[str]:
    """Creates every parameter table, and replaces those that say something else now.

    Args:
        connection: The workspace.
        config: The resolved configuration.
        commerce_accounts: The accounts seen in commerce feeds; without `[[shops]]`, several of them are
            a shop each.
        as_of: Replaces the newest watermark.
        denied_edges: Edges that `journey undo` denied in this home, beside those of the configuration.

    Returns:
        The names of the tables that are new or replaced.
    """
    denied = sorted({*denied_edges, *config.identity.denied_edges})
    tables = {
        "as_of_request": pl.DataFrame(
            {"as_of": [as_of]}, schema={"as_of": pl.Datetime("us", "UTC")}
        ),
        "settings": _settings(config, list(commerce_accounts)),
        **shop_tables(config, list(commerce_accounts)),
        **_sources(config),
        **_taxonomy(config),
        **_journey(config),
        "denied_edges": _frame([(edge,) for edge in denied], ["edge_id"]),
    }
    known = columns_by_table(connection)
    return [
        name
        for name, frame in tables.items()
        if write_if_changed(connection, name, frame, known.get(name))
    ]


def _settings(config: Config, accounts: list[str]) -> pl.DataFrame:
    row = {
        "session_timeout": config.sessions.timeout,
        "messaging_timeout": config.sessions.messaging_timeout,
        "click_join_within": config.sessions.click_joins_within,
        "echo_view_within": config.echoes.view_window,
        "echo_within": config.echoes.window,
        "idle_after": config.carts.idle_after,
        "abandoned_after": config.carts.abandoned_after,
        "recover_within": config.carts.recover_within,
        "cart_join_within": config.carts.joins_within,
        "journey_silence": config.journeys.silence,
        "journey_consideration_after": config.journeys.consideration_after,
        "outcome_event": config.journeys.outcome_event,
        "credit_lookback": config.attribution.lookback,
        "credit_half_life": config.attribution.half_life,
        "credits_conversations": config.attribution.conversations,
        "period": config.period,
        "min_checkouts_for_order": (
            _NEVER if config.steps.frozen else config.carts.min_checkouts_for_order
        ),
        "device_persons_limit": config.identity.device_persons_limit,
        "device_persons_days": config.identity.device_persons_days,
        "default_shop": default_shop(config, accounts),
    }
    types: dict[str, _Type] = {
        "min_checkouts_for_order": pl.Int32,
        "device_persons_limit": pl.Int32,
        "device_persons_days": pl.Int32,
    }
    return pl.DataFrame([row], schema_overrides=types)


def commerce_accounts(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The accounts whose records are a commerce back end's own word."""
    feeds = [
        (reader.name, name)
        for reader in READERS.values()
        for name, feed in reader.feeds.items()
        if feed.is_commerce
    ]
    rows = connection.execute(
        "select distinct source_account from main._observations "
        "where list_contains(?, source_system || ' ' || feed) and source_account <> '' order by source_account",
        [[f"{system} {name}" for system, name in feeds]],
    ).fetchall()
    return [account for (account,) in rows]


def default_shop(config: Config, commerce_accounts: list[str]) -> str:
    """The shop of a record whose account and folder no shop names."""
    if len(config.shops) == 1 and not config.shops[0].accounts and not config.shops[0].folders:
        return config.shops[0].name
    return "unassigned" if config.shops or len(commerce_accounts) > 1 else "default"


def shop_tables(config: Config, accounts: list[str]) -> dict[str, pl.DataFrame]:
    """Without a `[[shops]]` entry one shop `default`; several commerce accounts are a shop each."""
    fallback = default_shop(config, accounts)
    shops = [(shop.name, shop.time_zone, shop.currency) for shop in config.shops]
    by_account = [(account, shop.name) for shop in config.shops for account in shop.accounts]
    by_folder = [(folder, shop.name) for shop in config.shops for folder in shop.folders]
    if not config.shops and len(accounts) > 1:
        shops = [(account, "UTC", None) for account in sorted(accounts)]
        by_account = [(account, account) for account in sorted(accounts)]
    if fallback not in {name for name, _, _ in shops}:
        shops.append((fallback, "UTC", None))
    return {
        "shop_settings": _frame(shops, ["shop", "time_zone", "currency"]),
        "shop_accounts": _frame(by_account, ["source_account", "shop"]),
        "shop_folders": _frame(by_folder, ["source_folder", "shop"]),
    }


def _sources(config: Config) -> dict[str, pl.DataFrame]:
    feeds = [
        (reader.name, name, feed.sees_cart, feed.sees_order, feed.is_commerce, feed.is_interactive)
        for reader in READERS.values()
        for name, feed in reader.feeds.items()
    ]
    flags = dict.fromkeys(["sees_cart", "sees_order", "is_commerce", "is_interactive"], pl.Boolean)
    capability = [
        (source, step, list(included))
        for source, steps in config.observes.items()
        for step, included in steps.items()
    ]
    return {
        "readers": _frame(
            [(r.name, r.restates) for r in READERS.values()], ["source_system", "restates"]
        ),
        "feeds": _frame(feeds, ["source_system", "feed", *flags], flags),
        "step_capability": _frame(
            capability,
            ["source_system", "checkout_step", "includes_steps"],
            {"includes_steps": pl.List(_TEXT)},
        ),
        "source_ranks": _frame(
            [(name, rank.money, rank.time) for name, rank in config.ranks.items()],
            ["source_system", "money_rank", "time_rank"],
            {"money_rank": pl.Int32, "time_rank": pl.Int32},
        ),
    }


def _taxonomy(config: Config) -> dict[str, pl.DataFrame]:
    types = [(name, kind.channel, kind.actor, kind.act) for name, kind in config.types.items()]
    failures = [
        (n, rule.pattern, rule.step, rule.type) for n, rule in enumerate(config.failures, start=1)
    ]
    limits = [(*pair.split(">"), limit) for pair, limit in config.identity.limits.items()]
    return {
        "event_types": _frame(
            types, ["event_type", "channel", "actor", "is_act"], {"is_act": pl.Boolean}
        ),
        "event_map": _event_map(config),
        "page_rules": _page_rules(config),
        "failure_rules": _frame(
            failures,
            ["rule_number", "pattern", "checkout_step", "event_type"],
            {"rule_number": pl.Int32},
        ),
        "identity_limits": _frame(
            limits, ["from_type", "to_type", "max_count"], {"max_count": pl.Int32}
        ),
        "blocklist": _frame([(value,) for value in config.identity.blocklist], ["value"]),
    }


def _event_map(config: Config) -> pl.DataFrame:
    names = [
        (source, name.lower(), m.type or None, m.channel, m.actor, m.step, m.outcome)
        for source, mapping in config.events.items()
        for name, m in mapping.items()
    ]
    key = ["source_system", "source_event_name"]
    return _frame(names, [*key, "event_type", "channel", "actor", "checkout_step", "step_outcome"])


def _page_rules(config: Config) -> pl.DataFrame:
    pages = [
        (
            n,
            p.pattern,
            p.type,
            p.content_group,
            p.content_type,
            p.step,
            p.outcome,
            p.id_pattern or None,
        )
        for n, p in enumerate(config.pages, start=1)
    ]
    content = ["event_type", "content_group", "content_type"]
    step = ["checkout_step", "step_outcome"]
    return _frame(
        pages,
        ["rule_number", "pattern", *content, *step, "id_pattern"],
        {"rule_number": pl.Int32},
    )


def _journey(config: Config) -> dict[str, pl.DataFrame]:
    steps = [
        (step, n, _PHASES.get(step, "checkout"), *_STEP_LABELS.get(step, (step, step, step)))
        for n, step in enumerate(config.steps.order, start=1)
    ]
    stages = [
        (stage, n, label.en, label.es or label.en, label.it or label.en)
        for n, stage in enumerate(config.stages.order, start=1)
        for label in [config.stages.label(stage)]
    ]
    labels = ["label_en", "label_es", "label_it"]
    return {
        "steps": _frame(
            steps, ["checkout_step", "step_number", "phase", *labels], {"step_number": pl.Int32}
        ),
        "stages": _frame(stages, ["stage", "stage_number", *labels], {"stage_number": pl.Int32}),
        "funnel_definitions": _funnels(config),
        "breakdowns": _frame([(name,) for name in config.breakdowns], ["breakdown_by"]),
    }


def _funnels(config: Config) -> pl.DataFrame:
    """Each step with what the marts count by, and the whole definition, by which attempts are found."""
    kinds: dict[str, _Type] = {
        "funnel": _TEXT,
        "step_number": pl.Int32,
        "step_name": _TEXT,
        "is_optional": pl.Boolean,
        "step_before": pl.Int32,  # the mandatory step before
        "is_last": pl.Boolean,
        "conversion_window": pl.Duration("us"),
        "most_segments": pl.Int32,
        "definition": _TEXT,
    }
    rows: list[tuple[object, ...]] = []
    for funnel in config.funnels:
        definition = funnel.model_dump_json()
        before: int | None = None
        named = zip(funnel.steps, funnel.step_names, strict=True)
        for number, (step, name) in enumerate(named, start=1):
            is_last = number == len(funnel.steps)
            rows.append(
                (funnel.name, number, name, step.optional, before, is_last, funnel.window, funnel.top, definition)
            )  # fmt: skip
            before = before if step.optional else number
    return _frame(rows, list(kinds), kinds)


def _frame(
    rows: Sequence[tuple[object, ...]],
    columns: Sequence[str],
    types: Mapping[str, _Type] | None = None,
) -> pl.DataFrame:
    """Rows with a fixed schema (text unless said), so that an empty table keeps its columns."""
    known = types or {}
    return pl.DataFrame(
        rows, schema={name: known.get(name, _TEXT) for name in columns}, orient="row", strict=False
    )
