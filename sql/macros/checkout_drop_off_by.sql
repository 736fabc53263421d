-- At which checkout step do we lose carts, by any column of carts? The table checkout_drop_off over all time: the same
-- carts, counted by the same rules; for the columns published there its counts are those, summed over the periods.
-- Grain: one row per shop, value of the breakdown and step, and one for carts whose step cannot be told (unplaced).
-- Parameter: breakdown: name of a column of carts; for all carts of a shop together say 'shop'
-- Example: from checkout_drop_off_by('checkout_identity')
with broken_down as (
    select cart_key, coalesce(cast(columns(lambda c: c = breakdown) as varchar), 'unknown') as cart_value from carts
),
cart as (
    -- Dropped: abandoned at least once, recovered or not. Carts emptied before any abandonment are left out.
    select
        c.cart_key,
        b.cart_value,
        c.shop,
        p.currency as shop_currency,
        c.abandoned_at_step,
        case when c.was_abandoned then 'dropped' when c.is_purchased then 'advanced' else 'open' end as verdict,
        c.state = 'recovered' as is_recovered,
        c.is_contactable,
        case when c.currency = p.currency then c.value end as cart_money
    from carts as c
    inner join broken_down as b on c.cart_key = b.cart_key
    inner join shops as p on c.shop = p.shop
    where c.was_abandoned or c.state <> 'emptied'
),
cart_group as (
    select shop, shop_currency, cart_value, count(*) filter (where verdict = 'dropped') as abandoned_count
    from cart
    group by shop, shop_currency, cart_value
),
step_row as (
    select shop, checkout_step, step_number, phase, includes_steps, is_observable
    from observable_steps
    where merged_into is null
    union all
    select shop, 'unplaced', max(step_number) + 1, null, null, true
    from observable_steps
    group by shop
),
placed as (
    select
        c.*,
        s.checkout_step,
        s.is_dropped_here,
        s.failed_count,
        s.retried_count,
        s.back_count,
        s.is_stalled,
        case when s.is_completed then s.seconds_in_step end as seconds_in_step
    from cart as c
    inner join cart_steps as s on c.cart_key = s.cart_key
    left join observable_steps as l on c.shop = l.shop and c.abandoned_at_step = l.checkout_step
    where
        (c.verdict = 'dropped' and s.step_number <= l.step_number)
        or (c.verdict <> 'dropped' and s.step_number is not null)
    union all
    select c.*, 'unplaced', true, 0, 0, 0, false, null
    from cart as c
    where c.abandoned_at_step = 'unplaced'
),
counted as (
    select
        g.*,
        r.* exclude (shop),
        -- null, not zero, where no source sees the step
        case when r.is_observable then 0 end as nobody,
        count(*) filter (where p.verdict <> 'open' and not p.is_dropped_here) as advanced_count,
        count(*) filter (where p.is_dropped_here) as dropped_count,
        count(*) filter (where p.verdict = 'open') as open_count,
        count(*) filter (where p.failed_count > 0) as failed_count,
        count(*) filter (where p.retried_count > 0) as retried_count,
        count(*) filter (where p.back_count > 0) as back_count,
        count(*) filter (where p.is_stalled) as stalled_count,
        count(*) filter (where p.is_dropped_here and p.is_recovered) as recovered_count,
        count(*) filter (where p.is_dropped_here and p.is_contactable) as contactable_count,
        sum(p.cart_money) filter (where p.is_dropped_here) as value_dropped,
        quantile_disc(p.seconds_in_step, 0.5) as median_seconds,
        quantile_disc(p.seconds_in_step, 0.9) as p90_seconds
    from cart_group as g
    inner join step_row as r on g.shop = r.shop
    left join placed as p on g.shop = p.shop and g.cart_value = p.cart_value and r.checkout_step = p.checkout_step
    group by all
),
judged as (
    select
        *,
        advanced_count + dropped_count as judged_count,
        1.959964 * sqrt(dropped_count * advanced_count / nullif(judged_count, 0) + 0.9603647) as half_width
    from counted
)
select
    n.shop, -- shop
    n.cart_value as breakdown, -- value of the column as text; unknown where there is none
    n.step_number, -- place in the shop's order of steps, from 1; unplaced comes last
    n.checkout_step, -- step; unplaced: carts whose step cannot be told
    n.phase, -- cart, checkout or payment; null for unplaced
    n.includes_steps, -- the steps that this row stands for, where the sources cannot separate them
    n.is_observable, -- false: no loaded source can see this step, and its counts are null, not zero
    n.nobody + n.advanced_count + n.dropped_count + n.open_count as reached_count, -- carts that reached the step = advanced + dropped + open
    n.nobody + n.advanced_count as advanced_count, -- bought without a break, or abandoned at a later step
    n.nobody + n.dropped_count as dropped_count, -- abandoned here, recovered later or not
    n.nobody + n.open_count as open_count, -- neither abandoned nor bought yet
    cast(n.dropped_count / nullif(n.judged_count, 0) as decimal(9, 6)) as dropped_rate, -- dropped / (advanced + dropped); open carts are in neither
    cast((n.dropped_count + 1.9207294 - n.half_width) / (n.judged_count + 3.8414589) as decimal(9, 6)) as dropped_rate_low, -- lower end of its 95 % interval
    cast((n.dropped_count + 1.9207294 + n.half_width) / (n.judged_count + 3.8414589) as decimal(9, 6)) as dropped_rate_high, -- upper end of its 95 % interval
    n.abandoned_count, -- all abandoned carts of the value: the denominator of dropped_share
    cast(n.nobody + n.dropped_count / nullif(n.abandoned_count, 0) as decimal(9, 6)) as dropped_share, -- share of them that were lost here; sums to 1 with the row unplaced
    n.nobody + n.failed_count as failed_count, -- carts that failed here at least once
    n.nobody + n.retried_count as retried_count, -- carts that tried again after a failure here
    n.nobody + n.back_count as back_count, -- carts that came back to it from a later step
    n.nobody + n.stalled_count as stalled_count, -- carts that stood still here for longer than idle_after and went on
    n.nobody + n.recovered_count as recovered_count, -- of the dropped: bought within recover_within
    n.nobody + n.contactable_count as contactable_count, -- of the dropped: with consent to marketing and a known e-mail or phone
    n.shop_currency as currency, -- the shop's currency, that of value_dropped
    cast(case when n.nobody + n.dropped_count = 0 then 0 else n.value_dropped end as decimal(18, 4)) as value_dropped, -- last value seen in the dropped carts; carts in another currency are not in it
    n.median_seconds, -- median time in the step of those who completed it, seconds; null without exact times
    n.p90_seconds -- 90th percentile of that time, seconds
from judged as n
order by n.shop, n.cart_value, n.step_number
