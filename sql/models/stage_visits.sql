-- Which stages did customers go through, in which order, and where did they go back? Stages are not linear.
-- Grain: one row per customer and stage visit, a maximal run of touchpoints in one stage.
-- Key: customer_key, stage_position
-- Slice: customer
with visit as (
    select
        s.customer_key,
        s.stage_position,
        s.stage,
        min_by(t.shop, s.position) as shop,
        min_by(j.journey_number, s.position) filter (where s.is_mover) as journey_number,
        min(t.occurred_at) filter (where s.is_mover) as entered_at,
        max(t.occurred_at) as last_at,
        max(t.occurred_at) filter (where t.is_interactive) as last_act_at,
        count(*) as touchpoint_count
    from _stage_touchpoints as s
    inner join _touchpoints as t on s.touchpoint_id = t.touchpoint_id
    left join _journey_touchpoints as j on s.touchpoint_id = j.touchpoint_id
    where s.stage_position is not null
    group by s.customer_key, s.stage_position, s.stage
),
ordered as (
    select
        v.*,
        coalesce(g.stage_number, 0) as stage_number,
        row_number() over (partition by v.customer_key, v.stage order by v.stage_position) as times_in_stage,
        lag(v.stage) over (partition by v.customer_key order by v.stage_position) as previous_stage,
        lag(coalesce(g.stage_number, 0))
            over (partition by v.customer_key order by v.stage_position)
            as previous_number,
        lag(v.journey_number) over (partition by v.customer_key order by v.stage_position) as previous_journey_number,
        lead(v.stage) over (partition by v.customer_key order by v.stage_position) as next_stage,
        lead(v.entered_at) over (partition by v.customer_key order by v.stage_position) as next_entered_at,
        max(v.last_act_at) over (partition by v.customer_key) as customer_last_act_at
    from visit as v
    left join stages as g on v.stage = g.stage
)
select
    o.customer_key, -- customer
    o.shop, -- shop of the first touchpoint of the visit
    o.stage_position, -- number of the visit among the customer's, from 1
    o.stage, -- stage; unassigned where no rule holds yet
    o.journey_number, -- journey in which the visit began
    o.entered_at, -- first touchpoint of the visit (UTC)
    coalesce(o.next_entered_at, o.last_at) as left_at, -- begin of the next visit, else the last touchpoint (UTC)
    cast((epoch_us(coalesce(o.next_entered_at, o.last_at)) - epoch_us(o.entered_at)) / 1000000 as decimal(18, 6)) as duration_seconds, -- from entered_at to left_at, seconds
    o.touchpoint_count, -- touchpoints in the visit
    o.times_in_stage, -- how often the customer has been in this stage, this visit included
    o.previous_stage, -- stage before
    o.next_stage, -- stage after
    case
        when o.previous_stage is null then 'first'
        when o.stage_number = o.previous_number + 1 then 'advance'
        when o.stage_number > o.previous_number then 'skip'
        when o.journey_number > o.previous_journey_number then 'renew'
        else 'regress'
    end as direction, -- first, advance, skip, regress (back within a journey) or renew (back in a new journey)
    case
        when o.next_stage is not null then 'next_stage'
        when c.journey_as_of - o.customer_last_act_at > s.journey_silence then 'silence'
        else 'ongoing'
    end as ended_by, -- next_stage, silence or ongoing
    case
        when
            o.next_stage is null
            and (c.journey_as_of is null or c.journey_as_of - o.customer_last_act_at <= s.journey_silence)
            then o.customer_last_act_at + s.journey_silence + interval 1 microsecond
    end as next_change_at -- when an ongoing visit ends by silence (UTC)
from ordered as o
cross join settings as s
left join clocks as c on o.shop = c.shop
