"""The tables of the fake warehouse that do not come from customers: settings, labels, data health."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from support.fake_words import AS_OF, HOSTILE, SHOPS

_Row = dict[str, Any]


def add_reference(rows: Any) -> None:
    """Adds settings, labels and data health, which no customer changes."""
    rows.add(
        "settings",
        period="month",
        abandoned_after=timedelta(hours=24),
        recover_within=timedelta(days=7),
    )
    for row in _labels():
        rows.add(**row)
    sources = ["ga4", "shopify_pixel", "shopify_webhooks", "freshdesk_tickets", 'odd <i>"source']
    for day, source in enumerate(sources):
        rows.add(
            "data_health",
            source=source,
            arrival_date=AS_OF.date(),
            records_in_count=10000 + day,
            accepted_count=9950 + day,
            duplicate_count=20,
            superseded_count=10,
            quarantined_count=20,
            erased_count=0,
            late_count=3,
            watermark_at=AS_OF,
            stitched_rate=0.8,
            bot_count=4,
            consent_denied_count=2,
            future_count=1,
            unmapped_names=[HOSTILE[0], "checkout_teleported"] if day == 0 else [],
            source_system=source if day < 4 else "trengo",
            first_event_at=AS_OF - timedelta(days=80),
            file_count=3,
        )


def _labels() -> Iterator[_Row]:
    names = {
        "cart": ("Cart", "Carrito", "Carrello", "cart"),
        "login": ("Login", "Inicio de sesión", "Accesso", "checkout"),
        "contact": ("Contact", "Contacto", "Contatti", "checkout"),
        "shipping_address": (
            "Shipping address",
            "Dirección de envío",
            "Indirizzo di spedizione",
            "checkout",
        ),
        "shipping_cost": ("Shipping cost", "Gastos de envío", "Spese di spedizione", "checkout"),
        "billing_address": (
            "Billing address",
            "Dirección de facturación",
            "Indirizzo di fatturazione",
            "payment",
        ),
        "payment": ("Payment", "Pago", "Pagamento", "payment"),
        "review": ("Review", "Revisión", "Riepilogo", "payment"),
    }
    for n, (step, (en, es, it, phase)) in enumerate(names.items(), start=1):
        labels = {"label_en": en, "label_es": es, "label_it": it}
        yield {"table": "steps", "checkout_step": step, "step_number": n, "phase": phase, **labels}
        for shop in SHOPS:
            seen = step != "review"
            included = ["payment", "review"] if step == "payment" else [step]
            flags = {
                "is_observable": seen,
                "includes_steps": included,
                "step_number": n,
                "phase": phase,
            }
            yield {"table": "observable_steps", "shop": shop, "checkout_step": step, **flags}
    stages = ["awareness", "consideration", "decision", "retention", "advocacy"]
    for n, stage in enumerate(stages, start=1):
        name = stage.title()
        yield {
            "table": "stages",
            "stage": stage,
            "stage_number": n,
            "label_en": name,
            "label_es": name,
            "label_it": name,
        }
