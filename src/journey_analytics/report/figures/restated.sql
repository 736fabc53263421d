-- title: Restated figures
-- definition: Figures of closed periods that the newest build published otherwise than the version before it, by
--     reason; the table restatements has each with its value before and after.
-- denominator: None; a figure with several reasons counts under each, and once under "all".
-- n: Restated figures.
-- window: The newest build only; growth of a period that is still open is no restatement.
with newest as (
    select shop, period_at, reason
    from restatements
    where build_id = (select max(build_id) from runs)
),
single as (
    select shop, period_at, unnest(string_split(reason, ', ')) as reason
    from newest
)
select 'all' as reason, count(*) as figure_count, count(distinct period_at) as period_count
from newest
union all
select reason, count(*) as figure_count, count(distinct period_at) as period_count
from single
group by reason
order by reason <> 'all', figure_count desc, reason
