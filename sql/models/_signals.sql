-- Which signals of friction occur in a shop at all: each is a row in every period of the shop.
-- Grain: one row per shop and signal.
-- Key: shop, signal
select
    shop,
    signal,
    max(evidence_kind) as evidence_kind
from _cart_signals
group by shop, signal
