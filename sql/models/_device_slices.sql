-- Devices are not persons: who used a device is sliced by time. A login owns its device session from the start,
-- a later login of another person from itself on; a session without a login belongs to the previous owner, else
-- to the next, else to the device's anonymous customer. A kiosk gives such sessions to its anonymous customer.
-- Grain: one row per event and device.
-- Key: event_id, device
-- Slice: identity
with device_event as (
    select
        i.node as device,
        i.event_id,
        i.occurred_at,
        i.sequence,
        p.person_key,
        coalesce(
            i.occurred_at - lag(i.occurred_at) over (partition by i.node order by i.occurred_at, i.sequence, i.event_id)
            > s.session_timeout, false
        ) as is_new_session,
        row_number() over (partition by i.node order by i.occurred_at, i.sequence, i.event_id) as event_number
    from _identifiers as i
    cross join settings as s
    left join _event_persons as p on i.event_id = p.event_id
    where i.scope = 'device' and not i.is_blocked
),
login as (
    select distinct device, person_key, cast(occurred_at as date) as login_date
    from device_event
    where person_key is not null
),
busy_day as (
    select a.device, a.login_date
    from login as a
    cross join settings as s
    inner join login as b
        on a.device = b.device and b.login_date > a.login_date - s.device_persons_days and b.login_date <= a.login_date
    group by a.device, a.login_date, s.device_persons_limit
    having count(distinct b.person_key) > s.device_persons_limit
),
kiosk as (
    select distinct device from busy_day
),
numbered as (
    select
        *,
        sum(case when is_new_session then 1 else 0 end) over (
            partition by device order by event_number rows between unbounded preceding and current row
        ) as device_session
    from device_event
),
in_session as (
    select
        *,
        coalesce(
            last_value(person_key ignore nulls) over (
                partition by device, device_session order by event_number
                rows between unbounded preceding and current row
            ),
            first_value(person_key ignore nulls) over (
                partition by device, device_session order by event_number
                rows between current row and unbounded following
            )
        ) as session_owner_key
    from numbered
),
neighbour as (
    select
        *,
        last_value(session_owner_key ignore nulls) over (
            partition by device order by event_number rows between unbounded preceding and current row
        ) as previous_owner_key,
        first_value(session_owner_key ignore nulls) over (
            partition by device order by event_number rows between current row and unbounded following
        ) as next_owner_key
    from in_session
)
select
    n.event_id,
    n.device,
    n.occurred_at,
    n.event_number,
    case
        when n.session_owner_key is not null then n.session_owner_key
        when k.device is null and n.previous_owner_key is not null then n.previous_owner_key
        when k.device is null and n.next_owner_key is not null then n.next_owner_key
        else substr(sha256(n.device), 1, 32)
    end as owner_key,
    case
        when n.session_owner_key is not null then 'device_login'
        when k.device is null and n.previous_owner_key is not null then 'device_previous'
        when k.device is null and n.next_owner_key is not null then 'device_next'
        else 'device_anonymous'
    end as assigned_by,
    k.device is not null as is_kiosk
from neighbour as n
left join kiosk as k on n.device = k.device
