-- Which friction do abandoned carts show, and do buyers show it too? Signals, not causes; a cart may show several, so
-- shares do not add up. Buyers are carts bought without an abandonment. Filter on breakdown_by first.
-- Intervals are Wilson's at 95 %, as in checkout_drop_off.
-- Grain: one row per shop, period, breakdown and signal that occurs in the shop.
-- Key: shop, period_at, breakdown_by, breakdown, signal
-- Slice: period
with judged as (
    select
        c.shop, c.currency, c.period_at, c.period_date, c.breakdown_by, c.breakdown,
        count(*) filter (where c.verdict = 'dropped') as abandoned_total_count,
        count(*) filter (where c.verdict = 'advanced') as purchased_total_count,
        bool_and(coalesce(k.cart_as_of > c.period_ends_at, false) and c.verdict <> 'open') as is_mature
    from _drop_off_carts as c
    left join clocks as k on c.shop = k.shop
    group by c.shop, c.currency, c.period_at, c.period_date, c.breakdown_by, c.breakdown
),
shown as (
    select
        c.shop, c.period_at, c.breakdown_by, c.breakdown, s.signal,
        count(*) filter (where c.verdict = 'dropped') as abandoned_count,
        count(*) filter (where c.verdict = 'advanced') as purchased_count
    from _drop_off_carts as c
    inner join _cart_signals as s on c.cart_key = s.cart_key
    group by c.shop, c.period_at, c.breakdown_by, c.breakdown, s.signal
),
filled as (
    select
        j.*,
        k.signal,
        k.evidence_kind,
        coalesce(s.abandoned_count, 0) as abandoned_count,
        coalesce(s.purchased_count, 0) as purchased_count
    from judged as j
    inner join _signals as k on j.shop = k.shop
    left join shown as s
        on
            j.shop = s.shop
            and j.period_at = s.period_at
            and j.breakdown_by = s.breakdown_by
            and j.breakdown = s.breakdown
            and k.signal = s.signal
),
measured as (
    select
        *,
        abandoned_count / nullif(abandoned_total_count, 0) as abandoned_share,
        purchased_count / nullif(purchased_total_count, 0) as purchased_share,
        1.959964 * sqrt(
            abandoned_count * (abandoned_total_count - abandoned_count) / nullif(abandoned_total_count, 0) + 0.9603647
        ) as abandoned_half_width,
        1.959964 * sqrt(
            purchased_count * (purchased_total_count - purchased_count) / nullif(purchased_total_count, 0) + 0.9603647
        ) as purchased_half_width
    from filled
)
select
    shop, -- shop
    currency, -- the shop's currency
    period_at, -- begin of the period in which the carts were created (UTC)
    period_date, -- begin of the period in the shop's time zone
    breakdown_by, -- filter on this first: all, device_type, country, checkout_identity or entry_channel
    breakdown, -- value of that column; unknown where it is not known
    signal, -- login_failed, login_wall, shipping_cost_seen, shipping_cost_last, payment_failed, coupon_denied, address_error, checkout_alert, help_read_in_checkout or chat_in_checkout
    evidence_kind, -- behaviour: an event shows it; said: the customer wrote to us; inferred: it is where the record ends
    cast(abandoned_count as bigint) as abandoned_count, -- abandoned carts that show it, by the last abandonment
    cast(abandoned_total_count as bigint) as abandoned_total_count, -- all abandoned carts: the denominator of abandoned_share
    cast(round(abandoned_share, 6) as decimal(9, 6)) as abandoned_share, -- share of the abandoned carts that show it
    cast(round((abandoned_count + 1.9207294 - abandoned_half_width) / (abandoned_total_count + 3.8414589), 6) as decimal(9, 6)) as abandoned_share_low, -- lower end of its 95 % interval
    cast(round((abandoned_count + 1.9207294 + abandoned_half_width) / (abandoned_total_count + 3.8414589), 6) as decimal(9, 6)) as abandoned_share_high, -- upper end of its 95 % interval
    cast(purchased_count as bigint) as purchased_count, -- bought carts that show it
    cast(purchased_total_count as bigint) as purchased_total_count, -- all carts bought without an abandonment: the denominator of purchased_share
    cast(round(purchased_share, 6) as decimal(9, 6)) as purchased_share, -- share of the bought carts that show it
    cast(round((purchased_count + 1.9207294 - purchased_half_width) / (purchased_total_count + 3.8414589), 6) as decimal(9, 6)) as purchased_share_low, -- lower end of its 95 % interval
    cast(round((purchased_count + 1.9207294 + purchased_half_width) / (purchased_total_count + 3.8414589), 6) as decimal(9, 6)) as purchased_share_high, -- upper end of its 95 % interval
    cast(round(abandoned_share / nullif(purchased_share, 0), 6) as decimal(18, 6)) as lift, -- abandoned_share / purchased_share; null where no buyer shows it, as always for inferred signals
    is_mature -- the period is over and every cart in it judged; else the figures still move
from measured
