-- Where do customers go after an event? From the first such touchpoint of every session on, five moves far. The same
-- event several times in a row is one; a session that ends goes to (exit), so that at every node flow in = flow out.
-- Equals ja.paths with start = event.
-- Grain: one row per step, source and target.
-- Parameter: event: event type with which the paths begin; sessions without it are left out
-- Example: from paths_from('cart_item_added')
with ordered as (
    select
        session_id,
        event_type,
        occurred_at,
        sequence,
        touchpoint_id,
        lag(event_type) over (
            partition by session_id order by occurred_at, sequence, touchpoint_id
        ) as previous_type
    from touchpoints
    where session_id is not null
),
node as (
    select
        session_id,
        event_type,
        row_number() over visit as place,
        lead(event_type) over visit as next_type
    from ordered
    where event_type is distinct from previous_type
    window visit as (partition by session_id order by occurred_at, sequence, touchpoint_id)
),
path as (
    select
        event_type,
        next_type,
        place + 1 - min(place) filter (where event_type = event) over (partition by session_id) as step_number
    from node
)
select
    p.step_number, -- number of the move, from 1: the first one leads away from the event
    p.event_type as source, -- event type
    coalesce(p.next_type, '(exit)') as target, -- the next other event type of the session; (exit): it ends there
    count(*) as count -- sessions
from path as p
where p.step_number between 1 and 5
group by p.step_number, p.event_type, p.next_type
order by p.step_number asc, count(*) desc, source asc, target asc
