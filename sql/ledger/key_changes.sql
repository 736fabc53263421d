-- Which customer keys became others since the previous version, and did an undo part them?
-- Grain: one row per old and new key.
with denied as (
    select
        unnest([a.type_a, a.type_b]) as identifier_type,
        unnest([a.value_a, a.value_b]) as identifier
    from main.identity_edges as a
    left join previous.main.identity_edges as b on a.edge_id = b.edge_id
    where a.is_denied and not coalesce(b.is_denied, false)
),
undone as (
    -- The value of an edge holds the shop where an identifier is compared within one.
    select distinct i.customer_key
    from previous.main.customer_identifiers as i
    inner join denied as d
        on
            i.identifier_type = d.identifier_type
            and d.identifier in (i.identifier, i.shop || '/' || i.identifier)
)
select
    k.old_key,
    k.new_key,
    max(k.reason) as change,
    bool_or(u.customer_key is not null) as is_undone
from main.customer_keys as k
left join undone as u on k.old_key = u.customer_key
where k.build_id > (select max(r.build_id) from previous.main.runs as r)
group by k.old_key, k.new_key
