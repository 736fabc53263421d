-- The stage of every touchpoint: the first rule of the configuration that holds; none inherits the current stage.
-- `config_stage()` stands for those rules and is replaced before the model runs.
-- Grain: one row per touchpoint of a known customer.
-- Key: touchpoint_id
-- Slice: customer
with ruled as (
    select
        touchpoint_id,
        customer_key,
        position,
        is_mover,
        case when is_mover then config_stage() end as own_stage
    from _stage_facts
),
staged as (
    select
        *,
        coalesce(
            last_value(own_stage ignore nulls) over (
                partition by customer_key order by position rows between unbounded preceding and current row
            ), 'unassigned'
        ) as stage
    from ruled
),
compared as (
    select
        *,
        lag(stage) over (partition by customer_key, is_mover order by position) as previous_stage
    from staged
)
select
    touchpoint_id,
    customer_key,
    position,
    is_mover,
    stage,
    -- The visit that the touchpoint belongs to; what comes before the first mover belongs to none.
    cast(nullif(
        sum(case when is_mover and (previous_stage is null or previous_stage <> stage) then 1 else 0 end) over (
            partition by customer_key order by position rows between unbounded preceding and current row
        ), 0
    ) as integer) as stage_position
from compared
