-- Who comes back? Customers of a shop by the period of their first interactive touchpoint there, and how many have one
-- in each of the ten periods after it. Equals ja.retention with first_time over the interactive touchpoints of one shop,
-- of any type, in its time zone, up to journey_as_of.
-- Grain: one row per shop, cohort and period number.
-- Parameter: period: 'day', 'week' (from Monday), 'month' or 'quarter', in the shop's time zone
-- Example: from retention_by('week')
with act as (
    select
        t.shop,
        t.customer_key,
        p.time_zone,
        k.journey_as_of,
        cast(date_trunc(
            case when period in ('day', 'week', 'month', 'quarter') then period
                else error('retention_by: period is day, week, month or quarter') end,
            timezone(p.time_zone, t.occurred_at)
        ) as date) as period_date
    from touchpoints as t
    inner join shops as p on t.shop = p.shop
    inner join clocks as k on t.shop = k.shop
    where t.is_interactive and t.customer_key is not null and t.occurred_at <= k.journey_as_of
        -- Of null, which no branch above is asked about, nothing would be told.
        and (period is not null or error('retention_by: period is day, week, month or quarter'))
),
active as (
    select distinct
        shop,
        customer_key,
        time_zone,
        journey_as_of,
        period_date,
        min(period_date) over (partition by shop, customer_key) as cohort_date
    from act
),
cohort as (
    select shop, time_zone, journey_as_of, cohort_date, count(distinct customer_key) as cohort_size
    from active
    group by shop, time_zone, journey_as_of, cohort_date
),
step as (
    select case period
        when 'day' then interval 1 day
        when 'week' then interval 7 day
        when 'month' then interval 1 month
        else interval 3 month
    end as span
),
dated as (
    select
        c.*,
        n.period_number,
        cast(c.cohort_date + n.period_number * s.span as date) as period_date,
        timezone(c.time_zone, c.cohort_date + (n.period_number + 1) * s.span) <= c.journey_as_of as is_complete
    from cohort as c
    cross join range(11) as n (period_number)
    cross join step as s
)
select
    d.shop, -- shop
    timezone(d.time_zone, cast(d.cohort_date as timestamp)) as cohort_at, -- begin of the cohort's period (UTC)
    d.cohort_date, -- begin of that period in the shop's time zone
    d.period_number, -- periods after it; 0: the cohort's own, in which everybody is active
    d.cohort_size, -- customers whose first interactive touchpoint in the shop lies in the period
    case when d.is_complete then count(a.customer_key) end as returned_count, -- of those: with an interactive touchpoint in that period; null while it is not over
    d.is_complete, -- the period is over by the shop's journey_as_of
    case when d.is_complete then round(count(a.customer_key) / d.cohort_size, 6) end as retention_rate -- returned / size; null while the period is not over
from dated as d
left join active as a
    on d.shop = a.shop and d.cohort_date = a.cohort_date and d.period_date = a.period_date
group by d.shop, d.time_zone, d.cohort_date, d.period_number, d.cohort_size, d.is_complete
order by d.shop, d.cohort_date, d.period_number
