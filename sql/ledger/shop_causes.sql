-- What may move all figures of a shop at once, beside a change of the rules: the order of its steps, a clock that went
-- back (an earlier moment was asked for, or carts are no longer judged), persons erased without a trace, edges that
-- are denied since, or no more (those of a cart or an order change no customer key by which they could be found), and
-- the end of the shop itself: its records are of other shops, by another configuration or a further commerce account.
-- Grain: one row per table, shop and reason.
with gone as (
    select b.shop from previous.main.shops as b
    anti join main.shops as a on b.shop = a.shop
),
heir as (
    select b.shop, string_agg(distinct a.shop, ', ' order by a.shop) as heirs
    from previous.main.events as b
    semi join gone as g on b.shop = g.shop
    inner join main.events as a on b.event_id = a.event_id
    group by b.shop
),
step as (
    select distinct coalesce(a.shop, b.shop) as shop
    from main.observable_steps as a
    full join previous.main.observable_steps as b on a.shop = b.shop and a.checkout_step = b.checkout_step
    where
        a.step_number is distinct from b.step_number
        or a.is_observable is distinct from b.is_observable
        or a.includes_steps is distinct from b.includes_steps
),
place as (
    select distinct table_name, units, shop, clock_at, clock_after from restated_groups
),
edge as (
    select
        a.edge_id,
        a.is_denied,
        -- Persons are joined across shops, carts and orders within one.
        case when a.rule <> 'same_event' then a.shop end as shop
    from main.identity_edges as a
    inner join previous.main.identity_edges as b on a.edge_id = b.edge_id
    where a.is_denied <> b.is_denied
)
select p.table_name, p.shop, 'steps_changed' as reason, 'the order of steps or what the sources can see' as evidence
from place as p
semi join step as s on p.shop = s.shop
where p.units = 'carts' and p.shop not in (select g.shop from gone as g)
union all
select
    table_name,
    shop,
    'clock_back',
    concat(
        'the clock went from ', strftime(clock_at, '%Y-%m-%d %H:%M UTC'), ' to ',
        coalesce(strftime(clock_after, '%Y-%m-%d %H:%M UTC'), 'none')
    )
from place
where coalesce(clock_after < clock_at, true) and shop not in (select g.shop from gone as g)
union all
select
    p.table_name,
    p.shop,
    'rule_change',
    concat('shop ', p.shop, ' is no more, its records belong to ', coalesce(h.heirs, 'none'))
from place as p
inner join gone as g on p.shop = g.shop
left join heir as h on p.shop = h.shop
union all
select p.table_name, p.shop, 'erasure', concat('files with erased records ', count(*))
from place as p
cross join changed_files as f
where f.is_erased
group by p.table_name, p.shop
union all
select
    p.table_name,
    p.shop,
    case when e.is_denied then 'undo' else 'rule_change' end,
    concat(
        'edges denied ', case when not e.is_denied then 'no more ' end, count(*), ': ',
        array_to_string(list_slice(list(e.edge_id order by e.edge_id), 1, 10), ', ')
    )
from place as p
inner join edge as e on p.shop = coalesce(e.shop, p.shop)
group by p.table_name, p.shop, e.is_denied
